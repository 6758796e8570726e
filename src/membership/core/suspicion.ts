import { suspicionLeft } from "./formulas.ts";

/** One member under suspicion: who accused it, and how long it has to answer. Each new accuser shortens that time. */
export class Suspicion {
  readonly wanted: number;
  readonly #min: number;
  readonly #max: number;
  readonly #accusers: Set<string>;
  /** When it began, or was last begun anew, in milliseconds of the core's clock. */
  readonly startedAt: number;

  constructor(from: string, wanted: number, time: { min: number; max: number; now: number }) {
    this.wanted = wanted;
    this.#min = time.min;
    this.#max = time.max;
    this.startedAt = time.now;
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
    return suspicionLeft(this.#accusers.size - 1, this.wanted, now - this.startedAt, {
      min: this.#min,
      max: this.#max,
    });
  }

  /** The same accusation with its whole shortest time before it again: for an accuser that has itself been asleep. */
  anew(now: number): Suspicion {
    return new Suspicion([...this.#accusers][0] ?? "", 0, { min: this.#min, max: this.#min, now });
  }
}
