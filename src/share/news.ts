/** Calls a listener at the first news, then at most once in so many milliseconds while more come. */
export class Coalesced {
  readonly #every: number;
  readonly #tell: () => void;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #more = false;

  constructor(every: number, tell: () => void) {
    this.#every = every;
    this.#tell = tell;
  }

  news(): void {
    if (this.#timer !== null) {
      this.#more = true;
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#more) this.news();
    }, this.#every);
    this.#more = false;
    this.#tell();
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#more = false;
  }
}
