/** After how many milliseconds what came before counts for a third. */
const MEMORY_MS = 2_000;
/** Bytes that came closer together than this are counted as one. */
const STEP_MS = 100;

/** Bytes a second, smoothed: an exponential mean in which a pause fades out instead of standing still. */
export class Rate {
  #at: number;
  #mean = 0;
  #fresh = 0;
  #started: number;

  constructor(now: number) {
    this.#at = now;
    this.#started = now;
  }

  add(bytes: number, now: number): void {
    this.#fresh += bytes;
    if (now - this.#at >= STEP_MS) this.#fold(now);
  }

  /** Whole bytes a second at this moment. */
  read(now: number): number {
    if (now - this.#at >= STEP_MS) this.#fold(now);
    // Until the memory is full, the mean still leans to the zero it began with.
    const filled = 1 - Math.exp(-(this.#at - this.#started) / MEMORY_MS);
    return filled === 0 ? 0 : Math.round(this.#mean / filled);
  }

  /** Forgets what was, such as after a pause. */
  reset(now: number): void {
    this.#at = now;
    this.#started = now;
    this.#mean = 0;
    this.#fresh = 0;
  }

  #fold(now: number): void {
    const elapsed = now - this.#at;
    const keep = Math.exp(-elapsed / MEMORY_MS);
    this.#mean = this.#mean * keep + ((this.#fresh * 1_000) / elapsed) * (1 - keep);
    this.#fresh = 0;
    this.#at = now;
  }
}
