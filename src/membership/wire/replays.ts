/** How long what came is remembered at least, in milliseconds (DESIGN §7). */
const WINDOW = 60_000;
/** Remembered in each of two maps. A thousand members that gossip at their fastest do not say so much in a window. */
const CEILING = 65_536;
/** Where a sealed block has its nonce: 12 bytes, after the version (SWIM-WIRE §1.4). */
const NONCE_AT = 1;

/**
 * Knows what was opened within the last minute by its nonce, so that who recorded it cannot say it again. What is not
 * authentic is not remembered: only members can fill this memory, and where one does, the oldest is forgotten first.
 */
export class Replays {
  readonly #now: () => number;
  /** Thirty bits of a nonce to thirty others: small numbers, which cost no memory of their own. */
  #young = new Map<number, number>();
  #old = new Map<number, number>();
  #turned: number;
  #dropped = 0;

  /** `now`: milliseconds that never go back. */
  constructor(now: () => number) {
    this.#now = now;
    this.#turned = now();
  }

  /** Blocks refused since they had come before. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Nonces remembered. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** Takes in a block that was opened; false where it was before. */
  first(block: Uint8Array): boolean {
    this.#turn();
    const key = bitsAt(block, NONCE_AT);
    const check = bitsAt(block, NONCE_AT + 4);
    if (this.#young.get(key) === check || this.#old.get(key) === check) {
      this.#dropped += 1;
      return false;
    }
    this.#young.set(key, check);
    return true;
  }

  /** After a window or two, what was young is old, and what was old is forgotten. */
  #turn(): void {
    const since = this.#now() - this.#turned;
    if (since < WINDOW && this.#young.size < CEILING) return;
    this.#old = since < 2 * WINDOW ? this.#young : new Map();
    this.#young = new Map();
    this.#turned = this.#now();
  }
}

/**
 * Thirty bits of the nonce, which is random and under the seal: nobody without the key can change it, and two agree in
 * twice so many once in millions of years. Not of the version byte before it, which the seal does not cover.
 */
function bitsAt(block: Uint8Array, at: number): number {
  const high = (((block[at] ?? 0) & 0x3f) << 24) | ((block[at + 1] ?? 0) << 16);
  return high | ((block[at + 2] ?? 0) << 8) | (block[at + 3] ?? 0);
}
