/** Runs an action at once when first asked, and then at most once in a while, however often it is asked. */
export class Pacer {
  readonly #action: () => void;
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | null = null;
  #asked = false;

  constructor(everyMs: number, action: () => void) {
    this.#everyMs = everyMs;
    this.#action = action;
  }

  ask(): void {
    this.#asked = true;
    if (this.#timer === null) this.#run();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#asked = false;
  }

  #run(): void {
    this.#timer = null;
    if (!this.#asked) return;
    this.#asked = false;
    this.#timer = setTimeout(() => this.#run(), this.#everyMs);
    this.#action();
  }
}
