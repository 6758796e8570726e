import { pathComponents } from "../../shared/paths.ts";
import { targetName } from "./names.ts";

/** What a plan needs to know of an entry. */
export interface Listed {
  readonly path: string;
  readonly kind: "file" | "folder";
  readonly size: number;
  readonly mtime: number;
  readonly root: string | null;
}

export interface PlannedFolder {
  /** Names on this disk, below the download's own folder. */
  readonly at: readonly string[];
  readonly mtime: number;
}

export interface PlannedFile {
  /** Folders on this disk, below the download's own folder. */
  readonly at: readonly string[];
  readonly name: string;
  /** Where it is in its share. */
  readonly path: string;
  readonly size: number;
  readonly mtime: number;
  readonly root: string | null;
}

type Planned =
  | { readonly kind: "folder"; readonly folder: PlannedFolder }
  | { readonly kind: "file"; readonly file: PlannedFile }
  | { readonly kind: "refused"; readonly path: string; readonly why: string };

/**
 * Where an entry below the folder `base` of a share goes, relative to the download's own folder.
 * Refused where its path is not safe or not below `base`: no entry leads out of the download's folder.
 */
export function place(base: string, entry: Listed, windows: boolean): Planned {
  const components = pathComponents(entry.path);
  if ("refused" in components) return { kind: "refused", path: entry.path, why: components.refused };
  if (base !== "" && !entry.path.startsWith(`${base}/`)) {
    return { kind: "refused", path: entry.path, why: `it is not below "${base}"` };
  }
  const below = base === "" ? components : components.slice(base.split("/").length);
  const names = below.map((component) => targetName(component, windows));
  const name = names.at(-1);
  if (name === undefined) return { kind: "refused", path: entry.path, why: "it is the folder itself" };
  if (entry.kind === "folder") return { kind: "folder", folder: { at: names, mtime: entry.mtime } };
  const { path, size, mtime, root } = entry;
  return { kind: "file", file: { at: names.slice(0, -1), name, path, size, mtime, root } };
}

/** Folders in the order in which their times can be set: what is deepest first, since writing below changes a time. */
export function deepestFirst(folders: readonly PlannedFolder[]): PlannedFolder[] {
  return [...folders].sort((a, b) => b.at.length - a.at.length);
}
