import { decode, encode } from "@msgpack/msgpack";
import type { Entry, Page } from "../../shared/entry.ts";
import { LIMITS } from "../../shared/limits.ts";
import { utf8Length } from "../../shared/names.ts";
import { bytesOf, hexOf } from "../bytes.ts";
import { checkChange, type ListChange } from "../core/change.ts";
import { isWholeValue } from "../core/shape.ts";
import { compareSpots, spot, spotAt } from "../order.ts";
import type { ShareInfo } from "../store/queries.ts";

/*
 * What one member asks of another whose list it does not keep, when somebody opens a folder of it:
 *
 * `GET /v1/folder`                                    its shares: a msgpack array of at most 1 000 share maps
 * `GET /v1/folder/{share id}?path=P&after=C&limit=N`  a map {entry, items: array of entry maps, next: str or nil, total: int};
 *                                                     with limit 0 the entry alone. 404 where nothing is offered there.
 *
 * Share  {b: bytes, f: files, m: mtime of its folder, n: name, o: online, s: share id, bin of 8}
 * Entry  {f: files below, k: "d" or "f", m: mtime, n: name, z: size, r: root, bin of 32, or not there, o: false in an `entry`
 *        whose share is offline, or not there}
 *
 * Items come folders first ("0"), then files ("1"), each as `compareFolded` orders names, every name once; a cursor is the
 * kind's digit and the name of the last item given. Keys are sorted; unknown ones are passed over; keys are only added.
 * A page is the answering member's word and is not signed: bytes are proven by their root when they are fetched, as ever.
 */

/** One page of a folder, and the folder itself. A file has no items. */
export interface FolderPage extends Page<Entry> {
  readonly entry: Entry;
  /** Entries of the folder, on all pages. */
  readonly total: number;
}

/** Which part of a folder was asked for. */
export interface Asked {
  readonly share: string;
  readonly path: string;
  /** `next` of the page before. */
  readonly after: string | null;
  /** Items at most; 0 for the entry alone. */
  readonly limit: number;
}

/** Levels of an answer that anything to come may need. */
const MAX_DEPTH = 6;
/** Shares of one member that are told and read. */
const MAX_SHARES = 1_000;
/** A cursor holds a name and some. */
const MAX_CURSOR = 1_024;

export function encodeShares(shares: readonly ShareInfo[]): Uint8Array {
  const maps = shares.slice(0, MAX_SHARES).map(({ id, name, online, files, bytes, mtime }) => ({
    b: bytes,
    f: files,
    m: mtime,
    n: name,
    o: online,
    s: bytesOf(id),
  }));
  return encode(maps, { sortKeys: true });
}

export function encodePage({ entry, items, next, total }: FolderPage): Uint8Array {
  const folder = entry.offline === true ? { ...toMap(entry), o: false } : toMap(entry);
  return encode({ entry: folder, items: items.map(toMap), next, total }, { sortKeys: true });
}

function toMap({ name, kind, size, mtime, root, files }: Entry): Record<string, unknown> {
  const map = { f: files, k: kind === "folder" ? "d" : "f", m: mtime, n: name, z: size };
  return root === null ? map : { ...map, r: bytesOf(root) };
}

/** Bytes that an answer of so many items may take: an entry has some 400 at most, the rest is for keys to come. */
export const longestPage = (limit: number): number => Math.min(16_384 + limit * 1_024, LIMITS.segment);

/** The shares that could be read, each id and each name once; null where the answer is none. Total. */
export function decodeShares(bytes: Uint8Array): ShareInfo[] | null {
  const value = read(bytes);
  if (!Array.isArray(value) || value.length > MAX_SHARES) return null;
  const taken = new Set<string>();
  return value.flatMap((item: unknown) => {
    const { b, f, m, n, o, s } = asMap(item);
    if (typeof n !== "string" || typeof o !== "boolean" || !(s instanceof Uint8Array)) return [];
    const [id, files, size] = [hexOf(s), count(f), count(b)];
    const mtime = typeof m === "number" ? m : 0;
    const refused =
      "refused" in checkChange({ kind: "share", share: id, name: n, online: o }) ||
      "refused" in checkChange({ kind: "folder", share: id, path: "", mtime });
    // No id holds a space, and no name begins with one.
    if (refused || files === null || size === null || taken.has(id) || taken.has(` ${n}`)) return [];
    taken.add(id).add(` ${n}`);
    return [{ id, name: n, online: o, files, bytes: size, mtime }];
  });
}

/**
 * A page of what is at `path` of a share; entries that no list could have are left out. null where it is none: also where
 * it has more than was asked for, names that are not in their order, or a `next` that leads nowhere. Total.
 */
export function decodePage(bytes: Uint8Array, { share, path, after, limit }: Asked): FolderPage | null {
  const { entry, items, next, total } = asMap(read(bytes));
  const presence = asMap(entry).o === false ? { offline: true as const } : {};
  const folder = toFolder(entry, share, path);
  const all = count(total);
  if (folder === null || all === null || !Array.isArray(items)) return null;
  if (items.length > (folder.kind === "file" ? 0 : limit)) return null;
  const room = LIMITS.path - (path === "" ? 0 : utf8Length(path) + 1);
  const found: Entry[] = [];
  const names = new Set<string>();
  let last = after === null ? null : spotAt(after);
  for (const item of items) {
    const child = toEntry(item, share, room);
    if (child === null) continue;
    const here = spot(child.kind === "folder" ? 0 : 1, child.name);
    if (names.has(child.name) || (last !== null && compareSpots(last, here) >= 0)) return null;
    names.add(child.name);
    last = here;
    found.push({ ...child, path: path === "" ? child.name : `${path}/${child.name}`, ...presence });
  }
  if (next !== null) {
    if (typeof next !== "string" || next.length > MAX_CURSOR || found.length === 0 || last === null) return null;
    if (compareSpots(last, spotAt(next)) > 0) return null;
  }
  return { entry: { ...folder, ...presence }, items: found, next, total: all };
}

/** What was asked for itself: a share's own folder is called as the share is, anything else by the last of its path. */
function toFolder(value: unknown, share: string, path: string): Entry | null {
  const { n } = asMap(value);
  if (typeof n !== "string") return null;
  const named = path === "" ? { kind: "share" as const, share, name: n, online: true } : null;
  if (named !== null && "refused" in checkChange(named)) return null;
  const name = path === "" ? n : path.slice(path.lastIndexOf("/") + 1);
  return checked(value, share, path, name);
}

/** An entry of a share's own folder, where its name has no more than so many bytes. */
function toEntry(value: unknown, share: string, room: number): Entry | null {
  const { n } = asMap(value);
  if (typeof n !== "string" || n === "" || n.length > room || n.includes("/")) return null;
  const entry = checked(value, share, n, n);
  return entry === null || utf8Length(n) > room ? null : entry;
}

/** The entry at a path, as a list could have it; null where none could. */
function checked(value: unknown, share: string, path: string, name: string): Entry | null {
  const { f, k, m, z, r } = asMap(value);
  const [files, size] = [count(f), count(z)];
  if (typeof m !== "number" || files === null || size === null) return null;
  const root = r instanceof Uint8Array ? hexOf(r) : null;
  const kind = k === "d" ? "folder" : k === "f" ? "file" : null;
  if (kind === null) return null;
  const change: ListChange =
    kind === "folder" ? { kind, share, path, mtime: m } : { kind, share, path, size, mtime: m, root };
  if ("refused" in checkChange(change)) return null;
  return { name, path, kind, size, mtime: m, root: kind === "file" ? root : null, files };
}

function read(bytes: Uint8Array): unknown {
  if (!isWholeValue(bytes, MAX_DEPTH)) return null;
  try {
    return decode(bytes);
  } catch {
    return null;
  }
}

const asMap = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

const count = (value: unknown): number | null =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null;
