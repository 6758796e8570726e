import type { Change } from "../shared/entry.ts";
import type { Inodes } from "./core/inodes.ts";
import { type FileNode, type FolderNode, pathOf, type SkippedNode, type Tree } from "./core/tree.ts";
import type { Place } from "./place.ts";
import type { InnerMount } from "./protocol.ts";
import type { RuleBook } from "./rule-book.ts";
import type { Watching } from "./watch.ts";

/** The share's folder is not there, or is another one: nothing that is missing below it is gone. */
export class RootLost extends Error {}
/** The share went offline or came back meanwhile: what was under way means nothing any more. */
export class Superseded extends Error {}

/** One go over part of a share, and what it met. */
export interface Pass {
  /** `all`: into every folder. `again`: too, but what changed is news. `news`: only into folders not listed yet. */
  readonly kind: "all" | "again" | "news";
  /** Counts the times that the share went offline or came back: the pass is over when that changes. */
  readonly era: number;
  /** Files with a content not known yet, in the order met. They are not told yet. */
  readonly fresh: Set<FileNode>;
  /** Folders in which something came or went. */
  readonly touched: Set<FolderNode>;
}

export const newPass = (kind: Pass["kind"], era: number): Pass => ({
  kind,
  era,
  fresh: new Set(),
  touched: new Set(),
});

/** What looking at a share needs of the scanner around it. */
export interface Explored {
  readonly place: Place;
  /** As they were when they were last seen. */
  readonly mounts: readonly InnerMount[];
  readonly tree: Tree;
  readonly inodes: Inodes;
  readonly rules: RuleBook;
  watching(): Watching | null;
  tell(change: WithoutShare<Change>): void;
  /** A file as it was told before still has no proven content. */
  unread(node: FileNode, pass: Pass): void;
  /** What the catalog has of a file is told anew when its content is proven. */
  unproven(node: FileNode): void;
  /** It is being written: not looked at before it comes to rest. */
  unsettled(node: FileNode): boolean;
  /** A file that has other names too, or a link to something else. */
  linked(node: FileNode | SkippedNode): void;
  /** Something could not be looked at. */
  troubled(why: string): void;
  /** Throws RootLost unless the share's folder is the one it was. */
  proveRoot(): void;
  /** Called between slices of a pass; throws Superseded when it is no use to go on. */
  goOn(pass: Pass): Promise<void>;
}
type WithoutShare<T> = T extends unknown ? Omit<T, "share"> : never;
export type Told = WithoutShare<Change>;

export function toChange(node: FileNode): Told {
  const { size, mtime, root, ctime } = node;
  return { kind: "file", path: pathOf(node), size, mtime, root, stat: { inode: node.inode ?? "", ctime } };
}
