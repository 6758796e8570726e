import type { Encoded } from "./message.ts";

interface Broadcast {
  /** What it is about: newer news of the same name takes its place. null: it stands for itself. */
  readonly name: string | null;
  /** Who says it, where several may say it and each counts: news of the same name from others stays. */
  readonly voice: string | null;
  readonly part: Encoded;
  /** Told when it was sent often enough, or replaced. */
  readonly tag: string | null;
  readonly id: number;
  transmits: number;
}

/** What a broadcast is about; left out is null. */
export type About = Pick<Broadcast, "name"> & Partial<Pick<Broadcast, "voice" | "tag">>;

export interface Room {
  /** Bytes still free in the packet. */
  readonly bytes: number;
  /** Messages it may still take. */
  readonly parts: number;
}

/** What each message costs in a compound beside its own bytes. */
const PART_OVERHEAD = 2;
/** More is never waiting: what was sent most often goes first. */
const CAPACITY = 8_192;

/** News on its way to the group: least sent first, then longest, then newest (SWIM-WIRE §3.6). */
export class BroadcastQueue {
  #waiting: Broadcast[] = [];
  #next = 1;

  get size(): number {
    return this.#waiting.length;
  }

  /** Queues news; returns the tags of what it replaced. */
  put(part: Encoded, { name, voice = null, tag = null }: About): string[] {
    const finished: string[] = [];
    if (name !== null) {
      this.#waiting = this.#waiting.filter((other) => {
        if (other.name !== name) return true;
        if (voice !== null && other.voice !== null && voice !== other.voice) return true;
        if (other.tag !== null) finished.push(other.tag);
        return false;
      });
    }
    this.#waiting.push({ name, voice, part, tag, id: this.#next++, transmits: 0 });
    if (this.#waiting.length > CAPACITY) {
      this.#waiting.sort(order);
      for (const dropped of this.#waiting.splice(CAPACITY)) if (dropped.tag !== null) finished.push(dropped.tag);
    }
    return finished;
  }

  /** Takes what fits; one draw is one transmission, and brings no message twice. */
  draw(room: Room, transmitLimit: number): { parts: Encoded[]; finished: string[] } {
    const parts: Encoded[] = [];
    const finished: string[] = [];
    if (this.#waiting.length === 0) return { parts, finished };
    this.#waiting.sort(order);
    let free = room.bytes;
    const done = new Set<Broadcast>();
    for (const broadcast of this.#waiting) {
      if (parts.length >= room.parts || free <= PART_OVERHEAD) break;
      const cost = broadcast.part.bytes.length + PART_OVERHEAD;
      if (cost > free) continue;
      free -= cost;
      parts.push(broadcast.part);
      broadcast.transmits += 1;
      if (broadcast.transmits < transmitLimit) continue;
      done.add(broadcast);
      if (broadcast.tag !== null) finished.push(broadcast.tag);
    }
    if (done.size > 0) this.#waiting = this.#waiting.filter((broadcast) => !done.has(broadcast));
    return { parts, finished };
  }
}

function order(a: Broadcast, b: Broadcast): number {
  return a.transmits - b.transmits || b.part.bytes.length - a.part.bytes.length || b.id - a.id;
}
