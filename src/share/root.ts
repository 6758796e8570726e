import { lstatSync, opendirSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { reason, systemCode } from "../shared/errors.ts";
import { type Identity, isSameFolder } from "./core/compare.ts";
import { identityOf } from "./look.ts";
import { isMountPoint, mountOf } from "./mount-points.ts";
import { below, onDisk } from "./place.ts";
import type { Ground } from "./protocol.ts";

/** What became of a share's own folder. `advice`: what to do, where that is not plain. */
export type RootState =
  | { readonly kind: "there"; readonly identity: Identity; readonly mount: string | null }
  | { readonly kind: "lost"; readonly why: string; readonly advice: string | null };

/**
 * Looks whether a share's folder can be offered. One that lay on a drive when it was last seen, as `was` tells, is lost while
 * that drive is not mounted: what lies in its place then, and its emptiness, means nothing. Unless it is the very folder
 * that was shared last, or before a drive was mounted over it. `offered`: which it is in this run, null for none.
 */
export function lookAtRoot(root: string, was: Ground, offered: Identity | null): RootState {
  try {
    const stats = lstatSync(root, { bigint: true });
    if (!stats.isDirectory()) return lost("another thing is in the place of its folder");
    opendirSync(root).closeSync();
    const identity = identityOf(stats);
    const isSame = (one: Identity | null) => one !== null && isSameFolder(identity, one);
    if (isSame(offered)) return { kind: "there", identity, mount: was.mount };
    const mount = mountOf(root);
    if (!isSame(was.own) && !isSame(was.beneath) && isUnmounted(was)) return unmounted(was);
    // Where a drive comes or goes meanwhile, its folder might be taken for the one below, or that for its own.
    return isSame(folderIdentity(root)) ? { kind: "there", identity, mount } : lost("its folder is being replaced");
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code !== "ENOENT" && code !== "ENOTDIR") return lost(`its folder cannot be read: ${reason(thrown)}`);
    return isUnmounted(was) ? unmounted(was) : lost("its folder is not there");
  }
}

const lost = (why: string, advice: string | null = null): RootState => ({ kind: "lost", why, advice });

const isUnmounted = ({ mount }: Ground) => mount !== null && !isMountPoint(mount);

const unmounted = ({ mount }: Ground) =>
  lost(
    `its drive is not mounted at "${mount}"`,
    "mount it; or, if what is in its place now is meant, stop sharing it and share it again",
  );

/** The identity of a folder, or null where there is none. */
export function folderIdentity(path: string): Identity | null {
  try {
    const stats = lstatSync(path, { bigint: true });
    return stats.isDirectory() ? identityOf(stats) : null;
  } catch {
    return null;
  }
}

/** The real path of what is at a path, or would be: of as much of it as is there. */
export function realPathOf(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    const above = dirname(path);
    return above === path ? path : join(realPathOf(above), basename(path));
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
