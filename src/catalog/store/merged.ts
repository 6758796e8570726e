import type { EntryRef } from "../../shared/entry.ts";
import { GroupShareError } from "../../shared/errors.ts";
import { pathComponents } from "../../shared/paths.ts";
import { hexOf } from "../bytes.ts";
import { cursorAt, inOrder } from "../order.ts";
import { type Children, childrenAfter } from "./children.ts";
import type { Index } from "./index.ts";
import { type ShareRow, sharesOf } from "./lists.ts";
import { below, type ListPage, lackingIn, pageSize } from "./queries.ts";
import type { Sight } from "./sight.ts";
import type { Sqlite } from "./sqlite.ts";
import { FILE, FOLDER, findById, type Row, resolve } from "./tree.ts";

/** One content under a path of the group's tree, and all places where that path has it. */
export interface Version {
  readonly size: number;
  /** The latest of its places. */
  readonly mtime: number;
  readonly root: string | null;
  /** Those whose share is there first. */
  readonly places: readonly EntryRef[];
  /** No share that has it can be read just now. */
  readonly offline?: true;
}

/** What one path of the group's tree holds, whoever has it. */
export interface Merged {
  readonly name: string;
  /** Below the share; "" is the share itself. */
  readonly path: string;
  readonly kind: "file" | "folder";
  /** Of a file's newest version; of a folder, all that its holders have in it together. */
  readonly size: number;
  readonly files: number;
  /** The latest of all places. */
  readonly mtime: number;
  /** Of a folder, where it is, those whose share is there first. */
  readonly places: readonly EntryRef[];
  /** Of a file, its contents, the newest first: what is not hashed yet is one by size and mtime. */
  readonly versions: readonly Version[];
  /** Of a folder, no share that has it can be read just now; of a file, none that has the newest version. */
  readonly offline?: true;
  /** Of a file: a folder has its path, too, and is what the path leads to. */
  readonly shadowed?: true;
}

export interface MergedPage {
  readonly folder: Merged;
  readonly items: readonly Merged[];
  readonly next: string | null;
  readonly total: number;
  /** There may be more than `total`: a large folder's entries are not counted over all of its holders. */
  readonly atLeast: boolean;
}

/** Entries of a folder, over all of its holders, up to which those of one name are counted once. */
const COUNTED = 4_000;

interface Place {
  readonly member: string;
  readonly share: ShareRow;
}

interface Copy extends Place {
  readonly row: Row;
}

/** Shares of one name, the first of each member that is seen. */
function placesOf(db: Sqlite, sight: Sight, name: string): Place[] {
  return sight.lists(db).flatMap(({ id, member }) => {
    const share = sharesOf(db, id).find((share) => share.name === name);
    return share === undefined ? [] : [{ member, share }];
  });
}

/** All shares, those of one name as one. */
export function shares(db: Sqlite, sight: Sight): Merged[] {
  const byName = new Map<string, Copy[]>();
  for (const { id, member } of sight.lists(db)) {
    for (const share of sharesOf(db, id)) {
      const row = findById(db, share.root);
      const copies = byName.get(share.name) ?? [];
      if (row === null || copies.some((copy) => copy.member === member)) continue;
      byName.set(share.name, [...copies, { member, share, row }]);
    }
  }
  const ordered = inOrder([...byName], ([name]) => ({ kind: FOLDER, name }));
  return ordered.map(([name, copies]) => merge(name, "", copies));
}

/** What a path of the merged tree is: a folder, where any has one there. Null where there is none. */
export function stat(db: Sqlite, sight: Sight, share: string, path: string): Merged | null {
  const copies = copiesOf(db, sight, share, path);
  const folders = copies.filter(({ row }) => row.kind === FOLDER);
  const chosen = folders.length > 0 ? folders : copies;
  return chosen.length === 0 ? null : merge(path === "" ? share : (path.split("/").at(-1) ?? ""), path, chosen);
}

function copiesOf(db: Sqlite, sight: Sight, share: string, path: string): Copy[] {
  const components = pathComponents(path);
  if ("refused" in components) return [];
  return placesOf(db, sight, share).flatMap((place) => {
    const row = resolve(db, place.share, components);
    return row === null ? [] : [{ ...place, row }];
  });
}

/** A page of a merged folder: folders first, then files, each as people order names. Null as of `childrenAfter`. */
export function list(
  db: Sqlite,
  sight: Sight,
  index: Index,
  share: string,
  path: string,
  page: ListPage,
): MergedPage | null {
  const folder = stat(db, sight, share, path);
  const copies = copiesOf(db, sight, share, path).filter(({ row }) => row.kind === FOLDER);
  if (folder === null || copies.length === 0) {
    throw new GroupShareError("not-found", `Cannot list "@all/${below(share, path)}": no such folder is offered now`);
  }
  const limit = pageSize(page.limit);
  const wanted = { after: page.after, most: limit + 1 };
  const lacking = page.lacking === true ? { has: lackingIn(db, sight, index) } : {};
  const runs: Children[] = [];
  for (const { share, row } of copies) {
    const run = childrenAfter(db, index, share.id, row.id, { ...wanted, ...lacking });
    if (run === null) return null;
    runs.push(run);
  }
  const groups = groupsOf(runs.flatMap(({ rows }, at) => rows.map((row): Copy => ({ ...(copies[at] as Copy), row }))));
  const shown = groups.slice(0, limit);
  const folders = foldersNamed(db, copies, namesOfFiles(shown));
  const items = shown.map((group) => {
    const { name, kind } = (group[0] as Copy).row;
    const item = merge(name, below(path, name), group);
    return kind === FILE && folders.has(name) ? { ...item, shadowed: true as const } : item;
  });
  const last = shown.at(-1)?.[0]?.row;
  const next = groups.length > limit && last !== undefined ? cursorAt(last) : null;
  if (page.after === null && next === null) return { folder, items, next, total: items.length, atLeast: false };
  const counts = runs.map(({ count }) => count);
  return { folder, items, next, ...countOf(db, copies, counts, page.lacking === true) };
}

const namesOfFiles = (groups: readonly (readonly Copy[])[]): string[] =>
  groups.flatMap(([copy]) => (copy?.row.kind === FILE ? [copy.row.name] : []));

/** Those of the names that are a folder's with anyone. One member alone has no name twice. */
function foldersNamed(db: Sqlite, copies: readonly Copy[], names: readonly string[]): Set<string> {
  if (copies.length < 2 || names.length === 0) return new Set();
  const query = db.query(`SELECT name FROM entry WHERE share = ? AND parent = ? AND kind = ${FOLDER}
    AND name IN (SELECT value FROM json_each(?))`);
  const list = JSON.stringify(names);
  return new Set(copies.flatMap(({ share, row }) => query.all(share.id, row.id, list).map(([name]) => name as string)));
}

/** Entries of one name and kind together, in the order of a listing. */
function groupsOf(copies: readonly Copy[]): Copy[][] {
  const groups = new Map<string, Copy[]>();
  for (const copy of copies) {
    const key = `${copy.row.kind}${copy.row.name}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [copy]);
    else group.push(copy);
  }
  return inOrder([...groups.values()], ([copy]) => (copy as Copy).row);
}

function countOf(
  db: Sqlite,
  copies: readonly Copy[],
  counts: readonly number[],
  lacking: boolean,
): { total: number; atLeast: boolean } {
  const largest = Math.max(0, ...counts);
  if (copies.length === 1) return { total: largest, atLeast: false };
  if (lacking || counts.reduce((sum, count) => sum + count, 0) > COUNTED) return { total: largest, atLeast: true };
  const names = new Set<string>();
  const query = db.query("SELECT kind, name FROM entry WHERE share = ? AND parent = ?");
  for (const { share, row } of copies)
    for (const [kind, name] of query.all(share.id, row.id)) names.add(`${kind}${name}`);
  return { total: names.size, atLeast: false };
}

function merge(name: string, path: string, all: readonly Copy[]): Merged {
  const copies = all.toSorted((a, b) => Number(b.share.online) - Number(a.share.online));
  const kind = (copies[0] as Copy).row.kind;
  const places = copies.map(({ member, share }): EntryRef => ({ member, share: share.share, path }));
  const mtime = Math.max(...copies.map(({ row }) => row.mtime));
  if (kind === FILE) {
    const versions = versionsOf(copies, path);
    const [newest] = versions;
    const file = { name, path, kind: "file" as const, size: newest?.size ?? 0, files: 1, mtime, places, versions };
    return newest?.offline === true ? { ...file, offline: true } : file;
  }
  const size = copies.reduce((sum, { row }) => sum + row.size, 0);
  const files = copies.reduce((sum, { row }) => sum + row.files, 0);
  return { name, path, kind: "folder", size, files, mtime, places, versions: [], ...presenceOf(copies) };
}

function versionsOf(copies: readonly Copy[], path: string): Version[] {
  const byContent = new Map<string, Copy[]>();
  for (const copy of copies) {
    const { root, size, mtime } = copy.row;
    const key = root !== null ? `${hexOf(root)} ${size}` : size === 0 ? "empty" : `${size} at ${mtime}`;
    byContent.set(key, [...(byContent.get(key) ?? []), copy]);
  }
  const versions = [...byContent.values()].map((same): Version => {
    const { size, root } = (same[0] as Copy).row;
    return {
      size,
      mtime: Math.max(...same.map(({ row }) => row.mtime)),
      root: root === null ? null : hexOf(root),
      places: same.map(({ member, share }) => ({ member, share: share.share, path })),
      ...presenceOf(same),
    };
  });
  return versions.sort(
    (a, b) => b.mtime - a.mtime || b.places.length - a.places.length || (orderOf(a) < orderOf(b) ? -1 : 1),
  );
}

const presenceOf = (copies: readonly Copy[]): { offline?: true } =>
  copies.some(({ share }) => share.online) ? {} : { offline: true };

/** Whoever asks sees versions that are alike in the same order. */
const orderOf = ({ root, size, places }: Version): string => `${root} ${size} ${places[0]?.member}`;
