import { below, type Random } from "../../shared/random.ts";
import type { Address } from "./address.ts";
import type { MemberState } from "./message.ts";

/** What is believed of a member. Replaced as a whole, never changed in place. */
export interface Node {
  readonly name: string;
  readonly address: Address;
  readonly meta: Uint8Array;
  readonly vsn: Uint8Array;
  readonly incarnation: number;
  readonly state: MemberState;
  /** When it came into this state, by the core's clock. */
  readonly changedAt: number;
  /** Round-trip time of direct probes, smoothed, in milliseconds; null before the first. */
  readonly rtt: number | null;
}

export function isPresent(node: Node): boolean {
  return node.state === "alive" || node.state === "suspect";
}

/** All members that are known, in the order in which they are probed: a ring, shuffled at each wrap. */
export class NodeTable {
  readonly #nodes = new Map<string, Node>();
  readonly #random: Random;
  #ring: string[] = [];
  #index = 0;
  /** The names again, in an order that changes with each draw. */
  #lots: string[] = [];
  #present = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Records known, this member and those not yet reaped included. */
  get size(): number {
    return this.#nodes.size;
  }

  get(name: string): Node | undefined {
    return this.#nodes.get(name);
  }

  all(): Node[] {
    return [...this.#nodes.values()];
  }

  /** Members alive or suspect, this one included. */
  get present(): number {
    return this.#present;
  }

  /** Up to `count` random members that fit; all of them where there are fewer, however few they are among all. */
  some(count: number, fits: (node: Node) => boolean): Node[] {
    const lots = this.#lots;
    const found: Node[] = [];
    for (let i = 0; i < lots.length && found.length < count; i++) {
      const j = i + below(this.#random, lots.length - i);
      const name = lots[j] as string;
      lots[j] = lots[i] as string;
      lots[i] = name;
      const node = this.#nodes.get(name);
      if (node !== undefined && fits(node)) found.push(node);
    }
    return found;
  }

  /** Keeps what is now believed. A member not known before gets a random place in the ring. */
  put(node: Node): void {
    const before = this.#nodes.get(node.name);
    this.#present += Number(isPresent(node)) - Number(before !== undefined && isPresent(before));
    if (before === undefined) {
      this.#lots.push(node.name);
      this.#ring.push(node.name);
      const place = below(this.#random, this.#ring.length);
      const last = this.#ring.length - 1;
      [this.#ring[place], this.#ring[last]] = [this.#ring[last] as string, this.#ring[place] as string];
    }
    this.#nodes.set(node.name, node);
  }

  /**
   * The next member that `fits`, going round the ring once at most. At its end, those that `expired` are forgotten,
   * the ring is shuffled, and the search goes on: no tick is lost to the wrap (memberlist loses it).
   */
  next(fits: (node: Node) => boolean, expired: (node: Node) => boolean): Node | null {
    for (let wraps = 0; ; ) {
      const name = this.#ring[this.#index];
      if (name === undefined) {
        if (wraps++ > 0) return null;
        this.#wrap(expired);
        if (this.#ring.length === 0) return null;
        continue;
      }
      this.#index += 1;
      const node = this.#nodes.get(name);
      if (node !== undefined && fits(node)) return node;
    }
  }

  #wrap(expired: (node: Node) => boolean): void {
    this.#index = 0;
    this.#ring = this.#ring.filter((name) => {
      const node = this.#nodes.get(name);
      if (node !== undefined && !expired(node)) return true;
      this.#forget(name);
      return false;
    });
    if (this.#lots.length > this.#nodes.size) this.#lots = [...this.#ring];
    for (let i = this.#ring.length - 1; i > 0; i--) {
      const j = below(this.#random, i + 1);
      [this.#ring[i], this.#ring[j]] = [this.#ring[j] as string, this.#ring[i] as string];
    }
  }

  #forget(name: string): void {
    const node = this.#nodes.get(name);
    if (node !== undefined && isPresent(node)) this.#present -= 1;
    this.#nodes.delete(name);
  }
}
