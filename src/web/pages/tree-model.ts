import { GroupShareError } from "../../shared/errors.ts";
import type { FileView, Needs } from "../needs.ts";

/** Folders of one folder that the tree shows; the file list has all. Count. */
const CHILDREN = 200;
/** Folders that the tree shows together, so that drawing it stays quick. Count. */
const MOST = 3_000;

/** A folder of the tree. `children` is null while it is closed; `more` tells that it has folders beyond those. */
export interface TreeNode {
  readonly folder: FileView;
  readonly children: readonly TreeNode[] | null;
  readonly more: boolean;
}

/** The tree below `top` with the given paths open. What is not there any more is left out. */
export async function loadTree(
  needs: Pick<Needs, "list">,
  top: string,
  open: ReadonlySet<string>,
): Promise<readonly TreeNode[]> {
  const left = { count: MOST };
  return (await childrenOf(needs, top, open, left)).nodes;
}

async function childrenOf(
  needs: Pick<Needs, "list">,
  path: string,
  open: ReadonlySet<string>,
  left: { count: number },
): Promise<{ nodes: TreeNode[]; more: boolean }> {
  const { folders, more } = await foldersOf(needs, path);
  const nodes: TreeNode[] = [];
  left.count -= folders.length;
  for (const folder of folders) {
    const below = open.has(folder.path) && left.count > 0 ? await childrenOf(needs, folder.path, open, left) : null;
    nodes.push({ folder, children: below?.nodes ?? null, more: below?.more ?? false });
  }
  return { nodes, more };
}

/** Folders come first in every list, so the first page has those that are shown. */
async function foldersOf(needs: Pick<Needs, "list">, path: string): Promise<{ folders: FileView[]; more: boolean }> {
  try {
    const { items, next } = await needs.list(path, { after: null, limit: CHILDREN });
    const folders = items.filter((item) => item.kind === "folder");
    return { folders, more: next !== null && folders.length === items.length };
  } catch (thrown) {
    // Gone between two looks, or its member is: its own parent's list says so next time.
    if (thrown instanceof GroupShareError && path !== "") return { folders: [], more: false };
    throw thrown;
  }
}
