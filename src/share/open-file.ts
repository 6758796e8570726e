import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { GroupShareError, reason, systemCode } from "../shared/errors.ts";
import { fileTime } from "../shared/file-time.ts";
import { openedPath } from "../shared/opened-path.ts";
import { pathComponents } from "../shared/paths.ts";
import { ignoresPath } from "./ignore.ts";
import { below, onDisk, type Place } from "./place.ts";

/** A file of a share, open for reading. Whoever gets it closes the handle. */
export interface OpenedShareFile {
  readonly handle: FileHandle;
  readonly size: number;
  /** Whole milliseconds since 1970. */
  readonly mtime: number;
}

/** Opening a FIFO for reading would wait for a writer. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Opens a file of a share. It is opened first, and then proven to be inside the share and offered: so no link that is
 * swapped in meanwhile leads out.
 */
export async function openInside(place: Place, path: string): Promise<OpenedShareFile> {
  const components = pathComponents(path);
  if (!Array.isArray(components)) throw refusal("denied", path, components.refused);
  if (components.length === 0 || ignoresPath(path, place.withheld)) throw refusal("not-found", path, "no such file");
  const full = onDisk(place.root, path);
  let handle: FileHandle;
  try {
    handle = await open(full, FLAGS);
  } catch (thrown) {
    throw failure(path, thrown);
  }
  try {
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile()) throw refusal("not-found", path, "no such file");
    const real = await openedPath(handle, full);
    if (real === null) throw refusal("denied", path, "it was replaced while it was opened");
    const inside = below(place.root, real);
    if (inside === null || ignoresPath(inside, place.withheld)) {
      throw refusal("denied", path, "it leads out of the share");
    }
    return { handle, size: Number(stats.size), mtime: fileTime(stats) };
  } catch (thrown) {
    await handle.close();
    throw thrown instanceof GroupShareError ? thrown : failure(path, thrown);
  }
}

function refusal(code: "not-found" | "denied", path: string, why: string): GroupShareError {
  return new GroupShareError(code, `Cannot open "${path}": ${why}`);
}

function failure(path: string, thrown: unknown): GroupShareError {
  const code = systemCode(thrown);
  // ENXIO is a socket, or a FIFO without a writer.
  if (code === "ENOENT" || code === "ENOTDIR" || code === "ENXIO" || code === "EISDIR") {
    return refusal("not-found", path, "no such file");
  }
  if (code === "EACCES" || code === "EPERM" || code === "ELOOP") return refusal("denied", path, reason(thrown));
  return new GroupShareError("internal", `Cannot open "${path}": ${reason(thrown)}`, { cause: thrown });
}
