import { typeOf } from "../core/kinds.ts";
import { folded as foldedName } from "../order.ts";
import { initialsOf, lettersOf, pairsOf } from "./signs.ts";
import { FILE } from "./tree.ts";

/** Bits of `flags`. The upper ones are the file's type. */
export const IS_FILE = 1;
export const GONE = 2;
export const TYPE_SHIFT = 2;
/** Before each name in `text`, and after the last: in no name. */
export const BREAK = 0;
/** Where an entry has no folder above it. */
export const NONE = 0xffffffff;

/** A row of `entry` as far as it is searched. */
export interface Indexed {
  readonly id: number;
  readonly share: number;
  readonly parent: number;
  readonly kind: number;
  readonly name: string;
  readonly size: number;
  readonly mtime: number;
  /** As in the column of contents. */
  readonly content: number;
}

const encoder = new TextEncoder();

/**
 * What is searched of all entries, in columns beside the rows: folded names one after the other in one run of bytes, and
 * for each the letters and pairs of letters in it, by which most names are passed over unread. SQLite's own FTS4 took 250
 * to 330 ms a million for words that many names have, knows no substrings, and a third more time for every insert. About
 * 80 bytes an entry. Entries come in the order of their ids, folders before what is in them; what goes is marked, and
 * taken out now and then.
 */
export class Columns {
  /** Entries, those that are gone among them. */
  count = 0;
  ids = new Uint32Array(1024);
  /** Where each name begins in `text`; one more than there are entries. */
  starts = new Uint32Array(1025);
  /** The folder's place, or NONE. */
  parents = new Uint32Array(1024);
  shares = new Uint32Array(1024);
  sizes = new Float64Array(1024);
  mtimes = new Float64Array(1024);
  /** The first 6 bytes of the content's root as a number, 0 where there is none: as good as the whole, but for a forger. */
  contents = new Float64Array(1024);
  flags = new Uint8Array(1024);
  /** Signs of the name: `signs.ts` says which. */
  letters = new Int32Array(1024);
  initials = new Int32Array(1024);
  pairs = new Int32Array(1024);
  text = new Uint8Array(32_768);
  /** Grows whenever places change: what was found by place before is void. */
  generation = 0;
  /** Grows with every change. */
  version = 0;
  #gone = 0;
  /** Some entries are gone by what is above them, and not marked themselves yet. */
  #stale = false;

  constructor() {
    this.text[0] = BREAK;
    this.starts[0] = 1;
  }

  get length(): number {
    return this.starts[this.count] ?? 1;
  }

  /** The id must be above all before. */
  add({ id, share, parent, kind, name, size, mtime, content }: Indexed): void {
    const at = this.count;
    if (at === this.ids.length) this.#grow();
    const folded = foldedName(name);
    const start = this.length;
    // A folded character takes at most 3 bytes of UTF-8 for each of its UTF-16 units.
    if (start + 3 * folded.length + 1 > this.text.length) this.#growText(3 * folded.length + 1);
    const { written } = encoder.encodeInto(folded, this.text.subarray(start));
    this.text[start + written] = BREAK;
    this.letters[at] = lettersOf(this.text, start, start + written);
    this.initials[at] = initialsOf(this.text, start, start + written);
    this.pairs[at] = pairsOf(this.text, start, start + written);
    this.ids[at] = id;
    this.starts[at + 1] = start + written + 1;
    this.parents[at] = parent === 0 ? NONE : (this.find(parent) ?? NONE);
    this.shares[at] = share;
    this.sizes[at] = size;
    this.mtimes[at] = mtime;
    this.contents[at] = content;
    this.flags[at] = kind === FILE ? IS_FILE | (typeOf(folded) << TYPE_SHIFT) : 0;
    this.count = at + 1;
    this.version++;
  }

  change(id: number, size: number, mtime: number, content: number): void {
    const at = this.find(id);
    if (at === null) return;
    this.sizes[at] = size;
    this.mtimes[at] = mtime;
    this.contents[at] = content;
    this.version++;
  }

  /** An entry is gone, and whatever is below it. */
  remove(id: number): void {
    const at = this.find(id);
    if (at === null) return;
    this.#mark(at);
    if (((this.flags[at] ?? 0) & IS_FILE) === 0) this.#stale = true;
  }

  /** All below a folder is gone. */
  removeBelow(id: number): void {
    const folder = this.find(id);
    if (folder === null) return;
    const { parents, count } = this;
    for (let at = folder + 1; at < count; at++) if (parents[at] === folder) this.#mark(at);
    this.#stale = true;
  }

  /** A share's entries are gone, and its number may come again. */
  removeShare(share: number): void {
    const { shares, count } = this;
    for (let at = 0; at < count; at++) if (shares[at] === share) this.#mark(at);
  }

  /** The place of an entry; null where it is not here. */
  find(id: number): number | null {
    const { ids } = this;
    let low = 0;
    let high = this.count - 1;
    // What is asked for is most often near the end.
    if (high >= 64 && (ids[high - 64] as number) <= id) low = high - 64;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = ids[middle] as number;
      if (found === id) return middle;
      if (found < id) low = middle + 1;
      else high = middle - 1;
    }
    return null;
  }

  /** Makes the marks right; before places are read. Now and then takes out what is gone. */
  settle(): void {
    if (this.#stale) {
      const { parents, flags, count } = this;
      for (let at = 0; at < count; at++) {
        const parent = parents[at] as number;
        if (parent !== NONE && ((flags[parent] as number) & GONE) !== 0) this.#mark(at);
      }
      this.#stale = false;
    }
    if (this.#gone > 10_000 && this.#gone > this.count / 4) this.#compact();
  }

  clear(): void {
    this.count = 0;
    this.#gone = 0;
    this.#stale = false;
    this.generation++;
    this.version++;
  }

  #mark(at: number): void {
    const flags = this.flags[at] as number;
    if ((flags & GONE) !== 0) return;
    this.flags[at] = flags | GONE;
    this.#gone++;
    this.version++;
  }

  #grow(): void {
    const size = Math.ceil(this.ids.length * 1.3);
    this.ids = grown(this.ids, size);
    this.starts = grown(this.starts, size + 1);
    this.parents = grown(this.parents, size);
    this.shares = grown(this.shares, size);
    this.sizes = grown(this.sizes, size);
    this.mtimes = grown(this.mtimes, size);
    this.contents = grown(this.contents, size);
    this.flags = grown(this.flags, size);
    this.letters = grown(this.letters, size);
    this.initials = grown(this.initials, size);
    this.pairs = grown(this.pairs, size);
  }

  #growText(room: number): void {
    this.text = grown(this.text, Math.ceil((this.text.length + room) * 1.3));
  }

  /** Moves what is left together. A million takes some 30 ms. */
  #compact(): void {
    const places = new Uint32Array(this.count);
    const { ids, starts, parents, shares, sizes, mtimes, contents, flags, letters, initials, pairs, text } = this;
    let to = 0;
    let end = 1;
    for (let at = 0; at < this.count; at++) {
      if (((flags[at] as number) & GONE) !== 0) continue;
      const [start, next] = [starts[at] as number, starts[at + 1] as number];
      places[at] = to;
      ids[to] = ids[at] as number;
      parents[to] = parents[at] === NONE ? NONE : (places[parents[at] as number] as number);
      shares[to] = shares[at] as number;
      sizes[to] = sizes[at] as number;
      mtimes[to] = mtimes[at] as number;
      contents[to] = contents[at] as number;
      flags[to] = flags[at] as number;
      letters[to] = letters[at] as number;
      initials[to] = initials[at] as number;
      pairs[to] = pairs[at] as number;
      text.copyWithin(end, start, next);
      end += next - start;
      to++;
      starts[to] = end;
    }
    this.count = to;
    this.#gone = 0;
    this.generation++;
    this.version++;
  }
}

/** What the column of contents has for a root, or for the first 12 of its digits; null or "" for none. */
export function contentOf(root: Uint8Array | string | null): number {
  if (root === null || root.length === 0) return 0;
  let value = 0;
  if (typeof root === "string") value = Number.parseInt(root, 16);
  else for (let i = 0; i < 6; i++) value = value * 256 + (root[i] ?? 0);
  // 0 says that there is none.
  return value === 0 ? 1 : value;
}

function grown<T extends Uint8Array | Int32Array | Uint32Array | Float64Array>(before: T, size: number): T {
  // Given back at once, not when garbage is next collected: of a million entries that is much at a time.
  const buffer = (before.buffer as ArrayBuffer).transfer(size * before.BYTES_PER_ELEMENT);
  return new (before.constructor as new (buffer: ArrayBuffer) => T)(buffer);
}
