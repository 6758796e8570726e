import { clearTimeout, setTimeout } from "node:timers";
import type { Clock } from "../shared/clock.ts";

/** The wall clock ahead of the monotonic one by this much more than a moment ago: the machine slept. Milliseconds. */
const JUMP = 2_000;
/** How often it is looked whether timers come in time, in milliseconds. */
const BEAT = 250;
/** Lags shorter than this are what every program has. */
const NOTABLE = 25;
/** Longer ones are no busy stretch: the program was stopped, or the machine slept. */
const SLEEP = 5_000;

/**
 * A clock whose `now` also counts the time that the machine slept. The monotonic clocks of Linux and macOS stop then,
 * so that a timer would seem to come in time after a night, and what was not heard meanwhile would seem a death.
 */
export function wakefulClock(clock: Clock): Clock {
  let wall = clock.wall();
  let now = clock.now();
  let slept = 0;
  return {
    wall: () => clock.wall(),
    now() {
      const [wallThen, nowThen] = [wall, now];
      wall = clock.wall();
      now = clock.now();
      const jump = wall - wallThen - (now - nowThen);
      if (jump > JUMP) slept += jump;
      return now + slept;
    },
  };
}

export interface WatchListener {
  /** The event loop stood still for so many milliseconds until now. */
  lag(ms: number): void;
  /** It stood still so long that others take this member for dead by now. Told after the lag. */
  woke(afterMs: number): void;
  /** Told at every beat, after the others. */
  beat(): void;
}

/** Watches how late timers come: in a busy stretch, after the process was stopped, after the machine slept. */
export class Watch {
  readonly #clock: Clock;
  readonly #listener: WatchListener;
  #timer: NodeJS.Timeout | null = null;

  /** The clock is one whose `now` counts sleep. */
  constructor(clock: Clock, listener: WatchListener) {
    this.#clock = clock;
    this.#listener = listener;
    this.#wait();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #wait(): void {
    const due = this.#clock.now() + BEAT;
    this.#timer = setTimeout(() => {
      const late = this.#clock.now() - due;
      if (late >= NOTABLE) this.#listener.lag(late);
      if (late >= SLEEP) this.#listener.woke(late);
      this.#listener.beat();
      if (this.#timer !== null) this.#wait();
    }, BEAT);
    this.#timer.unref();
  }
}
