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
export const PART_OVERHEAD = 2;
/** More is never waiting: what was sent most often goes first. */
const CAPACITY = 8_192;

/** News on its way to the group: least sent first, then longest, then newest (SWIM-WIRE §3.6). */
export class BroadcastQueue {
  /** By how often it was sent; in each, longest first, then newest. */
  readonly #tiers: Broadcast[][] = [];
  readonly #named = new Map<string, Broadcast[]>();
  #size = 0;
  #bytes = 0;
  #next = 1;

  get size(): number {
    return this.#size;
  }

  /** What all that waits would take in a compound. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Queues news; returns the tags of what it replaced. */
  put(part: Encoded, { name, voice = null, tag = null }: About): string[] {
    const finished: string[] = [];
    const rivals = name === null ? [] : [...(this.#named.get(name) ?? [])];
    for (const other of rivals) {
      if (voice !== null && other.voice !== null && voice !== other.voice) continue;
      this.#remove(other, finished);
    }
    this.#insert({ name, voice, part, tag, id: this.#next++, transmits: 0 });
    if (this.#size > CAPACITY) this.prune(CAPACITY, finished);
    return finished;
  }

  /** Takes what fits; one draw is one transmission, and brings no message twice. */
  draw(room: Room, transmitLimit: number): { parts: Encoded[]; finished: string[] } {
    const finished: string[] = [];
    const drawn: Broadcast[] = [];
    let free = room.bytes;
    for (const tier of this.#tiers) {
      for (let at = 0; drawn.length < room.parts && free > PART_OVERHEAD; at++) {
        at = Math.max(at, firstThatFits(tier, free - PART_OVERHEAD));
        const broadcast = tier[at];
        if (broadcast === undefined) break;
        drawn.push(broadcast);
        free -= broadcast.part.bytes.length + PART_OVERHEAD;
      }
    }
    for (const broadcast of drawn) {
      this.#remove(broadcast, broadcast.transmits + 1 >= transmitLimit ? finished : []);
      broadcast.transmits += 1;
      if (broadcast.transmits < transmitLimit) this.#insert(broadcast);
    }
    return { parts: drawn.map(({ part }) => part), finished };
  }

  /** Keeps so many, forgetting first what was sent most often; adds the tags of the forgotten to `finished`. */
  prune(keep: number, finished: string[]): void {
    for (let tier = this.#tiers.length - 1; this.#size > keep; ) {
      const last = this.#tiers[tier]?.at(-1);
      if (last === undefined) tier -= 1;
      else this.#remove(last, finished);
    }
  }

  #insert(broadcast: Broadcast): void {
    while (this.#tiers.length <= broadcast.transmits) this.#tiers.push([]);
    const tier = this.#tiers[broadcast.transmits] ?? [];
    tier.splice(placeOf(tier, broadcast), 0, broadcast);
    this.#size += 1;
    this.#bytes += broadcast.part.bytes.length + PART_OVERHEAD;
    if (broadcast.name === null) return;
    const named = this.#named.get(broadcast.name);
    if (named === undefined) this.#named.set(broadcast.name, [broadcast]);
    else named.push(broadcast);
  }

  #remove(broadcast: Broadcast, finished: string[]): void {
    const tier = this.#tiers[broadcast.transmits] ?? [];
    tier.splice(placeOf(tier, broadcast), 1);
    this.#size -= 1;
    this.#bytes -= broadcast.part.bytes.length + PART_OVERHEAD;
    if (broadcast.tag !== null) finished.push(broadcast.tag);
    if (broadcast.name === null) return;
    const rest = (this.#named.get(broadcast.name) ?? []).filter((other) => other !== broadcast);
    if (rest.length > 0) this.#named.set(broadcast.name, rest);
    else this.#named.delete(broadcast.name);
  }
}

function order(a: Broadcast, b: Broadcast): number {
  return b.part.bytes.length - a.part.bytes.length || b.id - a.id;
}

/** Where it stands in its tier, or would stand. */
function placeOf(tier: readonly Broadcast[], broadcast: Broadcast): number {
  return firstWhere(tier, (other) => order(other, broadcast) >= 0);
}

function firstThatFits(tier: readonly Broadcast[], bytes: number): number {
  return firstWhere(tier, ({ part }) => part.bytes.length <= bytes);
}

/** The first place where it holds; from there on it always does. */
function firstWhere(tier: readonly Broadcast[], holds: (broadcast: Broadcast) => boolean): number {
  let low = 0;
  let high = tier.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(tier[middle] as Broadcast)) high = middle;
    else low = middle + 1;
  }
  return low;
}
