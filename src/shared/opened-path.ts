import type { BigIntStats } from "node:fs";
import { type FileHandle, lstat, readlink, realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * The real path of an open file: where it is, whatever the path that it was opened by leads to by now. So a link that was
 * swapped in meanwhile is found out. `path`: the one it was opened by. null where it cannot be told, or the file is
 * another one than at that place.
 */
export async function openedPath(handle: FileHandle, path: string): Promise<string | null> {
  const stats = await handle.stat({ bigint: true });
  return (await pathOfHandle(handle, stats)) ?? (await pathOfInode(path, stats));
}

/** As Linux itself says; null elsewhere, or when the file is deleted. */
async function pathOfHandle(handle: FileHandle, open: BigIntStats): Promise<string | null> {
  const link = `/proc/self/fd/${handle.fd}`;
  try {
    const path = await readlink(link);
    if (!path.startsWith("/") || path.endsWith(" (deleted)")) return null;
    // A runtime may number files in its own way: then the number is another file's.
    return isSame(await stat(link, { bigint: true }), open) ? path : null;
  } catch {
    return null;
  }
}

/** The real path of the open file, having seen no link on it and the same file at its end; null where that fails. */
async function pathOfInode(path: string, open: BigIntStats): Promise<string | null> {
  const real = await realpath(path);
  const last = await lstat(real, { bigint: true });
  for (let folder = dirname(real); ; folder = dirname(folder)) {
    if (!(await lstat(folder)).isDirectory()) return null;
    if (folder === dirname(folder)) break;
  }
  const again = await lstat(real, { bigint: true });
  return isSame(last, open) && isSame(again, open) && (await realpath(path)) === real ? real : null;
}

const isSame = (a: BigIntStats, b: BigIntStats): boolean => a.dev === b.dev && a.ino === b.ino;
