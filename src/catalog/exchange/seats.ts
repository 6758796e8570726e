/** How many questions are answered at once: in all, and to one member where it is known who asks. */
export class Seats {
  readonly #most: { readonly all: number; readonly ofOne: number };
  readonly #ofMember = new Map<string, number>();
  #taken = 0;

  constructor(most: { all: number; ofOne: number }) {
    this.#most = most;
  }

  /** Whether there was one; give it back with `leave`. */
  take(asker: string | undefined): boolean {
    const own = asker === undefined ? 0 : (this.#ofMember.get(asker) ?? 0);
    if (this.#taken >= this.#most.all || own >= this.#most.ofOne) return false;
    this.#taken++;
    if (asker !== undefined) this.#ofMember.set(asker, own + 1);
    return true;
  }

  leave(asker: string | undefined): void {
    this.#taken--;
    if (asker === undefined) return;
    const left = (this.#ofMember.get(asker) ?? 0) - 1;
    if (left > 0) this.#ofMember.set(asker, left);
    else this.#ofMember.delete(asker);
  }
}
