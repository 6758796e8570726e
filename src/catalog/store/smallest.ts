/** The smallest so many of all numbers that it is given, as `compare` orders them: a heap with the largest of them on top. */
export class Smallest {
  readonly #most: number;
  readonly #compare: (a: number, b: number) => number;
  readonly #heap: number[] = [];

  constructor(most: number, compare: (a: number, b: number) => number) {
    this.#most = most;
    this.#compare = compare;
  }

  /** Whether one would be kept now. */
  takes(value: number): boolean {
    return this.#heap.length < this.#most || this.#compare(value, this.#heap[0] as number) < 0;
  }

  /** One that `takes` says yes to. */
  offer(value: number): void {
    const heap = this.#heap;
    if (heap.length < this.#most) {
      let at = heap.length;
      for (; at > 0; at = (at - 1) >> 1) {
        const above = heap[(at - 1) >> 1] as number;
        if (this.#compare(value, above) < 0) break;
        heap[at] = above;
      }
      heap[at] = value;
      return;
    }
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && this.#compare(heap[below] as number, heap[below + 1] as number) < 0) below++;
      if (this.#compare(value, heap[below] as number) > 0) break;
      heap[at] = heap[below] as number;
      at = below;
    }
    heap[at] = value;
  }

  /** In order. */
  list(): number[] {
    return this.#heap.toSorted(this.#compare);
  }
}
