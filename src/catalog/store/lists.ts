import type { SqlValue } from "sql.js";
import type { Sqlite } from "./sqlite.ts";

/** A row of `list`. */
export interface List {
  readonly id: number;
  readonly member: string;
  readonly epoch: string;
  readonly sequence: number;
  readonly changes: number;
  readonly peak: number;
  /** When the member was last here, milliseconds since 1970; 0 where that was not noted. */
  readonly seen: number;
}

/** A row of `share`. */
export interface ShareRow {
  readonly id: number;
  readonly share: string;
  readonly name: string;
  readonly online: boolean;
  readonly root: number;
}

/** Where a list stands, and what is in it. */
export interface ListStanding {
  readonly member: string;
  readonly epoch: string;
  readonly sequence: number;
  /** Files and folders, shares' own folders among them. */
  readonly entries: number;
  readonly files: number;
  readonly bytes: number;
  /** Changes applied in this epoch. */
  readonly changes: number;
}

const LIST = "id, member, epoch, sequence, changes, peak, seen";
const SHARE = "id, share, name, online, root";

const toList = ([id, member, epoch, sequence, changes, peak, seen]: SqlValue[]): List =>
  ({ id, member, epoch, sequence, changes, peak, seen }) as List;

const toShare = ([id, share, name, online, root]: SqlValue[]): ShareRow =>
  ({ id, share, name, online: online === 1, root }) as ShareRow;

export function liveLists(db: Sqlite): List[] {
  return db.query(`SELECT ${LIST} FROM list WHERE live = 1 ORDER BY member`).all().map(toList);
}

/** A member's list: the live one, or the one being collected. */
export function findList(db: Sqlite, member: string, live: boolean): List | null {
  const values = db.query(`SELECT ${LIST} FROM list WHERE member = ? AND live = ?`).one(member, live ? 1 : 0);
  return values === null ? null : toList(values);
}

export function makeList(db: Sqlite, member: string, epoch: string, live: boolean): List {
  const sql = `INSERT INTO list (member, epoch, sequence, live, changes, peak) VALUES (?, ?, 0, ?, 0, 0) RETURNING ${LIST}`;
  return toList(db.query(sql).one(member, epoch, live ? 1 : 0) ?? []);
}

/** Notes that members are here now, and of all lists of which nothing is known yet that their time begins. */
export function noteSeen(db: Sqlite, members: readonly string[], now: number): void {
  db.query("UPDATE list SET seen = ? WHERE live = 1 AND seen = 0").run(now);
  for (const member of members) db.query("UPDATE list SET seen = ? WHERE live = 1 AND member = ?").run(now, member);
}

/** Takes a list out of sight; its entries are swept later. */
export function dropList(db: Sqlite, list: number): void {
  db.query("UPDATE share SET list = 0 WHERE list = ?").run(list);
  db.query("DELETE FROM list WHERE id = ?").run(list);
}

export function sharesOf(db: Sqlite, list: number): ShareRow[] {
  return db.query(`SELECT ${SHARE} FROM share WHERE list = ? ORDER BY name, share`).all(list).map(toShare);
}

export function findShare(db: Sqlite, list: number, share: string): ShareRow | null {
  const values = db.query(`SELECT ${SHARE} FROM share WHERE list = ? AND share = ? AND list > 0`).one(list, share);
  return values === null ? null : toShare(values);
}

/** Entries of all lists that are shown or being collected. */
export function countEntries(db: Sqlite): number {
  return db.query("SELECT coalesce(sum(entries), 0) FROM share WHERE list > 0").one()?.[0] as number;
}

export function standingOf(db: Sqlite, list: List): ListStanding {
  const sql = `SELECT coalesce(sum(share.entries), 0), coalesce(sum(entry.files), 0), coalesce(sum(entry.size), 0)
    FROM share JOIN entry ON entry.id = share.root WHERE share.list = ?`;
  const [entries, files, bytes] = db.query(sql).one(list.id) as [number, number, number];
  const { member, epoch, sequence, changes } = list;
  return { member, epoch, sequence, entries, files, bytes, changes };
}

/** Deletes up to `count` entries that belong to nobody any more. Whether there may be more; a share that is empty by then is `done`. */
export function sweep(db: Sqlite, count: number, done: (share: number) => void): boolean {
  const share = db.query("SELECT id FROM share WHERE list = 0 LIMIT 1").one()?.[0];
  if (share === undefined || share === null) return false;
  db.query("DELETE FROM entry WHERE id IN (SELECT id FROM entry WHERE share = ? LIMIT ?)").run(share, count);
  if (db.changed() < count) {
    db.query("DELETE FROM share WHERE id = ?").run(share);
    done(share as number);
  }
  return true;
}
