import { lstatSync, opendirSync, realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { reason, systemCode } from "../shared/errors.ts";
import { type Identity, isSameFolder } from "./core/compare.ts";
import { identityOf } from "./look.ts";
import { below, onDisk } from "./place.ts";

/** What became of a share's own folder. */
export type RootState =
  | { readonly kind: "there"; readonly identity: Identity; readonly mounted: boolean }
  | { readonly kind: "lost"; readonly why: string };

/**
 * Looks whether a share's folder can be offered. `wasMounted`: it was a mount point before, so that an ordinary
 * folder in its place is what an unmounted drive leaves behind, and its emptiness means nothing; unless it is `beneath`,
 * which was shared with what is in it before a drive was mounted over it.
 */
export function lookAtRoot(root: string, wasMounted: boolean, beneath: Identity | null): RootState {
  try {
    const stats = lstatSync(root, { bigint: true });
    if (!stats.isDirectory()) return { kind: "lost", why: "another thing is in the place of its folder" };
    opendirSync(root).closeSync();
    const mounted = stats.dev !== statSync(dirname(root), { bigint: true }).dev;
    const identity = identityOf(stats);
    const returned = beneath !== null && isSameFolder(identity, beneath);
    if (wasMounted && !mounted && !returned) return { kind: "lost", why: "its drive is not mounted" };
    return { kind: "there", identity, mounted };
  } catch (thrown) {
    const code = systemCode(thrown);
    const absent = code === "ENOENT" || code === "ENOTDIR";
    return { kind: "lost", why: absent ? "its folder is not there" : `its folder cannot be read: ${reason(thrown)}` };
  }
}

/** The identity of a folder, or null where there is none. */
export function folderIdentity(path: string): Identity | null {
  try {
    const stats = lstatSync(path, { bigint: true });
    return stats.isDirectory() ? identityOf(stats) : null;
  } catch {
    return null;
  }
}

/** The path of something below a root, with the links on the way to it resolved; null where that leads out. */
export function realPathBelow(root: string, path: string): string | null {
  try {
    const slash = path.lastIndexOf("/");
    const folder = below(root, realpathSync.native(onDisk(root, path.slice(0, Math.max(slash, 0)))));
    if (folder === null) return null;
    return folder === "" ? path.slice(slash + 1) : `${folder}/${path.slice(slash + 1)}`;
  } catch {
    return null;
  }
}
