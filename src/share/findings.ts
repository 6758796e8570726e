import { type Identity, isSameFolder, judge, type Look } from "./core/compare.ts";
import { type FileNode, type FolderNode, pathOf, type SkippedNode, type TreeNode } from "./core/tree.ts";
import { hasLastingInodes, type Sight } from "./look.ts";
import type { Mounts } from "./mounts.ts";
import { type Explored, type Pass, toChange } from "./pass.ts";
import { onDisk } from "./place.ts";

/** What is at a path of a share; `left out`: its rules do not let be offered what is there, if anything is. */
export type Seen = Sight | { readonly kind: "left out" };

/** Brings the tree up to date with what was seen, and tells the difference. */
export class Findings {
  readonly #world: Explored;
  readonly #mounts: Mounts;

  constructor(world: Explored, mounts: Mounts) {
    this.#world = world;
    this.#mounts = mounts;
  }

  /** Takes note of what was seen under a name; `listed`: a listing just had it. The node that is there now, if any. */
  meet(folder: FolderNode, parent: string, name: string, seen: Seen, pass: Pass, listed = false): TreeNode | null {
    const known = folder.children.get(name);
    switch (seen.kind) {
      case "unknown":
        this.#world.troubled(`"${parent === "" ? name : `${parent}/${name}`}": ${seen.why}`);
        return known ?? null;
      case "left out":
        if (known !== undefined) this.#remove(known, pass);
        return null;
      case "none":
        if (known?.kind === "folder" && known.mount === known) {
          this.#mounts.look(known, null);
          return null;
        }
        // Names that are not UTF-8 are listed with replacement characters, under which they cannot be found.
        if (listed && name.includes("\ufffd")) return this.#skip(folder, name, pass);
        if (known !== undefined) this.#remove(known, pass);
        return null;
      case "skipped":
        return this.#skip(folder, name, pass);
      case "link":
        return this.#link(folder, name, pass);
      case "folder":
        return this.#folder(folder, name, seen, pass);
      case "file": {
        if (known !== undefined && known.kind !== "file") this.#remove(known, pass);
        const before = known?.kind === "file" ? known : null;
        if (before !== null && this.#world.unsettled(before)) return before;
        const node = before ?? this.#world.tree.file(folder, name);
        if (before === null) pass.touched.add(folder);
        if (seen.link !== null) this.#world.linked(node);
        if (seen.link === "hard") this.#linkOther(node, seen.look.inode);
        this.#file(node, before, seen.look, pass);
        return node;
      }
    }
  }

  /** A folder that is another one now, or was replaced: it and all below is to be listed and watched anew. */
  unwatch(folder: FolderNode): void {
    for (const node of this.#world.tree.nodes(folder)) {
      if (node.kind !== "folder") continue;
      node.listed = false;
      this.#world.watching()?.forget(pathOf(node));
    }
  }

  /** Takes out what is no more, once it is certain that the share itself is there. */
  #remove(node: TreeNode, pass: Pass): void {
    const { tree, inodes, rules } = this.#world;
    this.#world.proveRoot();
    const path = pathOf(node);
    const now = performance.now();
    tree.remove(node, (each) => {
      if (each.kind === "file") inodes.depart(each, now);
      if (each.kind !== "folder") return;
      this.#world.watching()?.forget(pathOf(each));
      rules.forget(each);
      this.#mounts.forget(each);
    });
    if (node.parent !== null) pass.touched.add(node.parent);
    if (node.kind !== "skipped") this.#world.tell({ kind: "gone", path });
  }

  #skip(folder: FolderNode, name: string, pass: Pass): SkippedNode {
    const known = folder.children.get(name);
    if (known?.kind === "skipped") return known;
    if (known !== undefined) this.#remove(known, pass);
    return this.#world.tree.skip(folder, name);
  }

  #link(folder: FolderNode, name: string, pass: Pass): SkippedNode {
    const node = this.#skip(folder, name, pass);
    this.#world.linked(node);
    return node;
  }

  #folder(
    parent: FolderNode,
    name: string,
    seen: { mtime: number; identity: Identity },
    pass: Pass,
  ): FolderNode | null {
    const { tree } = this.#world;
    const known = parent.children.get(name);
    if (known?.kind === "folder" && this.#mounts.look(known, seen.identity) === "away") return null;
    if (known !== undefined && known.kind !== "folder") this.#remove(known, pass);
    const before = known?.kind === "folder" ? known : null;
    const node = before ?? tree.folder(parent, name);
    if (before === null) pass.touched.add(parent);
    if (node.identity !== null && !isSameFolder(node.identity, seen.identity)) this.unwatch(node);
    const { identity } = node;
    node.identity = seen.identity;
    this.#mounts.place(node, parent, identity);
    if (node.mtime !== seen.mtime) {
      node.mtime = seen.mtime;
      // What it lists has changed. Not for a new one, which is not listed yet anyway.
      node.listed = false;
      this.#world.tell({ kind: "folder", path: pathOf(node), mtime: seen.mtime });
    }
    return node;
  }

  #file(node: FileNode, before: FileNode | null, look: Look, pass: Pass): void {
    const { tree, inodes } = this.#world;
    const lasting = () => hasLastingInodes(onDisk(this.#world.place.root, pathOf(node)));
    const verdict = before === null ? "changed" : judge(before, look, lasting);
    if (verdict === "same") {
      // What was stored is less exact. What is read on the strength of that counts for nothing.
      if (node.ctime !== look.ctime) node.reading = false;
      node.refine(look.ctime, look.birth);
      this.#world.unread(node, pass);
      return;
    }
    const known = node.root;
    let root = verdict === "changed" ? null : known;
    let verify = verdict === "verify" || (verdict === "kept" && node.verify);
    if (node.inode !== look.inode) {
      // Contents go with their inodes, whatever else fits: folders may have swapped their names.
      const moved = inodes.find(look);
      if (moved !== null) {
        root = moved.root;
        verify = !moved.sure;
      }
      inodes.displace(node, performance.now());
    }
    tree.describe(node, look, root);
    inodes.set(node);
    node.verify = node.rooted && verify;
    if (!node.rooted && node.size > 0) {
      pass.fresh.add(node);
      return;
    }
    // Others see no difference. Told once it is proven: if the program ends before, it is to be proven at the next start.
    if (verdict !== "changed" && node.verify && root === known) this.#world.unproven(node);
    else this.#world.tell(toChange(node));
    this.#world.unread(node, pass);
  }

  /** A file may have had one name when it was last seen, and be written under one that it was given since. */
  #linkOther(node: FileNode, inode: string): void {
    const { tree, inodes } = this.#world;
    const other = inodes.at(inode);
    if (other !== null && other !== node && tree.at(pathOf(other)) === other) this.#world.linked(other);
  }
}
