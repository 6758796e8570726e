import type { FileView } from "../web/mod.ts";

/** A folder as pages and scripts see it. */
export function folder(
  name: string,
  path: string,
  size: number,
  files: number,
  holders: readonly string[],
  mtime: number,
): FileView {
  return { name, path, kind: "folder", size, mtime, contentId: null, holders, files };
}

/** A folder of all these. */
export function sum(name: string, path: string, items: readonly FileView[]): FileView {
  const size = items.reduce((total, item) => total + item.size, 0);
  const files = items.reduce((total, item) => total + item.files, 0);
  const mtime = items.reduce((latest, item) => Math.max(latest, item.mtime), 0);
  return folder(name, path, size, files, [...new Set(items.flatMap((item) => item.holders))], mtime);
}
