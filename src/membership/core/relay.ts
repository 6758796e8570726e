import type { Address } from "./address.ts";
import type { Core } from "./core.ts";
import { nackDelay } from "./formulas.ts";
import type { IndirectPing } from "./message.ts";
import { ping } from "./probe.ts";

interface Asked {
  /** The asker's number, that its answer carries. */
  readonly seq: number;
  readonly to: Address;
  /** Whether it understands nacks. */
  readonly nack: boolean;
}

/** Probes helped with at once; more are not answered. */
const MAX_ASKED = 512;

/** The helper's side of an indirect probe: pings for another, and answers with its number (SWIM-WIRE §3.5). */
export class Relay {
  readonly #core: Core;
  readonly #asked = new Map<number, Asked>();

  constructor(core: Core) {
    this.#core = core;
  }

  /** Probes helped with at this moment. */
  get size(): number {
    return this.#asked.size;
  }

  /** Does the probe that another asks for. `from`: where its packet came from. */
  help(message: IndirectPing, from: Address): void {
    const core = this.#core;
    if (this.#asked.size >= MAX_ASKED) return;
    const seq = core.nextSequence();
    const { probeInterval, probeTimeout } = core.config.profile;
    this.#asked.set(seq, { seq: message.seq, to: message.replyTo ?? from, nack: message.nack });
    core.wake("relay-nack", String(seq), nackDelay(probeInterval, probeTimeout));
    // Port 0 means the helper's own: in memberlist's groups all have the same.
    const port = message.target.port || (core.self?.address.port ?? 0);
    core.sendWithNews({ ...message.target, port }, ping(core, message.node, seq));
  }

  /** The target answered: pass it on. */
  ack(seq: number): void {
    const asked = this.#asked.get(seq);
    if (asked === undefined) return;
    this.#core.timers.clear("relay-nack", String(seq));
    this.end(seq);
    this.#core.sendWithNews(asked.to, { kind: "ack", seq: asked.seq, payload: new Uint8Array() });
  }

  /** No answer so far: say that at least the helper is there. A late answer is still passed on. */
  nack(seq: number): void {
    const asked = this.#asked.get(seq);
    if (asked === undefined) return;
    this.#core.wake("relay-end", String(seq), this.#core.config.profile.probeTimeout);
    if (asked.nack) this.#core.sendWithNews(asked.to, { kind: "nack", seq: asked.seq });
  }

  end(seq: number): void {
    this.#asked.delete(seq);
    this.#core.timers.clear("relay-end", String(seq));
  }
}
