import type { Timers } from "./timers.ts";

/** Without a complete watch, everything is looked at this often, in milliseconds. */
const UNWATCHED = 60_000;

/** After a failure the wait grows up to this, and is the first one again after so long without any, in milliseconds. */
const LONGEST_WAIT = 60_000;

export interface RoundsWorld {
  readonly timers: Timers;
  /** Milliseconds between two while all is watched. */
  readonly usual: number;
  /** Whether all is watched. */
  watched(): boolean;
  /** Goes over everything once. Never fails. */
  go(): Promise<void>;
}

/** When everything in a share is looked at anew: now and then, and when there is a reason. One at a time. */
export class Rounds {
  readonly #world: RoundsWorld;
  #running: Promise<void> | null = null;
  /** How long the last wait after a failure was. */
  #waited = 0;

  constructor(world: RoundsWorld) {
    this.#world = world;
  }

  /** Now, or after the one under way. */
  begin(): void {
    const before = this.#running ?? Promise.resolve();
    const run: Promise<void> = before
      .then(() => this.#world.go())
      .then(() => {
        if (this.#running === run) this.#running = null;
        this.plan();
      });
    this.#running = run;
  }

  /** In so many milliseconds. */
  after(wait: number): void {
    this.#world.timers.after("again", wait, () => this.begin());
  }

  /** What was to be looked at was not: after `first` milliseconds, then later each time, not in a circle without rest. */
  failed(first: number): void {
    const { timers } = this.#world;
    timers.after("well", LONGEST_WAIT, () => {
      this.#waited = 0;
    });
    if (timers.has("again")) return;
    this.#waited = Math.min(Math.max(2 * this.#waited, first), LONGEST_WAIT);
    this.after(this.#waited);
  }

  /** As often as what is watched calls for, from now on. */
  plan(): void {
    const { timers, usual, watched } = this.#world;
    timers.after("rescan", watched() ? usual : Math.min(usual, UNWATCHED), () => {
      if (this.#running === null) this.begin();
    });
  }
}
