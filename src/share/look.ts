import { type BigIntStats, lstatSync, realpathSync, statSync } from "node:fs";
import { relative, sep } from "node:path";
import { reason, systemCode } from "../shared/errors.ts";
import { fileTime } from "../shared/file-time.ts";
import type { Identity, Look } from "./core/compare.ts";

/** What is at a path of a share. `link`: the file has other names, under which it may change. `unknown`: it cannot be told just now, so nothing follows from it. */
export type Sight =
  | { readonly kind: "file"; readonly look: Look; readonly link: boolean }
  | { readonly kind: "folder"; readonly mtime: number; readonly identity: Identity }
  | { readonly kind: "none" }
  | { readonly kind: "skipped" }
  | { readonly kind: "unknown"; readonly why: string };

/** Where a share is on disk. */
export interface Place {
  /** Real path of its folder. */
  readonly root: string;
  /** A path below it that is never offered, such as where this program keeps its own secrets. */
  readonly withheld: string | null;
}

/** A path below a share as the system writes it. */
export function onDisk(root: string, path: string): string {
  if (path === "") return root;
  const below = sep === "/" ? path : path.replaceAll("/", sep);
  return root.endsWith(sep) ? root + below : root + sep + below;
}

/** The path below the root of a real path, `/`-separated; null where it is not inside. */
export function below(root: string, real: string): string | null {
  const path = relative(root, real);
  if (path === ".." || path.startsWith(`..${sep}`) || /^[a-z]:/i.test(path) || path.startsWith(sep)) return null;
  return sep === "/" ? path : path.replaceAll(sep, "/");
}

export function toLook(stats: BigIntStats): Look {
  return {
    size: Number(stats.size),
    mtime: fileTime(stats),
    ctime: Number(stats.ctimeMs),
    inode: `${stats.dev}:${stats.ino}`,
    birth: Number(stats.birthtimeMs ?? 0n),
  };
}

export function identityOf(stats: BigIntStats): Identity {
  const { inode, ctime, birth } = toLook(stats);
  return { inode, ctime, birth };
}

const ABSENT = new Set(["ENOENT", "ENOTDIR"]);
const DENIED = new Set(["EACCES", "EPERM", "ELOOP", "ENAMETOOLONG"]);

/**
 * Looks at one path, without following it out of the share. `offers`: whether the share offers a file at another path,
 * which a link may lead to. Synchronous on purpose: see explore.ts.
 */
export function sight(place: Place, path: string, offers: (path: string) => boolean): Sight {
  const full = onDisk(place.root, path);
  let stats: BigIntStats;
  try {
    stats = lstatSync(full, { bigint: true });
  } catch (thrown) {
    return failed(thrown);
  }
  if (stats.isFile()) return { kind: "file", look: toLook(stats), link: stats.nlink > 1n };
  if (stats.isDirectory()) return { kind: "folder", mtime: fileTime(stats), identity: identityOf(stats) };
  return stats.isSymbolicLink() ? linked(place, full, offers) : { kind: "skipped" };
}

/** A link to a file that the share offers anyway is offered as a file; any other is not. */
function linked(place: Place, full: string, offers: (path: string) => boolean): Sight {
  try {
    const target = below(place.root, realpathSync.native(full));
    if (target === null || !offers(target)) return { kind: "skipped" };
    const stats = statSync(onDisk(place.root, target), { bigint: true });
    return stats.isFile() ? { kind: "file", look: toLook(stats), link: true } : { kind: "skipped" };
  } catch (thrown) {
    const sight = failed(thrown);
    return sight.kind === "none" ? { kind: "skipped" } : sight;
  }
}

/** What a failed look says: a file system that answers with an error has not said that the file is gone. */
export function failed(thrown: unknown): Sight {
  const code = systemCode(thrown) ?? "";
  if (ABSENT.has(code)) return { kind: "none" };
  return DENIED.has(code) ? { kind: "skipped" } : { kind: "unknown", why: reason(thrown) };
}
