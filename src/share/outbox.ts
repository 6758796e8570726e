import type { Change } from "../shared/entry.ts";

/** At most so many changes are given out at once. */
const BATCH = 1_000;
/** Whoever makes changes waits beyond so many. */
const FULL = 4_000;
/** Changes of state alone can wait this long, in milliseconds. */
const NEWS = 200;

/** Changes in the order in which they happened, given out in batches: at once, or when their time has come. */
export class Outbox {
  #changes: Change[] = [];
  /** When something must be given out at the latest; infinity for nothing. */
  #due = Number.POSITIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #taker: ((changes: Change[]) => void) | null = null;
  #blocked: (() => void)[] = [];

  get empty(): boolean {
    return this.#changes.length === 0;
  }

  /** `within`: milliseconds that it may wait for more to come. */
  push(change: Change, within: number): void {
    this.#changes.push(change);
    this.#hurry(this.#changes.length >= BATCH ? 0 : within);
  }

  /** There is something to tell beside changes. */
  touch(): void {
    this.#hurry(NEWS);
  }

  /** Takes back what is not yet given out of a share. */
  recall(share: string): void {
    this.#changes = this.#changes.filter((change) => change.share !== share);
  }

  /** Resolves with the next batch, which has no changes where only `touch` was called. */
  next(): Promise<Change[]> {
    return new Promise((resolve) => {
      this.#taker = resolve;
      this.#arm();
    });
  }

  /** Resolves when there is room for more. */
  async room(): Promise<void> {
    while (this.#changes.length >= FULL) await new Promise<void>((resolve) => this.#blocked.push(resolve));
  }

  #hurry(within: number): void {
    const due = performance.now() + within;
    if (due >= this.#due) return;
    this.#due = due;
    this.#arm();
  }

  #arm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#taker === null || this.#due === Number.POSITIVE_INFINITY) return;
    const wait = this.#due - performance.now();
    // Not in the same turn even when due: what happens together goes out together.
    this.#timer = setTimeout(() => this.#give(), Math.max(0, wait));
  }

  #give(): void {
    const taker = this.#taker;
    if (taker === null) return;
    this.#taker = null;
    this.#timer = null;
    const batch = this.#changes.splice(0, BATCH);
    this.#due = this.#changes.length > 0 ? 0 : Number.POSITIVE_INFINITY;
    for (const go of this.#blocked.splice(0)) go();
    taker(batch);
  }
}
