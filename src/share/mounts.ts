import { type Identity, isMount } from "./core/compare.ts";
import { type FolderNode, pathOf, type Tree } from "./core/tree.ts";
import { onDisk } from "./place.ts";
import { folderIdentity } from "./root.ts";

/**
 * Drives that are mounted inside a share. What is on one that is not there just now is not gone: it stays listed until
 * the drive returns, or the rules of the share leave it out. Which they are outlasts a restart.
 */
export class Mounts {
  readonly #root: string;
  /** Where they were when the program stopped, until that is taken over. */
  #before: readonly string[];
  readonly #all = new Set<FolderNode>();
  readonly #away = new Set<FolderNode>();

  constructor(root: string, before: readonly string[]) {
    this.#root = root;
    this.#before = before;
  }

  /** Takes over which folders were mount points, once the tree has what is known of the share. */
  restore(tree: Tree): void {
    const paths = [...this.#before].sort((a, b) => a.length - b.length);
    this.#before = [];
    for (const path of paths) {
      const folder = tree.at(path);
      if (folder?.kind !== "folder") continue;
      this.#all.add(folder);
      // One that is mounted deeper down comes later.
      for (const node of tree.nodes(folder)) if (node.kind === "folder") node.mount = folder;
    }
  }

  /** Where they are, below the share. */
  get paths(): readonly string[] {
    return [...this.#before, ...Array.from(this.#all, pathOf)].sort();
  }

  /** Those that went, or returned, since it was last asked or one was looked at: neither makes an event of its own. */
  changed(): readonly FolderNode[] {
    return [...this.#all].filter((folder) => {
      const before = this.#away.has(folder);
      return this.isAway(folder) !== before;
    });
  }

  /** What is wrong, in words. */
  get trouble(): string | null {
    const [first] = this.#away;
    if (first === undefined) return null;
    return `the drive at "${pathOf(first)}" is not mounted; a rule that leaves it out makes its files be forgotten`;
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
    const above = now === null ? null : this.#identify(folder.parent);
    if (now !== null && above !== null && isMount(now, above)) {
      if (this.#away.delete(folder)) folder.listed = false;
      return "there";
    }
    this.#away.add(folder);
    return "away";
  }

  /** A folder is in another one: takes note of whether, or on which, drive it is. */
  place(folder: FolderNode, parent: FolderNode): void {
    const own = folder.identity !== null && parent.identity !== null && isMount(folder.identity, parent.identity);
    folder.mount = own ? folder : parent.mount;
    if (own) this.#all.add(folder);
    else this.#all.delete(folder);
  }

  /** A folder that is no more. */
  forget(folder: FolderNode): void {
    this.#all.delete(folder);
    this.#away.delete(folder);
  }

  #identify(folder: FolderNode): Identity | null {
    return folderIdentity(onDisk(this.#root, pathOf(folder)));
  }
}
