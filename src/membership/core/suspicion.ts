import { suspicionLeft } from "./formulas.ts";

/** One member under suspicion: who accused it, and how long it has to answer. Each new accuser shortens that time. */
export class Suspicion {
  readonly wanted: number;
  readonly #min: number;
  readonly #max: number;
  readonly #accusers: Set<string>;
  #startedAt: number;
  #notBefore = Number.NEGATIVE_INFINITY;

  constructor(from: string, wanted: number, time: { min: number; max: number; now: number }) {
    this.wanted = wanted;
    this.#min = time.min;
    this.#max = time.max;
    this.#startedAt = time.now;
    this.#accusers = new Set([from]);
  }

  /** Counts an accuser not heard before; false where there is nothing new in it. */
  confirm(from: string): boolean {
    if (this.#accusers.size > this.wanted || this.#accusers.has(from)) return false;
    this.#accusers.add(from);
    return true;
  }

  /** Milliseconds until death; at most 0 means now. */
  left(now: number): number {
    const time = { min: this.#min, max: this.#max };
    const left = suspicionLeft(this.#accusers.size - 1, this.wanted, now - this.#startedAt, time);
    return Math.max(left, this.#notBefore - now);
  }

  /** This member heard nobody for so long until now: that time does not count, and an answer may still be on its way. */
  forgive(ms: number, now: number): void {
    this.#startedAt = Math.min(now, this.#startedAt + ms);
    this.#notBefore = now + Math.min(ms, this.#min);
  }
}
