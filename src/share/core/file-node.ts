import type { FileFacts } from "./compare.ts";
import { GONE, QUEUED, READING, ROOTED, UNREADABLE, VERIFY } from "./file-rows.ts";
import type { FolderNode } from "./tree.ts";

/** What a file was when it was taken out. Its row is another one's since. */
interface Last {
  readonly facts: FileFacts;
  readonly root: string | null;
  flags: number;
}

/** A file of the tree. Its facts are in a row of its own for as long as it is there, and change only through `Tree`. */
export class FileNode implements FileFacts {
  readonly name: string;
  readonly parent: FolderNode;
  #at: number | Last;

  constructor(parent: FolderNode, name: string) {
    this.parent = parent;
    this.name = name;
    this.#at = parent.rows.take();
  }

  get kind(): "file" {
    return "file";
  }

  get size(): number {
    const at = this.#at;
    return typeof at === "number" ? this.parent.rows.size(at) : at.facts.size;
  }

  get mtime(): number {
    const at = this.#at;
    return typeof at === "number" ? this.parent.rows.mtime(at) : at.facts.mtime;
  }

  get ctime(): number {
    const at = this.#at;
    return typeof at === "number" ? this.parent.rows.ctime(at) : at.facts.ctime;
  }

  get inode(): string | null {
    const at = this.#at;
    return typeof at === "number" ? this.parent.rows.inode(at) : at.facts.inode;
  }

  get birth(): number {
    const at = this.#at;
    return typeof at === "number" ? this.parent.rows.birth(at) : at.facts.birth;
  }

  get root(): string | null {
    const at = this.#at;
    return typeof at === "number" ? this.parent.rows.root(at) : at.root;
  }

  /** Whether there is a root: that is cheaper than the root. */
  get rooted(): boolean {
    return this.#has(ROOTED);
  }

  /** Its root is to be proven by reading it again. */
  get verify(): boolean {
    return this.#has(VERIFY);
  }

  set verify(wanted: boolean) {
    this.#mark(VERIFY, wanted);
  }

  /** It waits to be hashed. */
  get queued(): boolean {
    return this.#has(QUEUED);
  }

  set queued(is: boolean) {
    this.#mark(QUEUED, is);
  }

  /** It is being hashed. */
  get reading(): boolean {
    return this.#has(READING);
  }

  set reading(is: boolean) {
    this.#mark(READING, is);
  }

  /** Reading it failed; not tried again before it changes or everything is looked at anew. */
  get unreadable(): boolean {
    return this.#has(UNREADABLE);
  }

  set unreadable(is: boolean) {
    this.#mark(UNREADABLE, is);
  }

  get gone(): boolean {
    return this.#has(GONE);
  }

  /** What it is now. Not once it has left its row. */
  put(facts: FileFacts, root: string | null): void {
    if (typeof this.#at === "number") this.parent.rows.put(this.#at, facts, root);
  }

  /** What only makes its stat more exact. */
  refine(ctime: number, birth: number): void {
    if (typeof this.#at === "number") this.parent.rows.refine(this.#at, ctime, birth);
  }

  /** It stays what it was, but is in the tree no more. */
  end(): void {
    this.#mark(GONE, true);
  }

  /** As `end`, and its row is for others. */
  leave(): void {
    this.end();
    const at = this.#at;
    if (typeof at !== "number") return;
    const { size, mtime, ctime, inode, birth, root } = this;
    const { rows } = this.parent;
    this.#at = { facts: { size, mtime, ctime, inode, birth }, root, flags: rows.flags(at) };
    rows.give(at);
  }

  #has(flag: number): boolean {
    const at = this.#at;
    return ((typeof at === "number" ? this.parent.rows.flags(at) : at.flags) & flag) !== 0;
  }

  #mark(flag: number, on: boolean): void {
    const at = this.#at;
    if (typeof at === "number") this.parent.rows.mark(at, flag, on);
    else at.flags = on ? at.flags | flag : at.flags & ~flag;
  }
}
