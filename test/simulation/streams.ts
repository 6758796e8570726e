import type { Effect } from "../../src/membership/core/effects.ts";
import type { StreamMessage } from "../../src/membership/core/message.ts";
import type { Host } from "./host.ts";
import type { Lan } from "./lan.ts";

/** One end of a stream: which member, in which of its runs, knows it by which number. */
interface End {
  readonly host: Host;
  readonly run: number;
  readonly stream: number;
  other: End | null;
}

/** The streams of the simulated network. They lose nothing, but break where no way leads any more. */
export class Streams {
  readonly #lan: Lan;
  readonly #ends = new Map<string, End>();
  #inbound = 0;

  constructor(lan: Lan) {
    this.#lan = lan;
  }

  do(host: Host, effect: Extract<Effect, { kind: "dial" | "say" | "hang-up" }>): void {
    if (effect.kind === "dial") this.#dial(host, effect);
    else {
      const end = this.#ends.get(keyOf(host, effect.stream));
      if (end === undefined) return;
      if (effect.kind === "say") this.#say(end, effect.message);
      else this.#close(end);
    }
  }

  #dial(host: Host, { stream, to, timeoutMs }: Extract<Effect, { kind: "dial" }>): void {
    const { agenda, air } = this.#lan;
    const end: End = { host, run: host.runs, stream, other: null };
    this.#ends.set(keyOf(host, stream), end);
    agenda.after(timeoutMs, () => this.#fail(end, "no answer in time"));
    agenda.after(2 * air.stream(), () => {
      const other = this.#lan.at(to);
      if (other === undefined || !this.#leads(host, other) || other.condition === "asleep") return;
      if (other.swim === null) this.#fail(end, "nobody listens there");
      else if (this.#isOpen(end)) {
        this.#inbound -= 1;
        end.other = { host: other, run: other.runs, stream: this.#inbound, other: end };
        this.#ends.set(keyOf(other, this.#inbound), end.other);
        const answering = end.other;
        agenda.after(this.#lan.profile.tcpTimeout, () => this.#close(answering));
        this.#lan.feed(host, { kind: "connected", stream });
      }
    });
  }

  #say(end: End, message: StreamMessage): void {
    const { other } = end;
    if (other === null) return;
    const { agenda, air } = this.#lan;
    agenda.after(air.stream(), () => {
      if (!this.#leads(end.host, other.host) || !this.#isOpen(other)) return;
      if (other.run !== other.host.runs) this.#fail(end, "it hung up");
      else {
        const kind = other.stream > 0 ? "answered" : "asked";
        this.#lan.feed(other.host, { kind, stream: other.stream, message });
      }
    });
  }

  #close(end: End): void {
    if (!this.#isOpen(end)) return;
    this.#ends.delete(keyOf(end.host, end.stream));
    const { other } = end;
    if (other !== null) this.#lan.agenda.after(this.#lan.air.stream() + 10, () => this.#fail(other, "it hung up"));
  }

  #fail(end: End, why: string): void {
    if (!this.#isOpen(end)) return;
    this.#ends.delete(keyOf(end.host, end.stream));
    if (end.stream > 0 && end.run === end.host.runs) {
      this.#lan.feed(end.host, { kind: "failed", stream: end.stream, why });
    }
  }

  #isOpen(end: End): boolean {
    return this.#ends.get(keyOf(end.host, end.stream)) === end;
  }

  /** Both ways: a stream needs its acknowledgements. */
  #leads(a: Host, b: Host): boolean {
    return this.#lan.air.leads(a.index, b.index) && this.#lan.air.leads(b.index, a.index);
  }
}

function keyOf(host: Host, stream: number): string {
  return `${host.index} ${stream}`;
}
