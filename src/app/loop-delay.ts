import { setInterval } from "node:timers";
import type { Clock } from "../shared/clock.ts";

/** Between two looks, in milliseconds: 0.2 % of a core; every 20 ms would be 0.6 %, as much as an idle member takes. */
const EVERY = 100;
/** Delays are counted by these bounds, in milliseconds; 50 is what this program promises for 99 of 100. */
const BOUNDS = [10, 20, 50, 100, 200, 500] as const;
/** Longer ones are no delay: the program was stopped, or the machine slept. */
const SLEEP = 5_000;

/**
 * How late the event loop is, which is how late whatever comes is answered: probes, pages, members. A look that comes
 * late counts for those that it kept from coming, too, since something could have come at any of them. The counts only
 * grow, so that two readings tell what was between them; Node's own histogram does not, and Deno has none.
 */
export class LoopDelay {
  readonly #clock: Clock;
  readonly #timer: NodeJS.Timeout;
  readonly #over = BOUNDS.map(() => 0);
  #looks = 0;
  #longest = 0;
  #due: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#due = clock.now() + EVERY;
    this.#timer = setInterval(() => this.#look(), EVERY);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Looks, how many of them were late by more than so many milliseconds, and the longest delay of all, in milliseconds. */
  counters(): Record<string, number> {
    const over = BOUNDS.map((bound, at) => [`loopDelaysOver${bound}Ms`, this.#over[at] ?? 0] as const);
    return { loopDelays: this.#looks, ...Object.fromEntries(over), loopDelayLongestMs: Math.round(this.#longest) };
  }

  #look(): void {
    const now = this.#clock.now();
    const late = Math.max(0, now - this.#due);
    this.#due = now + EVERY;
    if (late > SLEEP) return;
    this.#longest = Math.max(this.#longest, late);
    for (let waited = late, first = true; first || waited > 0; waited -= EVERY, first = false) {
      this.#looks++;
      for (const [at, bound] of BOUNDS.entries()) if (waited > bound) this.#over[at] = (this.#over[at] ?? 0) + 1;
    }
  }
}
