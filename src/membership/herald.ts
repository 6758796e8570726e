import { endpointText } from "../shared/endpoint.ts";
import { reason } from "../shared/errors.ts";
import type { Log } from "../shared/log.ts";
import type { Address } from "./core/address.ts";
import type { Node } from "./core/nodes.ts";
import { toEndpoint } from "./endpoint.ts";
import { eventOf, logEvent, type MemberEvent, sameBelief } from "./news.ts";
import type { MemberRecord, Records } from "./records.ts";

/** What a member last said of itself, what it said before (null: it was not known), and what that means. */
export type ChangedListener = (member: MemberRecord, before: MemberRecord | null, event: MemberEvent | null) => void;

/** Somebody who is not let into the list. */
export interface Refusal {
  /** The wire name that was claimed. */
  readonly wireName: string;
  /** Where it is said to be, `host:port`. */
  readonly address: string;
  /** In words, such as "this name belongs to another member". */
  readonly why: string;
}

export type RefusedListener = (refusal: Refusal) => void;

/** Others can claim as many names as they like: refusals told in a minute. */
const REFUSALS = 20;
const MINUTE = 60_000;

/** Tells what became of members: to the log, and to who listens, after what it tells is true and never from inside a call. */
export class Herald {
  readonly #records: Records;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #changed: ChangedListener[] = [];
  readonly #refused: RefusedListener[] = [];
  #minute = { began: Number.NEGATIVE_INFINITY, refusals: 0 };

  /** `now`: milliseconds that never go back. */
  constructor(records: Records, log: Log, now: () => number) {
    this.#records = records;
    this.#log = log;
    this.#now = now;
  }

  onChanged(listener: ChangedListener): void {
    this.#changed.push(listener);
  }

  onRefused(listener: RefusedListener): void {
    this.#refused.push(listener);
  }

  /** Returns what is believed now; null where that is nothing new. */
  changed(member: Node, before: Node | null): MemberRecord | null {
    const record = this.#records.of(member);
    const event = record.self ? null : eventOf(member, before);
    if (event === null && sameBelief(member, before)) return null;
    this.#say(record, before === null ? null : this.#records.of(before), event);
    return record;
  }

  /** This member said that it is alive, where others had doubted that. */
  refuted(self: Node | undefined, health: number): void {
    if (self === undefined) return;
    this.#log.info("refuted", { incarnation: self.incarnation, health });
    const record = this.#records.of(self);
    this.#say(record, record, "refuted");
  }

  refused(wireName: string, at: Address, why: string): void {
    const now = this.#now();
    if (now - this.#minute.began >= MINUTE) this.#minute = { began: now, refusals: 0 };
    this.#minute.refusals += 1;
    if (this.#minute.refusals > REFUSALS) return;
    const refusal = { wireName, address: endpointText(toEndpoint(at)), why };
    this.#log.warn("a member is refused", { member: wireName, address: refusal.address, why });
    this.#later(this.#refused, (listener) => listener(refusal));
  }

  #say(member: MemberRecord, before: MemberRecord | null, event: MemberEvent | null): void {
    logEvent(this.#log, event, member, before);
    this.#later(this.#changed, (listener) => listener(member, before, event));
  }

  #later<Listener>(listeners: readonly Listener[], tell: (listener: Listener) => void): void {
    queueMicrotask(() => {
      for (const listener of listeners) {
        try {
          tell(listener);
        } catch (thrown) {
          this.#log.error("a listener to membership failed", { why: reason(thrown) });
        }
      }
    });
  }
}
