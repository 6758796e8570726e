import { performance } from "node:perf_hooks";
import { setInterval } from "node:timers";
import { setFlagsFromString } from "node:v8";
import { freePages } from "./free-pages.ts";

/** Between two looks, in milliseconds. */
const EVERY = 1_000;
/** The main thread is calm while it is busy for no more than this part of the time. */
const CALM = 0.1;
/** Calm looks in a row with which rest begins, and with which V8 has given back what it does not need. */
const BEGUN = 3;
const SETTLED = 10;

/** What follows from rest. */
interface Turns {
  begin(): void;
  settled(): void;
  end(): void;
}

/** Tells rest from work by how busy the main thread is from one look to the next. */
export class Rest {
  readonly #turns: Turns;
  #calm = 0;

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  /** `busy`: part of the time since the last look, 0 to 1. */
  look(busy: number): void {
    const before = this.#calm;
    this.#calm = busy <= CALM ? before + 1 : 0;
    if (this.#calm === BEGUN) this.#turns.begin();
    if (this.#calm === SETTLED) this.#turns.settled();
    if (this.#calm === 0 && before >= BEGUN) this.#turns.end();
  }
}

/**
 * Has what was taken for work given back when this member comes to rest. V8 by itself looks for that 30 s after the last
 * collection at the earliest, and on the main thread, which never has quite nothing to do, not at all: 20 to 40 MB stay
 * after a large share was listed. glibc keeps pages without anything in them in each of its arenas, together 50 MB and
 * more. While there is work nothing is other than usual: to save memory all the time takes a third more of the processor.
 * Deno's V8 is left alone.
 */
export function saveMemoryAtRest(): void {
  if ("Deno" in globalThis) return;
  setFlagsFromString("--memory-reducer-delay-ms=3000");
  setFlagsFromString("--gc-memory-reducer-start-delay-ms=5000");
  const rest = new Rest({
    begin: () => setFlagsFromString("--memory-saver-mode"),
    settled: freePages,
    end: () => setFlagsFromString("--no-memory-saver-mode"),
  });
  let before = performance.eventLoopUtilization();
  setInterval(() => {
    const now = performance.eventLoopUtilization();
    rest.look(performance.eventLoopUtilization(now, before).utilization);
    before = now;
  }, EVERY).unref();
}
