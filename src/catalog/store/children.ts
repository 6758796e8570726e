import { compareBytes, compareFolded } from "../core/name-order.ts";
import { compareSpots, type Spot, spot, spotAt } from "../order.ts";
import { type Columns, GONE, IS_FILE } from "./columns.ts";
import type { Index } from "./index.ts";
import { Smallest } from "./smallest.ts";
import type { Sqlite } from "./sqlite.ts";
import { COLUMNS, findById, type Row, toRow } from "./tree.ts";

/** Entries of a folder up to which it is sorted as it is read. Of larger ones, only those that are shown. */
const SORTED = 1_000;

export interface Children {
  readonly rows: readonly Row[];
  /** All of the folder that are wanted, before the cursor and after. */
  readonly count: number;
}

/** What of a folder is listed. */
export interface Wanted {
  /** A cursor. */
  readonly after: string | null;
  readonly most: number;
  /** Only those with such ids. */
  has?(id: number): boolean;
}

/**
 * Up to `most` entries of a folder after a cursor, in the order of a listing. No index of the store has that order, which
 * would take a tenth more memory of all entries: of large folders it is found in the columns, in one pass for each page,
 * 100 000 in some 10 ms. Null where that is needed and the columns are not filled yet, as soon after a start.
 */
export function childrenAfter(
  db: Sqlite,
  index: Index,
  share: number,
  folder: number,
  wanted: Wanted,
): Children | null {
  const after = wanted.after === null ? null : spotAt(wanted.after);
  const isLarge = db.query("SELECT 1 FROM entry WHERE share = ? AND parent = ? LIMIT 1 OFFSET ?");
  if (isLarge.one(share, folder, SORTED) === null) return sorted(db, share, folder, wanted, after);
  return index.isFull ? fromColumns(db, index.columns, folder, wanted, after) : null;
}

/** The rows of some ids, in their order. */
function rowsOf(db: Sqlite, ids: readonly number[]): Row[] {
  const query = db.query(`SELECT ${COLUMNS} FROM entry WHERE id IN (SELECT value FROM json_each(?))`);
  const rows = new Map<number, Row>();
  query.each((values) => {
    const row = toRow(values);
    rows.set(row.id, row);
  }, JSON.stringify(ids));
  return ids.flatMap((id) => rows.get(id) ?? []);
}

function sorted(db: Sqlite, share: number, folder: number, { most, has }: Wanted, after: Spot | null): Children {
  const query = db.query("SELECT id, kind, name FROM entry WHERE share = ? AND parent = ?");
  const found = query.all(share, folder) as [number, number, string][];
  const wanted = has === undefined ? found : found.filter(([id]) => has(id));
  const placed = wanted.map(([id, kind, name]) => ({ id, at: spot(kind, name) }));
  const behind = after === null ? placed : placed.filter(({ at }) => compareSpots(at, after) > 0);
  behind.sort((a, b) => compareSpots(a.at, b.at));
  const ids = behind.slice(0, most).map(({ id }) => id);
  return { rows: rowsOf(db, ids), count: wanted.length };
}

function fromColumns(
  db: Sqlite,
  columns: Columns,
  folder: number,
  { most, has }: Wanted,
  after: Spot | null,
): Children {
  columns.settle();
  const { parents, flags, ids, text, starts } = columns;
  const top = columns.find(folder);
  const kindOf = (at: number): number => (((flags[at] as number) & IS_FILE) === 0 ? 0 : 1);
  // Names that are alike but for case and marks are rare; only their rows tell them apart.
  const names = new Map<number, string>();
  const nameOf = (at: number): string => {
    const known = names.get(at);
    if (known !== undefined) return known;
    const name = findById(db, ids[at] as number)?.name ?? "";
    names.set(at, name);
    return name;
  };
  const compare = (a: number, b: number): number =>
    kindOf(a) - kindOf(b) ||
    compareFolded(text, starts[a] as number, text, starts[b] as number) ||
    compareBytes(nameOf(a), nameOf(b));
  const isBehind = (at: number, { kind, name, folded }: Spot): boolean =>
    (kindOf(at) - kind || compareFolded(text, starts[at] as number, folded, 0) || compareBytes(nameOf(at), name)) > 0;
  const first = new Smallest(most, compare);
  let count = 0;
  if (top === null) return { rows: [], count };
  // A folder comes before what is in it.
  for (let at = top + 1; at < columns.count; at++) {
    if (parents[at] !== top || ((flags[at] as number) & GONE) !== 0) continue;
    if (has !== undefined && !has(ids[at] as number)) continue;
    count++;
    if ((after === null || isBehind(at, after)) && first.takes(at)) first.offer(at);
  }
  const shown = first.list().map((at) => ids[at] as number);
  return { rows: rowsOf(db, shown), count };
}
