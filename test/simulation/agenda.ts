interface Entry {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** What will happen, by simulated time in milliseconds; what falls together happens in the order in which it was put in. */
export class Agenda {
  now = 0;
  /** Things that happened. */
  done = 0;
  readonly #heap: Entry[] = [];
  #order = 0;

  after(ms: number, run: () => void): void {
    const entry = { at: this.now + Math.max(0, ms), order: this.#order++, run };
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Entry;
      if (!before(entry, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  /** Lets the next thing happen, unless it comes after `end`; false where there is none. */
  step(end: number): boolean {
    const first = this.#heap[0];
    if (first === undefined || first.at > end) return false;
    this.#pop();
    this.now = first.at;
    this.done += 1;
    first.run();
    return true;
  }

  run(ms: number): void {
    const end = this.now + ms;
    while (this.step(end));
    this.now = end;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Entry, heap[child] as Entry)) child += 1;
      if (!before(heap[child] as Entry, last)) break;
      heap[at] = heap[child] as Entry;
      at = child;
    }
    heap[at] = last;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
