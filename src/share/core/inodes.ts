import { type FileFacts, isMoved, type Look } from "./compare.ts";
import { FileNode } from "./file-node.ts";
import { inodeKey } from "./file-rows.ts";

/** How many files that are gone are remembered, in case they turn up elsewhere. */
const DEPARTED = 500_000;

/** What is remembered of a file. */
interface Held extends FileFacts {
  readonly root: string | null;
  readonly verify: boolean;
}

/**
 * Files by inode, so that one which was moved, or linked a second time, keeps its content unread.
 * Those that are gone are kept a while: the two halves of a move may be seen apart.
 */
export class Inodes {
  readonly #held = new Map<number | string, Held>();
  readonly #departed: { file: Held; at: number }[] = [];

  set(node: FileNode): void {
    if (node.inode !== null) this.#held.set(inodeKey(node.inode), node);
  }

  /** The file that was last seen under an inode, where it is still there. */
  at(inode: string): FileNode | null {
    const file = this.#held.get(inodeKey(inode));
    return file instanceof FileNode && !file.gone ? file : null;
  }

  /** Another file is about to take the place of the one that this node is. */
  displace(node: FileNode, now: number): void {
    if (node.inode === null || this.#held.get(inodeKey(node.inode)) !== node) return;
    const { size, mtime, ctime, inode, birth, root, verify } = node;
    const file = { size, mtime, ctime, inode, birth, root, verify };
    this.#held.set(inodeKey(inode), file);
    this.depart(file, now);
  }

  /** A file is no more at its path. `now` in milliseconds of any clock that does not go back. */
  depart(file: Held, now: number): void {
    this.#departed.push({ file, at: now });
    if (this.#departed.length > DEPARTED) this.#forget(this.#departed.splice(0, DEPARTED / 10));
  }

  /** Forgets what has been gone for longer than `age`. */
  purge(now: number, age: number): void {
    let old = 0;
    while (old < this.#departed.length && now - (this.#departed[old]?.at ?? now) > age) old += 1;
    if (old > 0) this.#forget(this.#departed.splice(0, old));
  }

  /** The root of a file that looks like this, had elsewhere under the same inode; not `sure` means to be verified. */
  find(look: Look): { root: string; sure: boolean } | null {
    const file = this.#held.get(inodeKey(look.inode));
    if (file === undefined || file.root === null) return null;
    const moved = isMoved(file, look);
    return moved === "no" ? null : { root: file.root, sure: moved === "sure" && !file.verify };
  }

  #forget(departed: readonly { file: Held }[]): void {
    for (const { file } of departed) {
      const key = file.inode === null ? null : inodeKey(file.inode);
      if (key !== null && this.#held.get(key) === file) this.#held.delete(key);
    }
  }
}
