import { type FSWatcher, watch } from "node:fs";
import { sep } from "node:path";
import process from "node:process";
import { reason, systemCode } from "../shared/errors.ts";
import { withoutPath } from "./look.ts";

/** What a watcher reports. Paths are below the share, `/`-separated. */
export interface Hears {
  /** Something happened to what is, or was, at this path. */
  changed(path: string): void;
  /** This folder itself was moved or deleted, so that its name may stand for another one now. */
  replaced(folder: string): void;
  /** It cannot watch, or not all: what is missed shows at the next rescan only. */
  failed(why: string): void;
  /** It has stopped watching, which another try may mend. */
  ended(why: string): void;
}

export interface Watching {
  /**
   * Sees to it that changes in this folder are reported from now on. Called before the folder is listed. `at`: how it is
   * reached just now.
   */
  folder(path: string, at: string): void;
  /** This folder is no more, or another one. */
  forget(path: string): void;
  /** Whether a folder that appears is watched by the time it is listed. */
  readonly immediate: boolean;
  close(): void;
}

/** Watches a folder tree for changes in the way that is sound on this system. */
export function watchTree(root: string, hears: Hears): Watching {
  // Node's own recursion on Linux watches each folder too, but never again one that is deleted and made anew
  // before the event is handled (`rm -r build && mkdir build`: measured on 26.10), nor does it survive a folder that
  // it may not read. Deno needs an inotify instance (128 a user) for each call, and its recursion is sound.
  const each = process.platform === "linux" && process.versions.deno === undefined;
  return each ? new EachFolder(hears) : new WholeTree(root, hears);
}

/** Events of a watched folder itself come under the last part of the path that it is watched as: nothing in it is called so. */
const SELF = ".";

class EachFolder implements Watching {
  readonly immediate = true;
  readonly #hears: Hears;
  readonly #watchers = new Map<string, FSWatcher>();

  constructor(hears: Hears) {
    this.#hears = hears;
  }

  folder(path: string, at: string): void {
    if (this.#watchers.has(path)) return;
    try {
      const watcher = watch(`${at}/${SELF}`, { persistent: false }, (event, name) => {
        if (name !== null && name !== SELF) this.#hears.changed(path === "" ? name : `${path}/${name}`);
        else if (name === SELF && event === "rename") this.#hears.replaced(path);
        else this.#hears.changed(path);
      });
      watcher.on("error", (error) => this.#hears.failed(limitReached(error) ?? withoutPath(error)));
      this.#watchers.set(path, watcher);
    } catch (thrown) {
      const code = systemCode(thrown);
      // Gone again, or not to be read: the listing that follows finds the same.
      if (code === "ENOENT" || code === "ENOTDIR" || code === "EACCES" || code === "EPERM") return;
      this.#hears.failed(limitReached(thrown) ?? withoutPath(thrown));
    }
  }

  forget(path: string): void {
    this.#watchers.get(path)?.close();
    this.#watchers.delete(path);
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }
}

class WholeTree implements Watching {
  readonly immediate = false;
  #watcher: FSWatcher | null = null;

  constructor(root: string, hears: Hears) {
    try {
      this.#watcher = watch(root, { recursive: true, persistent: false }, (_event, name) => {
        // Events of the root itself come without a name or with an empty one.
        if (name === null || name === "") hears.replaced("");
        else hears.changed(sep === "/" ? name : name.replaceAll(sep, "/"));
      });
      // Deno's ends at the first event of a name that is not UTF-8.
      this.#watcher.on("error", (error) => hears.ended(limitReached(error) ?? withoutPath(error)));
    } catch (thrown) {
      hears.failed(limitReached(thrown) ?? withoutPath(thrown));
    }
  }

  folder(): void {}
  forget(): void {}

  close(): void {
    this.#watcher?.close();
    this.#watcher = null;
  }
}

function limitReached(thrown: unknown): string | null {
  const code = systemCode(thrown);
  // Deno says it in words alone.
  if (code === "ENOSPC" || /file watch limit reached/i.test(reason(thrown))) {
    return "the system's limit of watched folders is reached (fs.inotify.max_user_watches)";
  }
  if (code === "EMFILE") return "the system's limit of watchers is reached (fs.inotify.max_user_instances)";
  return null;
}
