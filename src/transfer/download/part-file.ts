import { type BigIntStats, constants } from "node:fs";
import { type FileHandle, lstat, open, unlink } from "node:fs/promises";
import { join } from "node:path";
import { GroupShareError, systemCode } from "../../shared/errors.ts";
import { diskTime } from "../../shared/file-time.ts";
import { partName } from "../core/names.ts";
import { GentleHasher, hashOpened } from "../gentle-hasher.ts";
import type { Claims } from "./claims.ts";
import { targetError } from "./target-error.ts";
import type { Tree } from "./tree.ts";

/** Bytes gathered before they are written. */
const GATHERED = 1 << 20;
/** Names tried for a part file. */
const MOST = 100;
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;

interface PartOptions {
  readonly folder: string;
  readonly tree: Pick<Tree, "prove">;
  readonly name: string;
  readonly size: number;
  /** Makes the name the download's own where the plain one is taken. */
  readonly tag: string;
  readonly claims: Claims;
  /** Where this download left one earlier in this run of the program. */
  readonly known: string | null;
  /** Since when a part file may be this download's own, left by an earlier run; null: it had none. */
  readonly ownSince: number | null;
}

/** What of a part file was written and hashed in this run of the program, so that it need not be read again. */
export interface Kept {
  readonly path: string;
  readonly offset: number;
  readonly hasher: GentleHasher;
  /** Tells whether the file is still as it was left. */
  readonly mark: string;
}

/**
 * A file while it is being downloaded: bytes are hashed and written as they come, in order. Once it is complete, it is
 * synced, so that what is put in place is really on the disk. Claims its path until `release`.
 */
export class PartFile {
  readonly path: string;
  /** Bytes that are here, those gathered among them. */
  offset = 0;
  readonly #file: FileHandle;
  readonly #size: number;
  #hasher: GentleHasher;
  readonly #gathered: Uint8Array;
  #filled = 0;
  /** The hasher has taken what `offset` counts, and can take more. */
  #sound = true;

  private constructor(path: string, file: FileHandle, size: number) {
    this.path = path;
    this.#file = file;
    this.#size = size;
    this.#hasher = new GentleHasher(size);
    this.#gathered = new Uint8Array(Math.min(GATHERED, size));
  }

  /** Opens the part file of a file, its own earlier one where there is one, else a new one that was not there. */
  static async open(options: PartOptions): Promise<PartFile> {
    const { folder, name, size, tag, claims, known } = options;
    for (let number = 0; number < MOST; number++) {
      const path =
        known !== null && number === 0
          ? known
          : join(folder, partName(name, number === 0 ? null : number === 1 ? tag : `${tag}-${number}`));
      if (path !== known && claims.has(path)) continue;
      claims.add(path);
      try {
        const file = (await openOwn(path, options)) ?? (await create(path));
        if (file !== null) {
          await options.tree.prove(file, path);
          return new PartFile(path, file, size);
        }
      } catch (thrown) {
        claims.delete(path);
        throw targetError(path, thrown);
      }
      claims.delete(path);
    }
    throw new GroupShareError("unwritable", `Cannot write "${join(folder, name)}": too many part files of this name`, {
      hint: "remove old *.groupshare-part files there and resume",
    });
  }

  /** Goes on where an earlier try of this run left the file; false where somebody else touched it since. */
  async recall(kept: Kept | null): Promise<boolean> {
    if (kept === null || kept.path !== this.path) return false;
    if (markOf(await this.#file.stat({ bigint: true })) !== kept.mark) return false;
    this.#hasher = kept.hasher;
    this.offset = kept.offset;
    return true;
  }

  /** Reads what an earlier try left, and takes it over as far as it can be the beginning of this file. */
  async takeOver(signal: AbortSignal): Promise<void> {
    const { size } = await this.#file.stat();
    if (size > this.#size) return await this.restart();
    await hashOpened(this.#file, size, signal, this.#hasher);
    this.offset = size;
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.#sound = false;
    await this.#hasher.update(bytes);
    for (let at = 0; at < bytes.length; ) {
      const taken = Math.min(bytes.length - at, this.#gathered.length - this.#filled);
      this.#gathered.set(bytes.subarray(at, at + taken), this.#filled);
      this.#filled += taken;
      this.offset += taken;
      at += taken;
      if (this.#filled === this.#gathered.length) await this.#write();
    }
    this.#sound = true;
  }

  /** Throws away all that is here. */
  async restart(): Promise<void> {
    this.#filled = 0;
    this.offset = 0;
    this.#hasher = new GentleHasher(this.#size);
    this.#sound = true;
    await this.#file.truncate(0);
  }

  /** The root of what is here, which must be all; null never comes but for no bytes. Ask once. */
  root(): string | null {
    this.#sound = false;
    return this.#hasher.digest()?.root ?? null;
  }

  /** Gets it onto the disk with its time. */
  async complete(mtime: number): Promise<void> {
    await this.#write();
    const time = diskTime(mtime);
    await this.#file.utimes(time, time).catch(() => undefined);
    try {
      await this.#file.sync();
    } catch (thrown) {
      throw targetError(this.path, thrown);
    }
  }

  /**
   * Writes what can be written and closes. Never fails: what is not on the disk is fetched again. Returns what the next
   * try can go on with unread; null where it must read, or there is nothing.
   */
  async close(): Promise<Kept | null> {
    let kept: Kept | null = null;
    try {
      await this.#write();
      if (this.#sound && this.offset > 0) {
        const mark = markOf(await this.#file.stat({ bigint: true }));
        kept = { path: this.path, offset: this.offset, hasher: this.#hasher, mark };
      }
    } catch {
      // Read again, as far as it is there.
    }
    await this.#file.close().catch(() => undefined);
    return kept;
  }

  async #write(): Promise<void> {
    const start = this.offset - this.#filled;
    try {
      for (let at = 0; at < this.#filled; ) {
        const { bytesWritten } = await this.#file.write(this.#gathered, at, this.#filled - at, start + at);
        at += bytesWritten;
      }
    } catch (thrown) {
      throw targetError(this.path, thrown);
    }
    this.#filled = 0;
  }
}

const markOf = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string =>
  [dev, ino, size, mtimeNs, ctimeNs].join(" ");

/** Opens a part file that is this download's own; null where there is none. */
async function openOwn(path: string, { known, ownSince }: PartOptions): Promise<FileHandle | null> {
  if (path !== known && (ownSince === null || !(await isOwnPart(path, ownSince)))) return null;
  try {
    return await open(path, constants.O_RDWR | NO_FOLLOW);
  } catch (thrown) {
    if (systemCode(thrown) === "ENOENT") return null;
    throw thrown;
  }
}

/** Makes one; null where something of this name is there. */
async function create(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, "wx+");
  } catch (thrown) {
    if (systemCode(thrown) === "EEXIST") return null;
    throw thrown;
  }
}

/**
 * Whether a part file found on the disk can be one that a download added at `since` left there: it was touched later,
 * as far as disks (FAT: 2 s) and runtimes (Deno: ctime in seconds) can tell. A complete one has its file's mtime already.
 */
export async function isOwnPart(path: string, since: number): Promise<boolean> {
  const found = await lstat(path).catch(() => null);
  return found?.isFile() === true && Math.max(found.mtimeMs, found.ctimeMs) >= since - 2_000;
}

/** A part file that an earlier run of the program left of this download. */
export async function findLeftOver(
  options: Pick<PartOptions, "folder" | "name" | "tag" | "claims"> & { readonly ownSince: number },
): Promise<string | null> {
  for (const tag of [options.tag, null]) {
    const path = join(options.folder, partName(options.name, tag));
    if (!options.claims.has(path) && (await isOwnPart(path, options.ownSince))) return path;
  }
  return null;
}

export async function removePart(path: string): Promise<void> {
  await unlink(path).catch((thrown) => {
    if (systemCode(thrown) !== "ENOENT") throw targetError(path, thrown);
  });
}
