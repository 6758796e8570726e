import type { FileNode, Tree } from "./core/tree.ts";
import type { Pass } from "./pass.ts";

/** So many files of a folder that somebody asks for come before others. */
const ASKED = 10_000;
/** Hashing waits for the first listing of a share, but no longer than this, in milliseconds. */
const HOLD = 30_000;

/** What one share's turns need of the world around it. */
export interface TurnsWorld {
  readonly tree: Tree;
  /** It is being written: not read before it comes to rest. */
  unsettled(node: FileNode): boolean;
  /** It waits to be hashed from now on, before all others where it is urgent. */
  queue(node: FileNode, urgent: boolean): void;
}

/** When the files of one share wait to be hashed: not before all is listed, unless somebody asks for one. */
export class Turns {
  readonly #world: TurnsWorld;
  /** What is to be hashed once all is listed; null from then on. */
  #held: FileNode[] | null = null;
  #began = 0;

  constructor(world: TurnsWorld) {
    this.#world = world;
  }

  /** All is about to be listed. Contents are told in the same line as what is listed, and would hold that up. */
  hold(): void {
    this.#held ??= [];
    this.#began = performance.now();
  }

  /** All is listed. */
  release(): void {
    for (const node of this.#held ?? []) if (!node.gone) this.#world.queue(node, false);
    this.#held = null;
  }

  add(node: FileNode): void {
    if (this.#held !== null && performance.now() - this.#began < HOLD) {
      this.#held.push(node);
      return;
    }
    this.release();
    this.#world.queue(node, false);
  }

  /** A file was looked at that is as it was told, and may have no proven content yet. */
  unread(node: FileNode, pass: Pass): void {
    const wanted = node.size > 0 && (!node.rooted || node.verify);
    if (!wanted || node.queued || node.reading || this.#world.unsettled(node) || pass.fresh.has(node)) return;
    if (!node.unreadable || pass.kind === "all") this.add(node);
  }

  /** Has a file, or those in a folder, hashed before all others. */
  urgent(path: string): void {
    const start = this.#world.tree.at(path);
    if (start === null) return;
    let files = 0;
    for (const node of this.#world.tree.nodes(start)) {
      if (node.kind !== "file" || node.rooted || node.reading || this.#world.unsettled(node)) continue;
      this.#world.queue(node, true);
      files += 1;
      if (files === ASKED) break;
    }
  }
}
