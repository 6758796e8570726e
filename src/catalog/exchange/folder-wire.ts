import { decode, encode } from "@msgpack/msgpack";
import type { Entry, Page } from "../../shared/entry.ts";
import { bytesOf, hexOf } from "../bytes.ts";
import { checkChange, type ListChange } from "../core/change.ts";
import { isWholeValue } from "../core/shape.ts";
import type { ShareInfo } from "../store/queries.ts";

/*
 * What one member asks of another whose list it does not keep, when somebody opens a folder of it:
 *
 * `GET /v1/folder`                                    its shares: a msgpack array of share maps
 * `GET /v1/folder/{share id}?path=P&after=C&limit=N`  a map {entry, items: array of entry maps, next: str or nil, total: int};
 *                                                     with limit 0 the entry alone. 404 where nothing is offered there.
 *
 * Share  {b: bytes, f: files, n: name, o: online, s: share id, bin of 8}
 * Entry  {f: files below, k: "d" or "f", m: mtime, n: name, z: size, r: root, bin of 32, or not there}
 *
 * Keys are sorted; unknown ones are passed over; keys are only added. A page is the answering member's word and is not
 * signed: bytes are proven by their root when they are fetched, as ever.
 */

/** One page of a folder, and the folder itself. A file has no items. */
export interface FolderPage extends Page<Entry> {
  readonly entry: Entry;
  /** Entries of the folder, on all pages. */
  readonly total: number;
}

/** Levels of an answer that anything to come may need. */
const MAX_DEPTH = 6;
/** A cursor holds a name and some. */
const MAX_CURSOR = 1_024;

export function encodeShares(shares: readonly ShareInfo[]): Uint8Array {
  const maps = shares.map(({ id, name, online, files, bytes }) => ({
    b: bytes,
    f: files,
    n: name,
    o: online,
    s: bytesOf(id),
  }));
  return encode(maps, { sortKeys: true });
}

export function encodePage({ entry, items, next, total }: FolderPage): Uint8Array {
  return encode({ entry: toMap(entry), items: items.map(toMap), next, total }, { sortKeys: true });
}

function toMap({ name, kind, size, mtime, root, files }: Entry): Record<string, unknown> {
  const map = { f: files, k: kind === "folder" ? "d" : "f", m: mtime, n: name, z: size };
  return root === null ? map : { ...map, r: bytesOf(root) };
}

/** The shares that could be read; null where the answer is none. Total. */
export function decodeShares(bytes: Uint8Array): ShareInfo[] | null {
  const value = read(bytes);
  if (!Array.isArray(value)) return null;
  return value.flatMap((item: unknown) => {
    const { b, f, n, o, s } = asMap(item);
    if (typeof n !== "string" || typeof o !== "boolean" || !(s instanceof Uint8Array)) return [];
    const [id, files, size] = [hexOf(s), count(f), count(b)];
    const refused = "refused" in checkChange({ kind: "share", share: id, name: n, online: o });
    return refused || files === null || size === null ? [] : [{ id, name: n, online: o, files, bytes: size }];
  });
}

/** A page of what is at `path` of a share; entries that no list could have are left out. null where it is none. Total. */
export function decodePage(bytes: Uint8Array, share: string, path: string): FolderPage | null {
  const { entry, items, next, total } = asMap(read(bytes));
  const folder = toEntry(entry, share, path);
  const all = count(total);
  if (folder === null || all === null || !Array.isArray(items)) return null;
  if (next !== null && (typeof next !== "string" || next.length > MAX_CURSOR || items.length === 0)) return null;
  const found = items.flatMap((item: unknown) => {
    const { n } = asMap(item);
    if (typeof n !== "string" || n === "" || n.includes("/")) return [];
    return toEntry(item, share, path === "" ? n : `${path}/${n}`) ?? [];
  });
  return { entry: folder, items: found, next, total: all };
}

/** The name of an entry is the last of its path's, but for a share's own folder, which is called as the share is. */
function toEntry(value: unknown, share: string, path: string): Entry | null {
  const { f, k, m, n, z, r } = asMap(value);
  const [files, size] = [count(f), count(z)];
  if (typeof m !== "number" || typeof n !== "string" || files === null || size === null) return null;
  const root = r instanceof Uint8Array ? hexOf(r) : null;
  const kind = k === "d" ? "folder" : k === "f" ? "file" : null;
  if (kind === null) return null;
  const change: ListChange =
    kind === "folder" ? { kind, share, path, mtime: m } : { kind, share, path, size, mtime: m, root };
  if ("refused" in checkChange(change)) return null;
  const name = path === "" ? n : path.slice(path.lastIndexOf("/") + 1);
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
