import { foldedPath } from "../../shared/paths.ts";
import type { TreeNode } from "./tree.ts";

/** Whether two names are not the same, and are to a disk that takes no notice of case or of how letters are composed. */
export function isRespelt(name: string, other: string): boolean {
  return name !== other && foldedPath(name) === foldedPath(other);
}

/** Whether a file or folder was known under another spelling of its name, in the same folder: it may have lost that name. */
export function wasRespelt(node: TreeNode): boolean {
  const inode = inodeOf(node);
  if (inode === null || node.parent === null) return false;
  for (const sibling of node.parent.children.values()) {
    if (sibling !== node && inodeOf(sibling) === inode && isRespelt(sibling.name, node.name)) return true;
  }
  return false;
}

function inodeOf(node: TreeNode): string | null {
  if (node.kind === "skipped") return null;
  return node.kind === "file" ? node.inode : (node.identity?.inode ?? null);
}
