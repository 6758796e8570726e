import type { Entry, EntryRef, Known, Page } from "../../shared/entry.ts";
import { GroupShareError } from "../../shared/errors.ts";
import { LIMITS } from "../../shared/limits.ts";
import { pathComponents } from "../../shared/paths.ts";
import { hexOf } from "../bytes.ts";
import { cursorAt, inOrder } from "../order.ts";
import { childrenAfter } from "./children.ts";
import type { Index } from "./index.ts";
import { lackingNow } from "./lacking-now.ts";
import { findList, findShare, type ShareRow, sharesOf, standingOf } from "./lists.ts";
import { type Sight, toEntry } from "./sight.ts";
import type { Sqlite } from "./sqlite.ts";
import { FILE, FOLDER, findById, type Row, resolve } from "./tree.ts";
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
  return inOrder(sharesOf(db, list.id), ({ name }) => ({ kind: FOLDER, name })).map(({ share, name, online, root }) => {
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

/** A page of a folder: folders first, then files, each as people order names. Null as of `childrenAfter`. */
export function list(
  db: Sqlite,
  sight: Sight,
  index: Index,
  ref: EntryRef,
  page: ListPage,
): (Page<Entry> & { total: number }) | null {
  const { share, row } = findFolder(db, sight, ref);
  const limit = pageSize(page.limit);
  const wanted = { after: page.after, most: limit + 1 };
  const lacking = page.lacking === true ? { has: lackingIn(db, sight, index) } : {};
  const children = childrenAfter(db, index, share.id, row.id, { ...wanted, ...lacking });
  if (children === null) return null;
  const { rows, count } = children;
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map((child) => toEntry(share, below(ref.path, child.name), child)),
    next: rows.length > limit && last !== undefined ? cursorAt(last) : null,
    total: count,
  };
}

/** Tells of entries, by their ids, whether this member lacks them. The columns must have all rows. */
export function lackingIn(db: Sqlite, sight: Sight, index: Index): (id: number) => boolean {
  const { columns } = index;
  columns.settle();
  const lacks = lackingNow(db, sight, index);
  return (id) => lacks[columns.find(id) ?? -1] === 1;
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
