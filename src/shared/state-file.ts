import { randomBytes } from "node:crypto";
import { type FileHandle, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { GroupShareError, reason, systemCode, writeError } from "./errors.ts";
import { makeFolders, syncFolder } from "./folders.ts";

/**
 * Replaces a file as a whole: temp file beside it, fsync, rename. A failure leaves the old one as it was. `data`: what it
 * is to hold, or what writes that.
 */
export async function replaceFile(
  path: string,
  data: string | Uint8Array | ((file: FileHandle) => Promise<void>),
  mode = 0o600,
): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString("hex")}.tmp`;
  try {
    await makeFolders(dirname(path), 0o700);
    const file = await open(temporary, "wx", mode);
    try {
      if (typeof data === "function") await data(file);
      else await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (thrown) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw writeError(`write "${path}"`, thrown);
  }
}

/** The bytes of a file, or null where there is none. */
export async function readIfThere(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (thrown) {
    if (systemCode(thrown) === "ENOENT") return null;
    throw new GroupShareError("unwritable", `Cannot read "${path}": ${reason(thrown)}`, { cause: thrown });
  }
}

/** A small state kept on disk as JSON. `check` turns what was parsed into the state, or throws. */
export class StateFile<T> {
  readonly path: string;
  readonly #check: (value: unknown) => T;
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string, check: (value: unknown) => T) {
    this.path = path;
    this.#check = check;
  }

  /** The stored state; null where there is none. A damaged file is set aside as `PATH.damaged-TIME` and `told`. */
  async read(told: (message: string) => void): Promise<T | null> {
    const bytes = await readIfThere(this.path);
    if (bytes === null) return null;
    try {
      return this.#check(JSON.parse(bytes.toString("utf8")));
    } catch (thrown) {
      const aside = `${this.path}.damaged-${Date.now()}`;
      await rename(this.path, aside);
      told(`"${this.path}" is damaged (${reason(thrown)}); set aside as "${aside}"`);
      return null;
    }
  }

  /** Writes after the writes asked for before; fails without hurting what is there. */
  write(state: T): Promise<void> {
    const next = this.#writing.then(() => replaceFile(this.path, `${JSON.stringify(state, null, 2)}\n`));
    this.#writing = next.catch(() => undefined);
    return next;
  }

  async remove(): Promise<void> {
    await this.#writing;
    await rm(this.path, { force: true });
  }
}
