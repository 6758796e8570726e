import type { SqlValue } from "sql.js";
import type { Sqlite } from "./sqlite.ts";

export const FOLDER = 0;
export const FILE = 1;

/** A row of `entry`. */
export interface Row {
  readonly id: number;
  readonly kind: number;
  readonly name: string;
  readonly size: number;
  readonly mtime: number;
  readonly files: number;
  readonly root: Uint8Array | null;
  readonly inode: string | null;
  readonly ctime: number | null;
}

/** Columns of `Row`, in order. */
export const COLUMNS = "id, kind, name, size, mtime, files, root, inode, ctime";

export function toRow(values: SqlValue[]): Row {
  const [id, kind, name, size, mtime, files, root, inode, ctime] = values as [
    number,
    number,
    string,
    number,
    number,
    number,
    Uint8Array | null,
    string | null,
    number | null,
  ];
  return { id, kind, name, size, mtime, files, root, inode, ctime };
}

/** An entry by its folder and name. */
export function findChild(db: Sqlite, share: number, parent: number, name: string): Row | null {
  const sql = `SELECT ${COLUMNS} FROM entry WHERE share = ? AND parent = ? AND kind IN (0, 1) AND name = ?`;
  const values = db.query(sql).one(share, parent, name);
  return values === null ? null : toRow(values);
}

export function findById(db: Sqlite, id: number): Row | null {
  const values = db.query(`SELECT ${COLUMNS} FROM entry WHERE id = ?`).one(id);
  return values === null ? null : toRow(values);
}

/** The folder that an entry is in; 0 above a share's own folder. */
export function parentOf(db: Sqlite, id: number): number {
  return (db.query("SELECT parent FROM entry WHERE id = ?").one(id)?.[0] as number | undefined) ?? 0;
}

/** An entry by its path, component by component from the share's own folder. */
export function resolve(db: Sqlite, share: { id: number; root: number }, components: readonly string[]): Row | null {
  let at = findById(db, share.root);
  for (const name of components) {
    if (at === null || at.kind !== FOLDER) return null;
    at = findChild(db, share.id, at.id, name);
  }
  return at;
}
