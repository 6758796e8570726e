import { createHash } from "node:crypto";

/** Times remembered, as many as Serf does (SWIM-WIRE §7). */
const TIMES = 512;
/** Messages of one time that are remembered; those who say them do not know of each other. */
const AT_ONE_TIME = 16;

/** Remembers what was passed on, by Lamport time, so that each is passed on once. */
export class Passing {
  readonly #slots = new Map<number, { time: number; passed: Set<string> }>();

  /** Whether this was not passed on yet, nor is too old to know. */
  first(time: number, bytes: Uint8Array): boolean {
    let slot = this.#slots.get(time % TIMES);
    if (slot === undefined || slot.time < time) {
      slot = { time, passed: new Set() };
      this.#slots.set(time % TIMES, slot);
    }
    const digest = createHash("sha256").update(bytes).digest("base64");
    if (slot.time > time || slot.passed.size >= AT_ONE_TIME || slot.passed.has(digest)) return false;
    slot.passed.add(digest);
    return true;
  }
}
