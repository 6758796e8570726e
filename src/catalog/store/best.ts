/** Where an entry stands among all that were found: lower class first, then newer, then lower id. */
export interface Rank {
  readonly grade: number;
  readonly mtime: number;
  readonly id: number;
}

export function isBefore(grade: number, mtime: number, id: number, other: Rank): boolean {
  if (grade !== other.grade) return grade < other.grade;
  return mtime === other.mtime ? id < other.id : mtime > other.mtime;
}

const comesBefore = (a: Rank, b: Rank): boolean => isBefore(a.grade, a.mtime, a.id, b);

/** The first so many of all that it is given, however many those are: a heap with the last of them on top. */
export class Best {
  readonly #most: number;
  readonly #heap: Rank[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  /** The last of those that are kept; null while there is room. */
  get last(): Rank | null {
    return this.#heap.length < this.#most ? null : (this.#heap[0] ?? null);
  }

  /** Makes an object only of what is kept: most of a million is not. */
  offer(grade: number, mtime: number, id: number): void {
    const heap = this.#heap;
    const last = heap[0];
    if (last === undefined || heap.length < this.#most) {
      heap.push({ grade, mtime, id });
      this.#rise(heap.length - 1);
    } else if (isBefore(grade, mtime, id, last)) {
      heap[0] = { grade, mtime, id };
      this.#sink();
    }
  }

  /** In order. */
  list(): Rank[] {
    return [...this.#heap].sort((a, b) => (comesBefore(a, b) ? -1 : 1));
  }

  #rise(from: number): void {
    const heap = this.#heap;
    for (let at = from; at > 0; ) {
      const above = (at - 1) >> 1;
      if (!comesBefore(heap[above] as Rank, heap[at] as Rank)) return;
      [heap[above], heap[at]] = [heap[at] as Rank, heap[above] as Rank];
      at = above;
    }
  }

  #sink(): void {
    const heap = this.#heap;
    for (let at = 0; ; ) {
      let last = at;
      for (const below of [2 * at + 1, 2 * at + 2]) {
        if (below < heap.length && comesBefore(heap[last] as Rank, heap[below] as Rank)) last = below;
      }
      if (last === at) return;
      [heap[last], heap[at]] = [heap[at] as Rank, heap[last] as Rank];
      at = last;
    }
  }
}
