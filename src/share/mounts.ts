import { type Identity, isMount, isSameFolder } from "./core/compare.ts";
import { type FolderNode, pathOf, type Tree } from "./core/tree.ts";
import { MountsBelow } from "./mount-points.ts";
import { onDisk } from "./place.ts";
import type { InnerMount } from "./protocol.ts";
import { folderIdentity } from "./root.ts";
import { RULE_FILE } from "./rule-file.ts";

/** What is at the path of a mount point: its drive, the folder that was offered there before, or nothing that counts. */
type There = "drive" | "beneath" | "away";

/**
 * Drives that are mounted inside a share. What is on one that is not there just now is not gone: it stays listed until
 * the drive returns, or the rules of the share leave it out. Which they are outlasts a restart.
 */
export class Mounts {
  readonly #root: string;
  readonly #points: MountsBelow;
  /** What they were when the program stopped, until that is taken over. */
  #before: readonly InnerMount[];
  /** Each with the folder that it was mounted over, where that was offered before and had something in it. */
  readonly #all = new Map<FolderNode, Identity | null>();
  readonly #away = new Set<FolderNode>();

  constructor(root: string, before: readonly InnerMount[]) {
    this.#root = root;
    this.#points = new MountsBelow(root);
    this.#before = before;
  }

  /** Takes over which folders were mount points, once the tree has what is known of the share. */
  restore(tree: Tree): void {
    const mounts = [...this.#before].sort((a, b) => a.at.length - b.at.length);
    this.#before = [];
    for (const { at, beneath } of mounts) {
      const folder = tree.at(at);
      if (folder?.kind !== "folder") continue;
      this.#all.set(folder, beneath);
      // One that is mounted deeper down comes later.
      for (const node of tree.nodes(folder)) if (node.kind === "folder") node.mount = folder;
    }
  }

  /** What is to be remembered of them. */
  get known(): readonly InnerMount[] {
    const all = Array.from(this.#all, ([folder, beneath]) => ({ at: pathOf(folder), beneath }));
    return [...this.#before, ...all].sort((a, b) => (a.at < b.at ? -1 : 1));
  }

  /** Those that went, or returned, since it was last asked or one was looked at: neither makes an event of its own. */
  changed(): readonly FolderNode[] {
    return [...this.#all.keys()].filter((folder) => {
      const before = this.#away.has(folder);
      return this.isAway(folder) !== before || this.#at(folder, this.#identify(folder)) === "beneath";
    });
  }

  /** What is wrong, in words. */
  get trouble(): string | null {
    const [first] = this.#away;
    if (first === undefined) return null;
    const path = pathOf(first);
    const rule = `the rule "/${path}/" in ${RULE_FILE} makes its files be forgotten`;
    return `the drive at "${path}" is not mounted; ${rule}; once that is taken out again, what is in its place is offered`;
  }

  /** Whether a folder is on a drive that is not mounted just now, so that what is seen in its place means nothing. */
  isAway(folder: FolderNode): boolean {
    // A drive may be mounted on another drive.
    for (let at = folder.mount; at !== null; at = at.parent?.mount ?? null) {
      if (this.look(at, this.#identify(at)) === "away") return true;
    }
    return false;
  }

  /** Compares a known folder with what is at its path now. */
  look(folder: FolderNode, now: Identity | null): "there" | "away" {
    if (folder.mount !== folder || folder.parent === null) return "there";
    if (this.#at(folder, now) !== "away") {
      if (this.#away.delete(folder)) folder.listed = false;
      return "there";
    }
    this.#away.add(folder);
    return "away";
  }

  /** A folder is in another one: takes note of whether, or on which, drive it is. `before`: which folder it was until now. */
  place(folder: FolderNode, parent: FolderNode, before: Identity | null): void {
    const { identity } = folder;
    const other = identity !== null && parent.identity !== null && isMount(identity, parent.identity);
    const own = other || this.#points.has(() => this.#pathOf(folder), { now: this.#all.has(folder) });
    folder.mount = own ? folder : parent.mount;
    if (!own) this.#all.delete(folder);
    else if (!this.#all.has(folder)) {
      const covered = before !== null && identity !== null && !isSameFolder(before, identity);
      // An empty one was a mount point and nothing else.
      this.#all.set(folder, covered && folder.children.size > 0 ? before : null);
    }
  }

  /** A folder that is no more. */
  forget(folder: FolderNode): void {
    this.#all.delete(folder);
    this.#away.delete(folder);
  }

  /** What is where a drive was, of which `now` was just seen. */
  #at(folder: FolderNode, now: Identity | null): There {
    const above = now === null || folder.parent === null ? null : this.#identify(folder.parent);
    if (now === null || above === null) return "away";
    if (isMount(now, above)) return "drive";
    const beneath = this.#all.get(folder) ?? null;
    if (beneath !== null && isSameFolder(now, beneath)) return "beneath";
    // A folder that is mounted here too stays on its device.
    if (folder.identity !== null && isSameFolder(now, folder.identity)) return "drive";
    return this.#points.has(() => this.#pathOf(folder), { now: true }) ? "drive" : "away";
  }

  #identify(folder: FolderNode): Identity | null {
    return folderIdentity(this.#pathOf(folder));
  }

  #pathOf(folder: FolderNode): string {
    return onDisk(this.#root, pathOf(folder));
  }
}
