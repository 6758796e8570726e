import { isMoved, type Look } from "./compare.ts";
import type { FileNode } from "./tree.ts";

/** How many files that are gone are remembered, in case they turn up elsewhere. */
const DEPARTED = 500_000;

/**
 * Files by inode, so that one which was moved, or linked a second time, keeps its content unread.
 * Those that are gone are kept a while: the two halves of a move may be seen apart.
 */
export class Inodes {
  readonly #nodes = new Map<string, FileNode>();
  readonly #departed: { node: FileNode; at: number }[] = [];

  set(node: FileNode): void {
    if (node.inode !== null) this.#nodes.set(node.inode, node);
  }

  /** A node's inode is another one now. */
  unset(node: FileNode): void {
    if (node.inode !== null && this.#nodes.get(node.inode) === node) this.#nodes.delete(node.inode);
  }

  /** A file is no more at its path. `now` in milliseconds of any clock that does not go back. */
  depart(node: FileNode, now: number): void {
    this.#departed.push({ node, at: now });
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
    const node = this.#nodes.get(look.inode);
    if (node === undefined || node.root === null) return null;
    const moved = isMoved(node, look);
    return moved === "no" ? null : { root: node.root, sure: moved === "sure" && !node.verify };
  }

  #forget(departed: readonly { node: FileNode }[]): void {
    for (const { node } of departed) this.unset(node);
  }
}
