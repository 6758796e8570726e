interface Waiting {
  readonly key: string;
  granted(): void;
}

/** Lets so many at once do something for one key, and so many for all keys together; the others wait, first come first. */
export class Slots {
  readonly #each: number;
  readonly #all: number;
  readonly #taken = new Map<string, number>();
  readonly #waiting = new Set<Waiting>();
  #total = 0;

  constructor(each: number, all: number) {
    this.#each = each;
    this.#all = all;
  }

  /** Resolves with what gives the slot back, to be called at least once. Fails with the signal's reason. */
  take(key: string, signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const stop = () => {
        this.#waiting.delete(waiting);
        reject(signal.reason);
      };
      const waiting: Waiting = {
        key,
        granted: () => {
          signal.removeEventListener("abort", stop);
          let given = true;
          resolve(() => {
            if (given) this.#give(key);
            given = false;
          });
        },
      };
      signal.addEventListener("abort", stop, { once: true });
      this.#waiting.add(waiting);
      this.#grant(waiting);
    });
  }

  #give(key: string): void {
    const left = (this.#taken.get(key) ?? 1) - 1;
    if (left === 0) this.#taken.delete(key);
    else this.#taken.set(key, left);
    this.#total -= 1;
    for (const waiting of this.#waiting) if (this.#grant(waiting)) return;
  }

  #grant(waiting: Waiting): boolean {
    const taken = this.#taken.get(waiting.key) ?? 0;
    if (this.#total >= this.#all || taken >= this.#each) return false;
    this.#waiting.delete(waiting);
    this.#taken.set(waiting.key, taken + 1);
    this.#total += 1;
    waiting.granted();
    return true;
  }
}
