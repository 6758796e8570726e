/** Lifeguard's local health: 0 is well; each point stretches the time this member gives others before it judges them. */
export class Awareness {
  readonly #max: number;
  #score = 0;

  /** Scores stay below `max`. */
  constructor(max: number) {
    this.#max = max;
  }

  get score(): number {
    return this.#score;
  }

  apply(delta: number): void {
    this.#score = Math.min(this.#max - 1, Math.max(0, this.#score + delta));
  }

  scale(interval: number): number {
    return interval * (this.#score + 1);
  }
}
