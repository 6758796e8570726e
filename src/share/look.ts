import { type BigIntStats, lstatSync, realpathSync, statfsSync } from "node:fs";
import { reason, systemCode } from "../shared/errors.ts";
import { fileTime } from "../shared/file-time.ts";
import type { Identity, Look } from "./core/compare.ts";
import { inFolder } from "./pinned.ts";
import { below } from "./place.ts";

/** What is at a path of a share. `link`: how the file has other names, under which it may change. `unknown`: it cannot be told just now, so nothing follows from it. */
export type Sight =
  | { readonly kind: "file"; readonly look: Look; readonly link: "hard" | "symbolic" | null }
  | { readonly kind: "folder"; readonly mtime: number; readonly identity: Identity }
  | { readonly kind: "none" }
  /** A link that leads to no file which the share offers, just now. */
  | { readonly kind: "link" }
  | { readonly kind: "skipped" }
  | { readonly kind: "unknown"; readonly why: string };

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

/**
 * File systems that make inode numbers up, anew at each mount and now and then between, by the type that `statfs` tells
 * on Linux (statfs(2)): FAT, exFAT, CIFS, SMB2, SMB, FUSE, 9P.
 */
const MADE_UP = new Set([0x4d44, 0x2011bab0, 0xff534d42, 0xfe534d42, 0x517b, 0x65735546, 0x01021997]);

/** Whether a file keeps its inode number for as long as it is there, so that another number is another file. */
export function hasLastingInodes(at: string): boolean {
  if (process.platform !== "linux") return true;
  try {
    return !MADE_UP.has(statfsSync(at).type);
  } catch {
    return true;
  }
}

const ABSENT = new Set(["ENOENT", "ENOTDIR"]);
const DENIED = new Set(["EACCES", "EPERM", "ELOOP", "ENAMETOOLONG"]);

/**
 * Looks at what is reached as `at`, without following it out of the share. `offers`: whether the share offers a file at
 * another path, which a link may lead to. Synchronous on purpose: see explore.ts.
 */
export function sight(root: string, at: string, offers: (path: string) => boolean): Sight {
  let stats: BigIntStats;
  try {
    stats = lstatSync(at, { bigint: true });
  } catch (thrown) {
    return failed(thrown);
  }
  if (stats.isFile()) return { kind: "file", look: toLook(stats), link: stats.nlink > 1n ? "hard" : null };
  if (stats.isDirectory()) return { kind: "folder", mtime: fileTime(stats), identity: identityOf(stats) };
  return stats.isSymbolicLink() ? linked(root, at, offers) : { kind: "skipped" };
}

/** A link to a file that the share offers anyway is offered as a file; any other is not. */
function linked(root: string, at: string, offers: (path: string) => boolean): Sight {
  try {
    const target = below(root, realpathSync.native(at));
    // "" is the share's own folder.
    if (target === null || target === "" || !offers(target)) return { kind: "link" };
    const slash = target.lastIndexOf("/");
    const folder = target.slice(0, Math.max(slash, 0));
    // Not followed once more: another link may be there by now.
    const stats = inFolder(root, folder, (reach) => lstatSync(reach(target.slice(slash + 1)), { bigint: true }));
    return stats.isFile() ? { kind: "file", look: toLook(stats), link: "symbolic" } : { kind: "link" };
  } catch (thrown) {
    const sight = failed(thrown);
    return sight.kind === "unknown" ? sight : { kind: "link" };
  }
}

/** What a failed look says: a file system that answers with an error has not said that the file is gone. */
export function failed(thrown: unknown): Sight {
  const code = systemCode(thrown) ?? "";
  if (ABSENT.has(code)) return { kind: "none" };
  return DENIED.has(code) ? { kind: "skipped" } : { kind: "unknown", why: withoutPath(thrown) };
}

/** The words of a thrown value without the path that the system adds: how something was reached says nothing to people. */
export function withoutPath(thrown: unknown): string {
  return reason(thrown).replace(/, [a-z]+ '.*'$/, "");
}
