import type { Clock } from "../shared/clock.ts";

/**
 * Runs something soon after it is asked for, never twice within the interval, however often it is asked for.
 * The first time it runs at once, but not inside the call.
 */
export class Coalesced {
  readonly #interval: number;
  readonly #clock: Clock;
  readonly #run: () => void;
  #last = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #stopped = false;

  constructor(intervalMs: number, clock: Clock, run: () => void) {
    this.#interval = intervalMs;
    this.#clock = clock;
    this.#run = run;
  }

  ask(): void {
    if (this.#timer !== null || this.#stopped) return;
    const wait = Math.max(0, this.#last + this.#interval - this.#clock.now());
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#last = this.#clock.now();
      this.#run();
    }, wait);
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
