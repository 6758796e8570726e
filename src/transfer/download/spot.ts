import { type BigIntStats, constants } from "node:fs";
import { link, lstat, open, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { GroupShareError, systemCode } from "../../shared/errors.ts";
import { diskTime, fileTime } from "../../shared/file-time.ts";
import { syncFolder } from "../../shared/folders.ts";
import { numbered } from "../core/names.ts";
import { hashOpened } from "../gentle-hasher.ts";
import type { Wanted } from "../sources.ts";
import { targetError } from "./target-error.ts";

/** How often a name is numbered before it is given up. */
const MOST = 999;
/** What `link` answers where a disk has no hard links. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV", "EACCES", "UNKNOWN"]);

export type Version = Pick<Wanted, "size" | "mtime" | "root">;

/** How to recognise that a file that is there already is the one that is wanted. */
export interface Recognise {
  /** The download was here before and sets times: same size and time will do. */
  readonly trustTime: boolean;
  readonly signal: AbortSignal;
}

/**
 * Whether the file at this path has the wanted content; null where nothing is there. Without a root to compare with,
 * size and time decide, as they do for rsync.
 */
async function isSame(path: string, wanted: Version, { trustTime, signal }: Recognise): Promise<boolean | null> {
  let found: BigIntStats;
  try {
    found = await lstat(path, { bigint: true });
  } catch (thrown) {
    if (systemCode(thrown) === "ENOENT") return null;
    throw targetError(path, thrown);
  }
  if (!found.isFile() || Number(found.size) !== wanted.size) return false;
  if (wanted.size === 0) return true;
  const sameTime = fileTime(found) === wanted.mtime;
  if (sameTime && (trustTime || wanted.root === null)) return true;
  if (wanted.root === null) return false;
  try {
    const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    try {
      return (await hashOpened(file, wanted.size, signal)).digest()?.root === wanted.root;
    } finally {
      await file.close();
    }
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

function* spots(folder: string, name: string): Generator<string> {
  for (let number = 1; number <= MOST; number++) yield join(folder, numbered(name, number, "file"));
  throw new GroupShareError(
    "unwritable",
    `Cannot write "${join(folder, name)}": ${MOST} files have this name already`,
    {
      hint: "move some of them away and resume",
    },
  );
}

/** Where a file will go: `NAME`, `NAME (2)` and so on, the first that is free or holds the wanted content already. */
export async function findSpot(
  folder: string,
  name: string,
  wanted: Version,
  how: Recognise,
): Promise<{ readonly path: string; readonly there: boolean }> {
  for (const path of spots(folder, name)) {
    const same = await isSame(path, wanted, how);
    if (same !== false) return { path, there: same === true };
  }
  throw new Error("unreachable");
}

/** Makes an empty file with this time; one that is there already will do. Returns its path. */
export async function placeEmpty(folder: string, name: string, mtime: number): Promise<string> {
  for (const path of spots(folder, name)) {
    try {
      const file = await open(path, "wx");
      const time = diskTime(mtime);
      await file.utimes(time, time).catch(() => undefined);
      await file.close();
      await syncFolder(folder);
      return path;
    } catch (thrown) {
      if (systemCode(thrown) !== "EEXIST") throw targetError(path, thrown);
      const found = await lstat(path).catch(() => null);
      if (found?.isFile() === true && found.size === 0) return path;
    }
  }
  throw new Error("unreachable");
}

/** How files are put in place. */
export interface Disk {
  readonly link: typeof link;
  readonly syncFolder: typeof syncFolder;
}

/**
 * Puts a complete part file in its place, for good, never over what is there. Returns its path, which may be that of a file
 * with the same content that came there meanwhile.
 */
export async function placePart(
  part: string,
  folder: string,
  name: string,
  wanted: Version,
  how: Recognise,
  disk: Disk = { link, syncFolder },
): Promise<string> {
  for (const path of spots(folder, name)) {
    try {
      if (await putAt(part, path, disk.link)) {
        await disk.syncFolder(folder);
        return path;
      }
      if ((await isSame(path, wanted, how)) === true) {
        await unlink(part);
        return path;
      }
    } catch (thrown) {
      how.signal.throwIfAborted();
      throw targetError(path, thrown);
    }
  }
  throw new Error("unreachable");
}

/** false where something is there. */
async function putAt(part: string, path: string, makeLink: typeof link): Promise<boolean> {
  try {
    await makeLink(part, path);
    await unlink(part);
    return true;
  } catch (thrown) {
    const code = systemCode(thrown) ?? "";
    if (code === "EEXIST") return false;
    if (!NO_LINKS.has(code)) throw thrown;
  }
  // No hard links here: an empty file holds the name, and is what the rename may replace.
  try {
    await (await open(path, "wx")).close();
  } catch (thrown) {
    if (systemCode(thrown) === "EEXIST") return false;
    throw thrown;
  }
  try {
    await rename(part, path);
    return true;
  } catch (thrown) {
    await unlink(path).catch(() => undefined);
    throw thrown;
  }
}
