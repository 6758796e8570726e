import type { Known } from "../../shared/entry.ts";
import type { FileFacts, Identity } from "./compare.ts";
import { FileNode } from "./file-node.ts";
import { FileRows } from "./file-rows.ts";

export type { FileNode };

export class FolderNode {
  readonly kind = "folder";
  readonly name: string;
  readonly parent: FolderNode | null;
  readonly children = new Map<string, TreeNode>();
  /** null while the catalog does not know of it. */
  mtime: number | null = null;
  /** Which folder it was when it was last looked at; null before. */
  identity: Identity | null = null;
  /** The nearest folder that is a mount point, itself or above, below the share's own. */
  mount: FolderNode | null = null;
  /** It was listed, and is watched, since the share came online. */
  listed = false;
  /** It may not be read. */
  denied = false;
  gone = false;
  /** What is known of the files of the whole tree. */
  readonly rows: FileRows;

  constructor(parent: FolderNode | null, name: string) {
    this.parent = parent;
    this.name = name;
    this.rows = parent === null ? new FileRows() : parent.rows;
  }

  end(): void {
    this.gone = true;
  }
}

/** Something that is there but not offered: a link out of the share, a socket, a name that is not UTF-8. */
export class SkippedNode {
  readonly kind = "skipped";
  readonly name: string;
  readonly parent: FolderNode;
  gone = false;

  constructor(parent: FolderNode, name: string) {
    this.parent = parent;
    this.name = name;
  }

  end(): void {
    this.gone = true;
  }
}

export type TreeNode = FileNode | FolderNode | SkippedNode;

export interface Totals {
  files: number;
  bytes: number;
  /** Files whose content is known, empty ones among them. */
  hashed: number;
  hashedBytes: number;
  /** Files that could not be read, and have no root. */
  unreadable: number;
  unreadableBytes: number;
  skipped: number;
}

/** Path below the share, "" for its own folder. */
export function pathOf(node: TreeNode): string {
  const parts: string[] = [];
  for (let at: TreeNode = node; at.parent !== null; at = at.parent) parts.push(at.name);
  return parts.reverse().join("/");
}

/** One share as it was last seen: what a new look is compared with. */
export class Tree {
  readonly top = new FolderNode(null, "");
  readonly totals: Totals = {
    files: 0,
    bytes: 0,
    hashed: 0,
    hashedBytes: 0,
    unreadable: 0,
    unreadableBytes: 0,
    skipped: 0,
  };

  /** Takes over what the catalog knows; rows may come in any order. */
  load(known: Known): FileNode | null {
    const parts = known.path === "" ? [] : known.path.split("/");
    const name = parts.pop();
    let folder = this.top;
    for (const part of parts) folder = this.#folder(folder, part);
    if (name === undefined) return null;
    if (known.kind === "folder") {
      this.#folder(folder, name).mtime = known.mtime;
      return null;
    }
    const there = folder.children.get(name);
    if (there !== undefined && there.kind !== "file") this.remove(there, () => undefined);
    const node = there?.kind === "file" ? there : this.file(folder, name);
    const { size, mtime, stat } = known;
    this.describe(node, { size, mtime, ctime: stat?.ctime ?? 0, inode: stat?.inode ?? null, birth: 0 }, known.root);
    return node;
  }

  /** The deepest folder on the way to a path, and the first name below it that is not a known folder, or the last name. */
  nearest(path: string): { folder: FolderNode; name: string } | null {
    if (path === "") return null;
    const parts = path.split("/");
    let folder = this.top;
    for (const part of parts.slice(0, -1)) {
      const next = folder.children.get(part);
      if (next?.kind !== "folder") return { folder, name: part };
      folder = next;
    }
    return { folder, name: parts.at(-1) as string };
  }

  at(path: string): TreeNode | null {
    if (path === "") return this.top;
    const found = this.nearest(path);
    if (found === null) return null;
    const node = found.folder.children.get(found.name) ?? null;
    return node !== null && pathOf(node) === path ? node : null;
  }

  file(folder: FolderNode, name: string): FileNode {
    const node = new FileNode(folder, name);
    folder.children.set(name, node);
    this.#count(node, 1);
    return node;
  }

  skip(folder: FolderNode, name: string): SkippedNode {
    const node = new SkippedNode(folder, name);
    folder.children.set(name, node);
    this.#count(node, 1);
    return node;
  }

  folder(parent: FolderNode, name: string): FolderNode {
    const node = new FolderNode(parent, name);
    parent.children.set(name, node);
    return node;
  }

  /** New facts of a file, with the root that goes with them. */
  describe(node: FileNode, facts: FileFacts, root: string | null): void {
    this.#count(node, -1);
    node.put(facts, facts.size === 0 ? null : root);
    node.unreadable = false;
    node.reading = false;
    this.#count(node, 1);
  }

  setUnreadable(node: FileNode): void {
    this.#count(node, -1);
    node.unreadable = true;
    this.#count(node, 1);
  }

  setDenied(node: FolderNode, denied: boolean): void {
    this.#count(node, -1);
    node.denied = denied;
    this.#count(node, 1);
  }

  /** Takes a node and all below it out; each is told. */
  remove(node: TreeNode, told: (node: TreeNode) => void): void {
    node.parent?.children.delete(node.name);
    const below: TreeNode[] = [node];
    for (let next = below.pop(); next !== undefined; next = below.pop()) {
      this.#count(next, -1);
      if (next.kind === "file") next.leave();
      else next.end();
      told(next);
      if (next.kind === "folder") for (const child of next.children.values()) below.push(child);
    }
  }

  /** A node and all below it. */
  *nodes(start: TreeNode = this.top): Generator<TreeNode> {
    const below: TreeNode[] = [start];
    for (let next = below.pop(); next !== undefined; next = below.pop()) {
      yield next;
      if (next.kind === "folder") for (const child of next.children.values()) below.push(child);
    }
  }

  #folder(parent: FolderNode, name: string): FolderNode {
    const known = parent.children.get(name);
    if (known?.kind === "folder") return known;
    if (known !== undefined) this.remove(known, () => undefined);
    return this.folder(parent, name);
  }

  #count(node: TreeNode, sign: 1 | -1): void {
    if (node.kind === "skipped" || (node.kind === "folder" && node.denied)) this.totals.skipped += sign;
    if (node.kind !== "file") return;
    const known = node.rooted || node.size === 0;
    this.totals.files += sign;
    this.totals.bytes += sign * node.size;
    if (known) {
      this.totals.hashed += sign;
      this.totals.hashedBytes += sign * node.size;
    } else if (node.unreadable) {
      this.totals.unreadable += sign;
      this.totals.unreadableBytes += sign * node.size;
    }
  }
}
