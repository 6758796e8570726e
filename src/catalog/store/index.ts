import type { SqlValue } from "sql.js";
import { Columns, contentOf, type Indexed } from "./columns.ts";
import { Lacking } from "./lacking.ts";
import type { Sqlite } from "./sqlite.ts";

/** Rows read in one go while the columns are filled at start: some 8 ms. */
const RUN = 4_000;

/** What one change did to rows; told to the columns when its transaction is done. */
export type Move =
  | { readonly kind: "add"; readonly row: Indexed }
  | {
      readonly kind: "change";
      readonly id: number;
      readonly size: number;
      readonly mtime: number;
      readonly content: number;
    }
  /** An entry and all below it. */
  | { readonly kind: "remove"; readonly id: number }
  /** All below a folder. */
  | { readonly kind: "empty"; readonly id: number };

/** The columns beside the rows: filled from them piece by piece after a start, then kept with every batch. */
export class Index {
  readonly columns = new Columns();
  readonly lacking = new Lacking();
  #next = 1;
  /** Up to which id rows are in the columns; null when all are. */
  #filled: number | null = 0;

  /** Begins anew with the rows of a store. */
  reset(db: Sqlite): void {
    this.columns.clear();
    this.#filled = 0;
    this.#next = ((db.query("SELECT max(id) FROM entry").one()?.[0] as number | null) ?? 0) + 1;
  }

  /** The id of a new row, above all before. */
  id(): number {
    return this.#next++;
  }

  get isFull(): boolean {
    return this.#filled === null;
  }

  /** Reads some more rows. Whether there may be others. */
  fill(db: Sqlite): boolean {
    if (this.#filled === null) return false;
    // Of a root as little as is needed, and not as bytes: each would be a buffer of its own.
    const sql = `SELECT id, share, parent, kind, name, size, mtime, hex(substr(root, 1, 6)) FROM entry
      WHERE id > ? ORDER BY id LIMIT ?`;
    let rows = 0;
    const add = ([id, share, parent, kind, name, size, mtime, root]: SqlValue[]): void => {
      const content = contentOf(root as string);
      this.columns.add({ id, share, parent, kind, name, size, mtime, content } as unknown as Indexed);
      this.#filled = id as number;
      rows++;
    };
    db.query(sql).each(add, this.#filled, RUN);
    if (rows < RUN) this.#filled = null;
    return this.#filled !== null;
  }

  /** Takes in what a transaction did. Rows that were not read yet are read as they are by then. */
  moved(moves: readonly Move[]): void {
    const { columns } = this;
    for (const move of moves) {
      if (move.kind === "change") columns.change(move.id, move.size, move.mtime, move.content);
      else if (move.kind === "remove") columns.remove(move.id);
      else if (move.kind === "empty") columns.removeBelow(move.id);
      else if (this.#filled === null) columns.add(move.row);
    }
  }
}
