import { type FileHandle, lstat, mkdir, realpath, unlink, utimes } from "node:fs/promises";
import { join, sep } from "node:path";
import { GroupShareError, systemCode } from "../../shared/errors.ts";
import { diskTime } from "../../shared/file-time.ts";
import { makeFolders } from "../../shared/folders.ts";
import { openedPath } from "../../shared/opened-path.ts";
import { targetError } from "./target-error.ts";

/** The folder that a download writes into, and nothing outside of it: links inside it are not followed. */
export class Tree {
  /** Real path of the folder. */
  readonly root: string;
  readonly #made = new Map<string, Promise<string>>();

  private constructor(root: string) {
    this.root = root;
  }

  /** Makes the folder where it is not there. */
  static async open(path: string): Promise<Tree> {
    try {
      await makeFolders(path);
      return new Tree(await realpath(path));
    } catch (thrown) {
      throw targetError(path, thrown);
    }
  }

  /** The path of a folder below, made where it is not there; proven to be inside each time. */
  async folder(at: readonly string[]): Promise<string> {
    const path = await this.#make(at);
    const real = await realpath(path).catch((thrown) => {
      throw targetError(path, thrown);
    });
    if (real === path || this.#holds(real)) return path;
    throw leadsOut(path);
  }

  /**
   * Proves that a file opened by this path is inside: a folder may have become a link since `folder` looked. One outside is
   * closed, and removed if it is empty, as one that was just made is.
   */
  async prove(handle: FileHandle, path: string): Promise<void> {
    const real = await openedPath(handle, path).catch(() => null);
    if (real !== null && this.#holds(real)) return;
    if (real !== null && (await handle.stat()).size === 0) await unlink(real).catch(() => undefined);
    await handle.close();
    throw leadsOut(path);
  }

  #holds(real: string): boolean {
    return real.startsWith(this.root.endsWith(sep) ? this.root : `${this.root}${sep}`);
  }

  #make(at: readonly string[]): Promise<string> {
    const name = at.at(-1);
    if (name === undefined) return Promise.resolve(this.root);
    const key = at.join("/");
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const making = this.#make(at.slice(0, -1)).then((above) => this.#makeOne(join(above, name)));
    this.#made.set(key, making);
    making.catch(() => this.#made.delete(key));
    return making;
  }

  async #makeOne(path: string): Promise<string> {
    try {
      await mkdir(path);
    } catch (thrown) {
      if (systemCode(thrown) !== "EEXIST") throw targetError(path, thrown);
      const found = await lstat(path);
      if (found.isSymbolicLink()) throw leadsOut(path);
      if (!found.isDirectory()) throw targetError(path, Object.assign(new Error(), { code: "ENOTDIR" }));
    }
    return path;
  }
}

function leadsOut(path: string): GroupShareError {
  return new GroupShareError("unwritable", `Cannot write into "${path}": it is a link that leads elsewhere`, {
    hint: "move the link away and resume",
  });
}

/** Sets a folder's time. Where the disk takes no such time, it keeps its own: no reason to fail a download. */
export async function setFolderTime(path: string, mtime: number): Promise<void> {
  const time = diskTime(mtime);
  if ((await lstat(path)).isDirectory()) await utimes(path, time, time).catch(() => undefined);
}
