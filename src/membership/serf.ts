import type { UserMessage } from "./core/message.ts";
import { Passing } from "./serf-passing.ts";
import { WIRE_LIMITS } from "./wire/limits.ts";
import { encodeMap, Fields } from "./wire/value.ts";
import { valueEnd } from "./wire/walk.ts";

/** First byte of what Serf sends as user messages and as push/pull state (SWIM-WIRE §7). */
const LEAVE_INTENT = 0;
const JOIN_INTENT = 1;
const PUSH_PULL = 2;
const EVENT = 3;
const QUERY = 4;
/** In a query's flags: it is for those it was sent to. */
const NO_BROADCAST = 2;
/** A clock beyond this is a lie; believing it would leave no room to go on. */
const MAX_TIME = 0xffff_0000;
/** Intents remembered, so that each is passed on once. */
const MAX_INTENTS = 4_096;
/** Bytes of the longest number, its tag among them. */
const NUMBER = 9;
/** Values in a push/pull state, which holds 512 slots of events. */
const MAX_VALUES = 100_000;

/**
 * What of Serf a member must do to be one: keep its Lamport clock, say that it means to leave before it does (else Serf
 * shows it as failed), and pass on what others say: that they leave, and their events and queries, which would reach few
 * of them in a group where every other member kept them to itself (measured).
 */
export class SerfClock {
  #time: number;
  readonly #intents = new Map<string, number>();
  readonly #events = new Passing();
  readonly #queries = new Passing();

  /** `time`: what the clock showed before; at least 1, since Serf takes 0 for old. */
  constructor(time: number) {
    this.#time = Math.max(1, time);
  }

  /** What to keep over restarts. */
  get time(): number {
    return this.#time;
  }

  /**
   * Takes in a user message, and returns what to say then: the same, where it should be passed on; but if it says that
   * `self` means to leave, as `serf force-leave` makes others say, that this is not so, else Serfs show "leaving" for
   * ever. That is newer than what it answers. `self` null: this member does leave.
   */
  answer(message: UserMessage, self: string | null): UserMessage | null {
    const known = self === null ? undefined : this.#intents.get(self);
    if (!this.hear(message)) return null;
    if (self === null || message.bytes[0] !== LEAVE_INTENT || this.#intents.get(self) === known) return message;
    this.#intents.set(self, this.#time);
    return { kind: "user", bytes: Uint8Array.of(JOIN_INTENT, ...encodeMap({ LTime: this.#time, Node: self })) };
  }

  leaveIntent(node: string): UserMessage {
    const intent = encodeMap({ LTime: this.#time, Node: node, Prune: false });
    this.#time += 1;
    this.#intents.set(node, this.#time - 1);
    return { kind: "user", bytes: Uint8Array.of(LEAVE_INTENT, ...intent) };
  }

  /** Takes in a user message; true where it should be passed on. */
  hear({ bytes }: UserMessage): boolean {
    const end = valueEnd(bytes, 1);
    const fields = typeof end === "number" ? Fields.of(bytes.subarray(1, end), WIRE_LIMITS.datagram) : null;
    if (fields === null) return false;
    const time = fields.uint("LTime", MAX_TIME);
    switch (bytes[0]) {
      case LEAVE_INTENT:
      case JOIN_INTENT:
        return this.#intent(time, fields);
      case EVENT:
        return fields.fits && this.#events.first(time, bytes);
      case QUERY: {
        const flags = fields.uint("Flags", 0xffff_ffff);
        return fields.fits && (flags & NO_BROADCAST) === 0 && this.#queries.first(time, bytes);
      }
      default:
        return false;
    }
  }

  #intent(time: number, fields: Fields): boolean {
    const node = fields.text("Node", WIRE_LIMITS.name);
    if (!fields.fits) return false;
    this.#witness(time);
    if (time <= (this.#intents.get(node) ?? -1)) return false;
    if (this.#intents.size >= MAX_INTENTS) this.#intents.clear();
    this.#intents.set(node, time);
    return true;
  }

  /** Takes in a Serf's push/pull state, of which only its clock matters. */
  hearState(state: Uint8Array): void {
    if (state[0] !== PUSH_PULL) return;
    const head = state[1] ?? 0;
    let at = 2;
    for (let fields = (head & 0xf0) === 0x80 ? head & 0x0f : 0; fields > 0; fields--) {
      const keyEnd = valueEnd(state, at);
      if (typeof keyEnd !== "number") return;
      const end = valueEnd(state, keyEnd, MAX_VALUES);
      if (typeof end !== "number") return;
      const key = String.fromCharCode(...state.subarray(at + 1, Math.min(keyEnd, at + 6)));
      if (key === "LTime" && keyEnd === at + 6) {
        // No number is longer, and what is longer may be as long as the whole state.
        if (end - keyEnd > NUMBER) return;
        const clock = Fields.of(Uint8Array.of(0x81, ...state.subarray(at, end)), WIRE_LIMITS.name);
        if (clock !== null) this.#witness(clock.uint("LTime", MAX_TIME));
        return;
      }
      at = end;
    }
  }

  #witness(time: number): void {
    if (time >= this.#time) this.#time = time + 1;
  }
}
