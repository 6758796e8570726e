import type { Entry, EntryRef } from "../../shared/entry.ts";
import { GroupShareError } from "../../shared/errors.ts";
import { fold, wanted } from "../../shared/fold.ts";
import { LIMITS } from "../../shared/limits.ts";
import { FILE_TYPES, type FileType } from "../core/kinds.ts";
import { Best, isBefore, type Rank } from "./best.ts";
import { type Columns, GONE, IS_FILE, NONE, TYPE_SHIFT } from "./columns.ts";
import { FolderPaths } from "./holders.ts";
import type { Index } from "./index.ts";
import { lackingNow } from "./lacking-now.ts";
import { type ShareRow, sharesOf } from "./lists.ts";
import { gradeOf, Words } from "./scan.ts";
import { type Sight, toEntry } from "./sight.ts";
import type { Sqlite } from "./sqlite.ts";
import { COLUMNS, toRow } from "./tree.ts";

/** What is looked for, and among what. */
export interface SearchQuery {
  /** Words, each of which must be in the path, and one at least in the name itself. Without any, all entries are found. */
  readonly text: string;
  readonly kind?: "file" | "folder";
  /** Files of these types only. */
  readonly types?: readonly FileType[];
  /** Bytes of files, both ends included; folders are not found with these. */
  readonly min?: number;
  readonly max?: number;
  /** When it was changed, milliseconds since 1970, both ends included. */
  readonly from?: number;
  readonly to?: number;
  /** Member ids. */
  readonly members?: readonly string[];
  /** Only what this member holds nowhere in its shares. */
  readonly lacking?: boolean;
  /** `next` of the page before. */
  readonly after: string | null;
  readonly limit: number;
}

/** An entry that was found, and where. */
export interface Hit {
  readonly ref: EntryRef;
  readonly entry: Entry;
}

/** The best first: exact names, beginnings of names, of words, what is within words; of those alike the newer ones. */
export interface Found {
  readonly items: readonly Hit[];
  readonly next: string | null;
  /** All that were found, on all pages. */
  readonly total: number;
}

/** A share that is looked into. */
interface Place {
  readonly member: string;
  readonly share: ShareRow;
  /** Words that its name has, and that begin words of it; a bit each. */
  readonly has: number;
  readonly begins: number;
}

/** Entries that are sorted out before whatever else waits has its turn. */
const RUN = 100_000;
const encoder = new TextEncoder();

/** Searches in pieces: yields between them, and is given up by not going on. Begins again where entries changed places. */
export function* search(db: Sqlite, sight: Sight, index: Index, query: SearchQuery): Generator<void, Found> {
  // What parts the names in the columns is in no name.
  if (query.text.includes("\0")) return { items: [], next: null, total: 0 };
  for (;;) {
    const { columns } = index;
    columns.settle();
    const { generation } = columns;
    const found = yield* attempt(db, sight, index, query, () => columns.generation === generation);
    if (found !== null) return found;
  }
}

function* attempt(
  db: Sqlite,
  sight: Sight,
  index: Index,
  query: SearchQuery,
  isSound: () => boolean,
): Generator<void, Found | null> {
  const { columns } = index;
  const { whole, words } = wanted(query.text);
  const places = placesOf(db, sight, query, words);
  const lacks = query.lacking === true ? lackingNow(db, sight, index) : null;
  const { count } = columns;
  const sieve = new Sieve(columns, query, places, {
    words: new Words(columns, words),
    count: words.length,
    whole,
    lacks,
  });
  for (let at = 0; at < count; at += RUN) {
    if (at > 0) yield;
    if (!isSound()) return null;
    sieve.run(at, Math.min(count, at + RUN));
  }
  return sieve.found(db);
}

function placesOf(db: Sqlite, sight: Sight, { members }: SearchQuery, words: readonly string[]): Map<number, Place> {
  const places = new Map<number, Place>();
  for (const { id, member } of sight.lists(db)) {
    if (members !== undefined && !members.includes(member)) continue;
    for (const share of sharesOf(db, id)) {
      const name = fold(share.name);
      const has = bits(words, (word) => name.includes(word));
      const begins = bits(words, (word) => name.split(/[^\p{L}\p{N}]+/u).some((part) => part.startsWith(word)));
      places.set(share.id, { member, share, has, begins });
    }
  }
  return places;
}

const bits = (words: readonly string[], is: (word: string) => boolean): number =>
  words.reduce((sum, word, at) => (is(word) ? sum | (1 << at) : sum), 0);

interface Asked {
  readonly words: Words;
  readonly count: number;
  readonly whole: string;
  readonly lacks: Uint8Array | null;
}

/** Goes through all entries in order and keeps the best that fit. */
class Sieve {
  readonly #columns: Columns;
  readonly #query: SearchQuery;
  readonly #places: ReadonlyMap<number, Place>;
  readonly #asked: Asked;
  readonly #whole: Uint8Array;
  /** Words in the path of each folder: only where there are several, which may be shared out over it. */
  readonly #paths: Uint8Array;
  readonly #best: Best;
  readonly #after: Rank | null;
  readonly #limit: number;
  readonly #types: number;
  /** Nothing is asked but the words. */
  readonly #isPlain: boolean;
  #total = 0;

  constructor(columns: Columns, query: SearchQuery, places: ReadonlyMap<number, Place>, asked: Asked) {
    this.#columns = columns;
    this.#query = query;
    this.#places = places;
    this.#asked = asked;
    this.#whole = encoder.encode(asked.whole);
    this.#paths = new Uint8Array(asked.count > 1 ? columns.count : 0);
    this.#limit = Math.max(1, Math.min(Math.floor(query.limit) || 1, LIMITS.page));
    this.#best = new Best(this.#limit + 1);
    this.#after = rankOf(query.after);
    const { kind, types, min, max, from, to } = query;
    this.#isPlain = [kind, types, min, max, from, to].every((filter) => filter === undefined);
    this.#types = (query.types ?? []).reduce((sum, type) => sum | (1 << (FILE_TYPES.indexOf(type) + 1)), 0);
  }

  run(from: number, to: number): void {
    const columns = this.#columns;
    const { shares, parents, flags, mtimes, ids, letters, pairs } = columns;
    const { words, count } = this.#asked;
    const { letters: wantedLetters, pairs: wantedPairs } = words;
    const all = (1 << count) - 1;
    const paths = this.#paths;
    const best = this.#best;
    const after = this.#after;
    const whole = this.#whole;
    let { last } = best;
    let total = 0;
    let share = -1;
    let place: Place | undefined;
    for (let at = from; at < to; at++) {
      if (shares[at] !== share) {
        share = shares[at] as number;
        place = this.#places.get(share);
      }
      if (place === undefined) continue;
      const parent = parents[at] as number;
      const flag = flags[at] as number;
      // Words that are not in the path above: those that the name must have, or any one where there are none.
      let need = all;
      if (count > 1 && parent !== NONE) need &= ~(paths[parent] as number);
      // A folder's own words are noted for what is below it, whether the folder itself is found or not.
      if (parent === NONE || ((flag & IS_FILE) === 0 && count > 1)) {
        const own = parent === NONE ? place.has : words.of(at);
        if (count > 1) paths[at] = own | (all & ~need);
        if ((own & need) !== need || (own === 0 && count > 0)) continue;
        if (!this.#isWanted(at, flag)) continue;
      } else {
        const letter = wantedLetters[need] as number;
        const pair = wantedPairs[need] as number;
        if (((letters[at] as number) & letter) !== letter || ((pairs[at] as number) & pair) !== pair) continue;
        if (!this.#isWanted(at, flag)) continue;
        if (count > 0 && !(need === 0 ? words.hasAny(at) : words.hasAll(at, need))) continue;
      }
      total++;
      const mtime = mtimes[at] as number;
      let grade = parent === NONE ? this.#gradeOfShare(place) : count === 0 ? 3 : gradeOf(columns, at, whole);
      // Most are sorted out here, and cost nothing more.
      if (last !== null && (grade > last.grade || (grade === last.grade && mtime < last.mtime))) continue;
      if (grade === 2 && parent !== NONE && !words.begin(at)) grade = 3;
      if (last !== null && (grade > last.grade || (grade === last.grade && mtime < last.mtime))) continue;
      const id = ids[at] as number;
      if (after !== null && (isBefore(grade, mtime, id, after) || id === after.id)) continue;
      best.offer(grade, mtime, id);
      last = best.last;
    }
    this.#total += total;
  }

  /** Whether it is there, and passes all that is asked but the words. */
  #isWanted(at: number, flag: number): boolean {
    const { lacks } = this.#asked;
    if ((flag & GONE) !== 0 || (lacks !== null && lacks[at] !== 1)) return false;
    return this.#isPlain || this.#fits(at, flag);
  }

  #fits(at: number, flag: number): boolean {
    const { sizes, mtimes } = this.#columns;
    const { kind, min, max, from, to } = this.#query;
    const isFile = (flag & IS_FILE) !== 0;
    if (kind !== undefined && isFile !== (kind === "file")) return false;
    if (this.#types !== 0 && (this.#types & (1 << (flag >> TYPE_SHIFT))) === 0) return false;
    if ((min !== undefined || max !== undefined) && !isFile) return false;
    const [size, mtime] = [sizes[at] as number, mtimes[at] as number];
    if (size < (min ?? 0) || size > (max ?? Number.POSITIVE_INFINITY)) return false;
    return mtime >= (from ?? Number.NEGATIVE_INFINITY) && mtime <= (to ?? Number.POSITIVE_INFINITY);
  }

  #gradeOfShare({ share, begins }: Place): number {
    const { count, whole } = this.#asked;
    if (count === 0) return 3;
    const name = fold(share.name);
    if (name === whole) return 0;
    if (name.startsWith(whole)) return 1;
    return begins === (1 << count) - 1 ? 2 : 3;
  }

  found(db: Sqlite): Found {
    const ranks = this.#best.list();
    const shown = ranks.slice(0, this.#limit);
    const paths = new FolderPaths(db);
    const select = db.query(`SELECT ${COLUMNS}, share, parent FROM entry WHERE id = ?`);
    const items = shown.flatMap(({ id }): Hit[] => {
      const values = select.one(id);
      if (values === null) return [];
      const [share, parent] = values.slice(-2) as [number, number];
      const place = this.#places.get(share);
      if (place === undefined) return [];
      const row = toRow(values);
      const path = parent === 0 ? "" : paths.below(parent, row.name);
      return [
        { ref: { member: place.member, share: place.share.share, path }, entry: toEntry(place.share, path, row) },
      ];
    });
    const last = shown.at(-1);
    const next = ranks.length > shown.length && last !== undefined ? `${last.grade}.${last.mtime}.${last.id}` : null;
    return { items, next, total: this.#total };
  }
}

function rankOf(after: string | null): Rank | null {
  if (after === null) return null;
  const parts = /^([0-3])\.(-?\d{1,16})\.(\d{1,10})$/.exec(after);
  if (parts === null) throw new GroupShareError("invalid", `Cannot go on after "${after}": no search gave that`);
  return { grade: Number(parts[1]), mtime: Number(parts[2]), id: Number(parts[3]) };
}
