/** How many askers are answered at once: in all, and one member where it is known who asks. */
export class Seats {
  readonly #most: { readonly all: number; readonly ofOne: number };
  readonly #ofMember = new Map<string, number>();
  #taken = 0;

  constructor(most: { all: number; ofOne: number }) {
    this.#most = most;
  }

  /** Whether there is none for this asker. */
  isFull(asker: string | undefined): boolean {
    return this.#taken >= this.#most.all || this.#own(asker) >= this.#most.ofOne;
  }

  /** Whether there was one; give it back with `leave`. */
  take(asker: string | undefined): boolean {
    if (this.isFull(asker)) return false;
    this.#taken++;
    if (asker !== undefined) this.#ofMember.set(asker, this.#own(asker) + 1);
    return true;
  }

  leave(asker: string | undefined): void {
    this.#taken--;
    if (asker === undefined) return;
    const left = this.#own(asker) - 1;
    if (left > 0) this.#ofMember.set(asker, left);
    else this.#ofMember.delete(asker);
  }

  #own(asker: string | undefined): number {
    return asker === undefined ? 0 : (this.#ofMember.get(asker) ?? 0);
  }
}
