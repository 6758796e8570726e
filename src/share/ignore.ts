import ignore, { type Ignore } from "ignore";

/** Left out of every share, in gitignore syntax. */
const DEFAULTS = [
  ".git",
  "node_modules",
  "*.groupshare-part",
  "Thumbs.db",
  "ehthumbs.db",
  "desktop.ini",
  ".DS_Store",
  ".thumbnails",
  ".Trash-*",
  "$RECYCLE.BIN",
  "System Volume Information",
  "lost+found",
];

/** The library remembers each path that it was asked about: it is made anew before that grows large. */
const ASKED = 10_000;

let matcher: Ignore | null = null;
let asked = 0;

function named(name: string, folder: boolean): boolean {
  if (matcher === null || asked >= ASKED) {
    matcher = ignore().add(DEFAULTS);
    asked = 0;
  }
  asked += 1;
  return matcher.ignores(folder ? `${name}/` : name);
}

/** Whether one name is left out, of a file or a folder whose own parent is not. */
export function ignoresName(name: string, folder = false): boolean {
  return named(name, folder);
}

/** Whether a path below a share, or any folder on the way to it, is left out. `withheld` is a path that is never offered. */
export function ignoresPath(path: string, withheld: string | null): boolean {
  if (path === "") return false;
  if (withheld !== null && (path === withheld || path.startsWith(`${withheld}/`))) return true;
  return path.split("/").some((name) => ignoresName(name));
}
