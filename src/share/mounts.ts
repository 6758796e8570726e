import { type Identity, isMount } from "./core/compare.ts";
import { type FolderNode, pathOf } from "./core/tree.ts";
import { onDisk } from "./look.ts";
import { folderIdentity } from "./root.ts";

/**
 * Drives that are mounted inside a share. What is on one that is not there just now is not gone: it stays listed until
 * the drive returns, or the program starts without it.
 */
export class Mounts {
  readonly #root: string;
  readonly #all = new Set<FolderNode>();
  readonly #away = new Set<FolderNode>();

  constructor(root: string) {
    this.#root = root;
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
    return first === undefined ? null : `the drive at "${pathOf(first)}" is not mounted`;
  }

  /** Whether a folder is on a drive that is not mounted just now, so that what is seen in its place means nothing. */
  isAway({ mount }: FolderNode): boolean {
    if (mount === null) return false;
    return this.look(mount, folderIdentity(onDisk(this.#root, pathOf(mount)))) === "away";
  }

  /** Compares a known folder with what is at its path now. */
  look(folder: FolderNode, now: Identity | null): "there" | "away" {
    if (folder.mount !== folder) return "there";
    const parent = folder.parent?.identity ?? null;
    if (now !== null && (parent === null || isMount(now, parent))) {
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
}
