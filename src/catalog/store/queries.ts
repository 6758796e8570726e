import type { Entry, EntryRef, Known, Page } from "../../shared/entry.ts";
import { GroupShareError } from "../../shared/errors.ts";
import { LIMITS } from "../../shared/limits.ts";
import { pathComponents } from "../../shared/paths.ts";
import { hexOf } from "../bytes.ts";
import { findList, findShare, type List, type ShareRow, sharesOf, standingOf } from "./lists.ts";
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
}

/** Whose lists are seen: own and those of members that are here. Everyone else's stay in the store, unseen. */
export class Sight {
  #members: ReadonlySet<string> = new Set();

  show(members: Iterable<string>): void {
    this.#members = new Set(members);
  }

  has(member: string): boolean {
    return this.#members.has(member);
  }

  lists(db: Sqlite): List[] {
    return [...this.#members].map((member) => findList(db, member, true)).filter((list) => list !== null);
  }
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

function toEntry(share: ShareRow, path: string, { kind, name, size, mtime, files, root }: Row): Entry {
  return {
    name: path === "" ? share.name : name,
    path,
    kind: kind === FOLDER ? "folder" : "file",
    size,
    mtime,
    root: root === null ? null : hexOf(root),
    files,
  };
}

const pageSize = (limit: number): number => Math.max(1, Math.min(Math.floor(limit) || 1, LIMITS.page));
const below = (folder: string, name: string): string => (folder === "" ? name : `${folder}/${name}`);

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
    const { files, size } = findById(db, root) ?? { files: 0, size: 0 };
    return { id: share, name, online, files, bytes: size };
  });
}

export function stat(db: Sqlite, sight: Sight, ref: EntryRef): Entry | null {
  const found = find(db, sight, ref);
  return found === null ? null : toEntry(found.share, ref.path, found.row);
}

/** A page of a folder: folders first, then files, each by the bytes of their names. */
export function list(
  db: Sqlite,
  sight: Sight,
  ref: EntryRef,
  page: { after: string | null; limit: number },
): Page<Entry> & { total: number } {
  const { share, row } = findFolder(db, sight, ref);
  const limit = pageSize(page.limit);
  const kind = page.after?.startsWith("1") ? FILE : FOLDER;
  const sql = `SELECT ${COLUMNS} FROM entry WHERE share = ? AND parent = ? AND (kind, name) > (?, ?) ORDER BY kind, name LIMIT ?`;
  const rows = db
    .query(sql)
    .all(share.id, row.id, kind, page.after?.slice(1) ?? "", limit + 1)
    .map(toRow);
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const count = db.query("SELECT count(*) FROM entry WHERE share = ? AND parent = ?").one(share.id, row.id);
  return {
    items: shown.map((child) => toEntry(share, below(ref.path, child.name), child)),
    next: rows.length > limit && last !== undefined ? `${last.kind}${last.name}` : null,
    total: (count?.[0] as number | undefined) ?? 0,
  };
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
