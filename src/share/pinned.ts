import { closeSync, constants, existsSync, lstatSync, openSync, readlinkSync } from "node:fs";
import { onDisk } from "./place.ts";

/** Gives the path by which the system reaches a name in a folder, "" being the folder itself. */
export type Reach = (name: string) => string;

/** Opens a folder to reach what is in it, not to read it: so it may be one that may not be read (open(2)). Only Linux has it. */
const O_PATH = 0o10000000;
const FOLDER = O_PATH | (constants.O_DIRECTORY ?? 0) | (constants.O_NOFOLLOW ?? 0);
const OPEN_FILES = "/proc/self/fd";
const canPin = process.platform === "linux" && existsSync(OPEN_FILES);

/**
 * Looks at what is in a folder of a share, and at nothing elsewhere: also when a folder on the way is swapped for a link
 * meanwhile. `path`: below the root, `/`-separated. Throws as the system does, ENOTDIR for a link on the way. Only for what is
 * synchronous and short: a drive with an open folder cannot be unmounted.
 */
export function inFolder<T>(root: string, path: string, look: (reach: Reach) => T): T {
  return canPin ? pinned(root, path, look) : compared(root, path, look);
}

/** The folder is opened, and all is reached through that. */
function pinned<T>(root: string, path: string, look: (reach: Reach) => T): T {
  const folder = openFolder(root, path);
  const at = `${OPEN_FILES}/${folder}`;
  try {
    return look((name) => (name === "" ? at : `${at}/${name}`));
  } finally {
    closeSync(folder);
  }
}

function openFolder(root: string, path: string): number {
  const full = onDisk(root, path);
  const folder = openSync(full, FOLDER);
  try {
    // Without a link on the way, it is where its path says.
    if (readlinkSync(`${OPEN_FILES}/${folder}`) === full) return folder;
  } catch (thrown) {
    closeSync(folder);
    throw thrown;
  }
  closeSync(folder);
  return walk(root, path);
}

/** Step by step, following no link: where names are equal that are not the same, a folder may be told under another one. */
function walk(root: string, path: string): number {
  let folder = openSync(root, FOLDER);
  for (const name of path === "" ? [] : path.split("/")) {
    const above = folder;
    try {
      folder = openSync(`${OPEN_FILES}/${above}/${name}`, FOLDER);
    } finally {
      closeSync(above);
    }
  }
  return folder;
}

/**
 * For systems that cannot reach anything through an open folder: what was seen is thrown away unless all folders on the way
 * are the same afterwards. One that was swapped twice within that time is not noticed.
 */
export function compared<T>(root: string, path: string, look: (reach: Reach) => T): T {
  const before = folders(root, path);
  const seen = look((name) => onDisk(root, path === "" || name === "" ? path + name : `${path}/${name}`));
  if (folders(root, path) !== before) throw new Error("it was replaced while it was looked at");
  return seen;
}

/** Which folders are on the way to a path, and at it. */
function folders(root: string, path: string): string {
  const found: string[] = [];
  for (let slash = 0; slash >= 0; slash = path.indexOf("/", slash + 1))
    found.push(identify(root, path.slice(0, slash)));
  if (path !== "") found.push(identify(root, path));
  return found.join();
}

function identify(root: string, path: string): string {
  const stats = lstatSync(onDisk(root, path), { bigint: true });
  if (stats.isDirectory()) return `${stats.dev}:${stats.ino}`;
  throw Object.assign(new Error(`"${path}" is not a folder`), { code: "ENOTDIR" });
}
