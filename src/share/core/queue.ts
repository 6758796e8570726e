import type { FileNode } from "./tree.ts";

/** A file that waits, with the share that it is in. */
export interface Waiting<S> {
  readonly share: S;
  readonly node: FileNode;
}

/** First in, first out, without moving what waits behind. */
class Line<T> {
  #items: T[] = [];
  #head = 0;

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#head += 1;
    if (this.#head > 1_024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}

/** Sizes fourfold apart share a line; 27 of them reach 2^53. */
const LINES = 28;

/** Files to be read: asked-for ones first, then small ones, then large ones, those to be verified last. Each is given out once. */
export class HashQueue<S> {
  readonly #urgent = new Line<Waiting<S>>();
  readonly #lines = Array.from({ length: LINES + 1 }, () => new Line<Waiting<S>>());
  #size = 0;

  /** How many files wait. */
  get size(): number {
    return this.#size;
  }

  add(share: S, node: FileNode): void {
    if (node.queued || node.size === 0) return;
    node.queued = true;
    this.#size += 1;
    const line = !node.rooted ? Math.min(LINES - 1, Math.floor(Math.log2(node.size) / 2)) : LINES;
    this.#lines[line]?.push({ share, node });
  }

  /** Somebody asks for it: it comes before all that nobody asks for. */
  hurry(share: S, node: FileNode): void {
    this.add(share, node);
    if (node.queued) this.#urgent.push({ share, node });
  }

  /**
   * Up to so many files, and so many bytes unless the first has more; `urgent`: only such as somebody asks for. Those
   * that need no reading any more fall out.
   */
  take(files: number, bytes: number, urgent = false): Waiting<S>[] {
    const taken: Waiting<S>[] = [];
    let left = bytes;
    for (const line of urgent ? [this.#urgent] : [this.#urgent, ...this.#lines]) {
      while (taken.length < files && left > 0) {
        const next = line.shift();
        if (next === undefined) break;
        const { node } = next;
        if (!node.queued) continue; // given out already, from the other line that it was in
        node.queued = false;
        this.#size -= 1;
        if (node.gone || node.size === 0 || (node.rooted && !node.verify)) continue;
        taken.push(next);
        left -= node.size;
      }
    }
    return taken;
  }
}
