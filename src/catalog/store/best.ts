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

/**
 * The first so many of all that it is given, however many those are: a heap with the last of them on top. In columns, since
 * where names come by their age, the newest last, every one of them is taken in for a while.
 */
export class Best {
  readonly #most: number;
  readonly #grades: Uint8Array;
  readonly #mtimes: Float64Array;
  readonly #ids: Float64Array;
  #count = 0;

  constructor(most: number) {
    this.#most = most;
    this.#grades = new Uint8Array(most);
    this.#mtimes = new Float64Array(most);
    this.#ids = new Float64Array(most);
  }

  /** The last of those that are kept; null while there is room. */
  get last(): Rank | null {
    return this.#count < this.#most ? null : this.#at(0);
  }

  offer(grade: number, mtime: number, id: number): void {
    if (this.#count < this.#most) this.#rise(this.#count++, grade, mtime, id);
    else if (isBefore(grade, mtime, id, this.#at(0))) this.#sink(grade, mtime, id);
  }

  /** In order. */
  list(): Rank[] {
    const ranks = Array.from({ length: this.#count }, (_, at) => this.#at(at));
    return ranks.sort((a, b) => (isBefore(a.grade, a.mtime, a.id, b) ? -1 : 1));
  }

  #at(at: number): Rank {
    return { grade: this.#grades[at] as number, mtime: this.#mtimes[at] as number, id: this.#ids[at] as number };
  }

  /** Puts one in at the end, and before those above it that come before it. */
  #rise(from: number, grade: number, mtime: number, id: number): void {
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (isBefore(grade, mtime, id, this.#at(above))) break;
      this.#move(above, at);
      at = above;
    }
    this.#put(at, grade, mtime, id);
  }

  /** Puts one in the place of the first, and behind those below it that come after it. */
  #sink(grade: number, mtime: number, id: number): void {
    const count = this.#count;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= count) break;
      if (below + 1 < count && this.#isBefore(below, below + 1)) below++;
      if (!isBefore(grade, mtime, id, this.#at(below))) break;
      this.#move(below, at);
      at = below;
    }
    this.#put(at, grade, mtime, id);
  }

  #isBefore(at: number, other: number): boolean {
    return isBefore(this.#grades[at] as number, this.#mtimes[at] as number, this.#ids[at] as number, this.#at(other));
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#grades[from] as number, this.#mtimes[from] as number, this.#ids[from] as number);
  }

  #put(at: number, grade: number, mtime: number, id: number): void {
    this.#grades[at] = grade;
    this.#mtimes[at] = mtime;
    this.#ids[at] = id;
  }
}
