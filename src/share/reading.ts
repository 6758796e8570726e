import { type FileNode, pathOf, type Tree } from "./core/tree.ts";
import type { Explorer } from "./explore.ts";
import { hashFile, newBuffer } from "./hash.ts";
import { newPass, type Pass, type Told, toChange } from "./pass.ts";
import { onDisk } from "./place.ts";
import type { HashItem, HashResult } from "./protocol.ts";

/** Files up to this size, and few, are hashed before they are told: one round through the group instead of two. */
const SMALL = 1 << 20;
const FEW = 16;
const FEW_BYTES = 4 << 20;
/** A file that changes whenever it is read waits twice as long each time, up to so many times the first wait. */
const LONGEST_SETTLE = 16;

export interface ReadingWorld {
  readonly share: string;
  readonly root: string;
  readonly tree: Tree;
  readonly explorer: Explorer;
  /** Milliseconds between looks at a file that is being written. */
  readonly settle: number;
  /** `within`: milliseconds that it may wait. */
  tell(change: Told, within: number): void;
  enqueue(node: FileNode): void;
  /** Whether nothing is to be hashed just now. */
  paused(): boolean;
  /** Bytes were read to be hashed. */
  counted(result: HashResult): void;
}

/** How files with a content not known yet come to one: at once, in their turn, or when they have come to rest. */
export class Reading {
  readonly #world: ReadingWorld;
  readonly #unsettled = new Map<FileNode, ReturnType<typeof setTimeout>>();
  readonly #attempts = new WeakMap<FileNode, number>();
  readonly #unproven = new WeakSet<FileNode>();
  readonly #buffer = newBuffer();
  /** Why a file could last not be read. */
  lastTrouble: string | null = null;

  constructor(world: ReadingWorld) {
    this.#world = world;
  }

  unsettled(node: FileNode): boolean {
    return this.#unsettled.has(node);
  }

  /** It is to be told when it is read, also with the content that it had. */
  unproven(node: FileNode): void {
    this.#unproven.add(node);
  }

  close(): void {
    for (const timer of this.#unsettled.values()) clearTimeout(timer);
    this.#unsettled.clear();
  }

  /** Files met by going over everything: told as they are, hashed in their turn. */
  listed(pass: Pass, within: number): void {
    for (const node of pass.fresh) {
      if (node.gone) continue;
      this.#world.tell(toChange(node), within);
      this.#world.enqueue(node);
    }
    pass.fresh.clear();
  }

  /** Files that have just changed. */
  async changed(pass: Pass): Promise<void> {
    const fresh = [...pass.fresh].filter((node) => !node.gone);
    pass.fresh.clear();
    const small = fresh.filter((node) => node.size < SMALL);
    const bytes = small.reduce((sum, node) => sum + node.size, 0);
    const atOnce = small.length <= FEW && bytes <= FEW_BYTES && !this.#world.paused();
    for (const node of fresh) {
      if (node.size >= SMALL) this.#settle(node, 1);
      else if (atOnce) this.#take(await this.read(node));
      else this.#world.enqueue(node);
      if (!node.gone) this.#world.tell(toChange(node), 0);
    }
  }

  item(node: FileNode): HashItem {
    const path = pathOf(node);
    const { size, mtime, ctime, inode } = node;
    const file = onDisk(this.#world.root, path);
    return { share: this.#world.share, path, file, size, mtime, ctime, inode: inode ?? "" };
  }

  async read(node: FileNode): Promise<HashResult> {
    const result = await hashFile(this.item(node), this.#buffer);
    this.#world.counted(result);
    return result;
  }

  /** What a hasher found. */
  hashed(result: HashResult, within: number): void {
    const node = this.#take(result);
    if (node !== null) this.#world.tell(toChange(node), within);
  }

  /** The file that is to be told: its root is another one now, or proven. */
  #take({ item, outcome }: HashResult): FileNode | null {
    const node = this.#world.tree.at(item.path);
    if (node?.kind !== "file" || node.size !== item.size || node.mtime !== item.mtime) return null;
    if (node.inode !== item.inode) return null;
    if (node.ctime !== item.ctime) {
      // Other bytes may have been put into it meanwhile, and its mtime put back.
      if (!node.reading && !this.unsettled(node)) this.#world.enqueue(node);
      return null;
    }
    node.reading = false;
    if (outcome.kind === "changed") {
      const times = this.#attempts.get(node) ?? 1;
      this.#attempts.set(node, Math.min(times * 2, LONGEST_SETTLE));
      this.#settle(node, times);
      return null;
    }
    if (outcome.kind === "unreadable") {
      this.lastTrouble = outcome.why;
      this.#world.tree.setUnreadable(node);
      return null;
    }
    this.#attempts.delete(node);
    node.verify = false;
    const proven = this.#unproven.delete(node);
    if (node.root === outcome.root) return proven ? node : null;
    this.#world.tree.describe(node, node, outcome.root);
    return node;
  }

  #settle(node: FileNode, times: number): void {
    if (this.#unsettled.has(node)) return;
    const wait = this.#world.settle * times;
    this.#unsettled.set(
      node,
      setTimeout(() => void this.#settled(node), wait),
    );
  }

  async #settled(node: FileNode): Promise<void> {
    this.#unsettled.delete(node);
    if (node.gone) return;
    const pass = newPass("news", 0);
    try {
      this.#world.explorer.look(node.parent, pathOf(node.parent), node.name, pass);
    } catch {
      return; // the share is not there: all of it is looked at when it returns
    }
    if (pass.fresh.size > 0) await this.changed(pass);
    else this.#world.enqueue(node);
  }
}
