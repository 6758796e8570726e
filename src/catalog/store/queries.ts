import type { Entry, EntryRef, Known, Page } from "../../shared/entry.ts";
import { GroupShareError } from "../../shared/errors.ts";
import { LIMITS } from "../../shared/limits.ts";
import { pathComponents } from "../../shared/paths.ts";
import { hexOf } from "../bytes.ts";
import { GONE } from "./columns.ts";
import type { Index } from "./index.ts";
import { lackingNow } from "./lacking-now.ts";
import { findList, findShare, type ShareRow, sharesOf, standingOf } from "./lists.ts";
import { type Sight, toEntry } from "./sight.ts";
import type { Sqlite } from "./sqlite.ts";
import { COLUMNS, FILE, FOLDER, findById, type Row, resolve, toRow } from "./tree.ts";
import { walkPage } from "./walk.ts";

/** A share as pages show it. */
export interface ShareInfo {
  readonly id: string;
  readonly name: string;
  readonly online: boolean;
  readonly files: number;
  readonly bytes: number;
  /** Of its folder, milliseconds since 1970; 0 where it is not known. */
  readonly mtime: number;
}

interface Found {
  readonly share: ShareRow;
  readonly row: Row;
}

function find(db: Sqlite, sight: Sight, { member, share: id, path }: EntryRef): Found | null {
  const list = sight.has(member) ? findList(db, member, true) : null;
  const share = list === null ? null : findShare(db, list.id, id);
  const components = pathComponents(path);
  if (share === null || "refused" in components) return null;
  const row = resolve(db, share, components);
  return row === null ? null : { share, row };
}

export const pageSize = (limit: number): number => Math.max(1, Math.min(Math.floor(limit) || 1, LIMITS.page));
export const below = (folder: string, name: string): string => (folder === "" ? name : `${folder}/${name}`);

function findFolder(db: Sqlite, sight: Sight, ref: EntryRef): Found {
  const found = find(db, sight, ref);
  if (found !== null && found.row.kind === FOLDER) return found;
  const what = `"${ref.path === "" ? ref.share : ref.path}"`;
  throw new GroupShareError("not-found", `Cannot list ${what}: no such folder is offered now`);
}

export function shares(db: Sqlite, sight: Sight, member: string): ShareInfo[] {
  const list = sight.has(member) ? findList(db, member, true) : null;
  if (list === null) return [];
  return sharesOf(db, list.id).map(({ share, name, online, root }) => {
    const { files, size, mtime } = findById(db, root) ?? { files: 0, size: 0, mtime: 0 };
    return { id: share, name, online, files, bytes: size, mtime };
  });
}

export function stat(db: Sqlite, sight: Sight, ref: EntryRef): Entry | null {
  const found = find(db, sight, ref);
  return found === null ? null : toEntry(found.share, ref.path, found.row);
}

/** Which part of a folder is wanted. */
export interface ListPage {
  /** `next` of the page before. */
  readonly after: string | null;
  readonly limit: number;
  /** Only what this member holds nowhere in its shares. */
  readonly lacking?: boolean;
}

/** A page of a folder: folders first, then files, each by the bytes of their names. */
export function list(
  db: Sqlite,
  sight: Sight,
  index: Index,
  ref: EntryRef,
  page: ListPage,
): Page<Entry> & { total: number } {
  const { share, row } = findFolder(db, sight, ref);
  const limit = pageSize(page.limit);
  const lacks = page.lacking === true ? lackingIn(db, sight, index, row.id) : null;
  const rows = childrenAfter(db, share.id, row.id, page.after, limit + 1, lacks?.has ?? null);
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const next = rows.length > limit && last !== undefined ? `${last.kind}${last.name}` : null;
  return {
    items: shown.map((child) => toEntry(share, below(ref.path, child.name), child)),
    next,
    total: lacks?.count ?? countChildren(db, share.id, row.id),
  };
}

export function countChildren(db: Sqlite, share: number, folder: number): number {
  const count = db.query("SELECT count(*) FROM entry WHERE share = ? AND parent = ?").one(share, folder);
  return (count?.[0] as number | undefined) ?? 0;
}

/** Up to `most` entries of a folder in order, after a cursor of kind and name; only those with ids that are `wanted`, if given. */
export function childrenAfter(
  db: Sqlite,
  share: number,
  folder: number,
  after: string | null,
  most: number,
  wanted: ((id: number) => boolean) | null,
): Row[] {
  const sql = `SELECT ${COLUMNS} FROM entry WHERE share = ? AND parent = ? AND (kind, name) > (?, ?) ORDER BY kind, name LIMIT ?`;
  const query = db.query(sql);
  const found: Row[] = [];
  let [kind, name] = [after?.startsWith("1") ? FILE : FOLDER, after?.slice(1) ?? ""];
  for (;;) {
    const rows = query.all(share, folder, kind, name, most).map(toRow);
    for (const row of rows) if (found.length < most && (wanted?.(row.id) ?? true)) found.push(row);
    const last = rows.at(-1);
    if (last === undefined || rows.length < most || found.length === most) return found;
    [kind, name] = [last.kind, last.name];
  }
}

/** Which entries of a folder this member lacks, and how many. The columns must have all rows. */
export function lackingIn(
  db: Sqlite,
  sight: Sight,
  index: Index,
  folder: number,
): { has(id: number): boolean; count: number } {
  const { columns } = index;
  columns.settle();
  const lacks = lackingNow(db, sight, index);
  const place = columns.find(folder);
  const { parents, flags } = columns;
  let count = 0;
  for (let at = 0; at < columns.count; at++) {
    if (parents[at] === place && lacks[at] === 1 && ((flags[at] as number) & GONE) === 0) count++;
  }
  return { has: (id) => lacks[columns.find(id) ?? -1] === 1, count };
}

/** A page of everything below a folder, depth first; nothing below a file. */
export function walk(db: Sqlite, sight: Sight, ref: EntryRef, after: string | null): Page<Entry> {
  const found = find(db, sight, ref);
  if (found === null || found.row.kind === FILE) return { items: [], next: null };
  const { items, next } = walkPage(db, found.share, { row: found.row, path: ref.path }, after, LIMITS.page);
  return { items: items.map(({ path, row }) => toEntry(found.share, path, row)), next };
}

/** A page of what is known of an own share, its own folder left out. */
export function known(db: Sqlite, member: string, id: string, after: string | null): Page<Known> {
  const list = findList(db, member, true);
  const share = list === null ? null : findShare(db, list.id, id);
  const row = share === null ? null : findById(db, share.root);
  if (share === null || row === null) return { items: [], next: null };
  const { items, next } = walkPage(db, share, { row, path: "" }, after, LIMITS.page);
  return { items: items.map(({ path, row }) => toKnown(path, row)), next };
}

function toKnown(path: string, { kind, size, mtime, root, inode, ctime }: Row): Known {
  return {
    path,
    kind: kind === FOLDER ? "folder" : "file",
    size: kind === FOLDER ? 0 : size,
    mtime,
    root: root === null ? null : hexOf(root),
    stat: inode === null || ctime === null ? null : { inode, ctime },
  };
}

/** Files and bytes of every list that is seen. */
export function totals(db: Sqlite, sight: Sight): Map<string, { files: number; bytes: number }> {
  return new Map(
    sight.lists(db).map((list) => {
      const { files, bytes } = standingOf(db, list);
      return [list.member, { files, bytes }];
    }),
  );
}
