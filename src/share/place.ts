import { isAbsolute, relative, sep } from "node:path";

/** Where a share is on disk. */
export interface Place {
  /** Real path of its folder. */
  readonly root: string;
  /** A path below it that is never offered, such as where this program keeps its own secrets. */
  readonly withheld: string | null;
}

/** A path below a share as the system writes it. */
export function onDisk(root: string, path: string): string {
  if (path === "") return root;
  const below = sep === "/" ? path : path.replaceAll("/", sep);
  return root.endsWith(sep) ? root + below : root + sep + below;
}

/** The path below the root of a real path, `/`-separated; null where it is not inside. */
export function below(root: string, real: string): string | null {
  const path = relative(root, real);
  // On another drive it is told whole.
  if (path === ".." || path.startsWith(`..${sep}`) || isAbsolute(path)) return null;
  return sep === "/" ? path : path.replaceAll(sep, "/");
}
