/** More names than this in one folder: it is cheaper to list the folder. */
const NAMES = 64;
/** More folders than this: it is cheaper to look at everything. */
const FOLDERS = 4_096;

/** Paths to look at again: per folder its names, or "all" of them; or everything. */
export interface DirtyPaths {
  readonly everything: boolean;
  readonly folders: ReadonlyMap<string, ReadonlySet<string> | "all">;
}

/** Collects what a watcher reports until there is quiet, in bounded memory whatever the storm. */
export class Dirty {
  #folders = new Map<string, Set<string> | "all">();
  #everything = false;

  get empty(): boolean {
    return !this.#everything && this.#folders.size === 0;
  }

  /** Something happened to what is, or was, at this path. */
  add(path: string): void {
    const slash = path.lastIndexOf("/");
    const folder = slash < 0 ? "" : path.slice(0, slash);
    const names = this.#folders.get(folder);
    if (names === "all") return;
    if (names === undefined) this.#put(folder, new Set([path.slice(slash + 1)]));
    else if (names.size < NAMES) names.add(path.slice(slash + 1));
    else this.#put(folder, "all");
  }

  /** Any of the folder's names may have changed. */
  addFolder(folder: string): void {
    this.#put(folder, "all");
  }

  addEverything(): void {
    this.#everything = true;
    this.#folders.clear();
  }

  take(): DirtyPaths {
    const taken = { everything: this.#everything, folders: this.#folders };
    this.#everything = false;
    this.#folders = new Map();
    return taken;
  }

  #put(folder: string, names: Set<string> | "all"): void {
    if (this.#everything) return;
    if (!this.#folders.has(folder) && this.#folders.size >= FOLDERS) this.addEverything();
    else this.#folders.set(folder, names);
  }
}
