import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { ContentHasher } from "../shared/content.ts";
import { reason, systemCode } from "../shared/errors.ts";
import { toLook } from "./look.ts";
import type { HashItem, HashOutcome, HashResult } from "./protocol.ts";

const CHUNK = 1 << 20;
/** Chunks between two looks whether the file is still the same: a file that is written to is not read to its end. */
const CHUNKS_A_LOOK = 32;
/** A FIFO that was put where a file was must not make the open wait. Windows has neither. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** What a file is read into. */
export const newBuffer = (): Uint8Array => new Uint8Array(CHUNK);

/**
 * Reads a file and computes its content, unless it is not, or does not stay, the one that was decided on. Reads are
 * synchronous, being several times cheaper for small files: for workers only. `buffer`: used by no other call before
 * this one resolves. `between`: waited for now and then in a large file, with the bytes read so far.
 */
export async function hashFile(
  item: HashItem,
  buffer: Uint8Array,
  between: (read: number) => Promise<void> = () => turn(),
): Promise<HashResult> {
  let read = 0;
  const result = (outcome: HashOutcome): HashResult => ({ item, outcome, read });
  let file: number;
  try {
    file = openSync(item.file, FLAGS);
  } catch (thrown) {
    return result(refused(thrown));
  }
  try {
    const first = fstatSync(file, { bigint: true });
    // To the nanosecond, where the runtime has it: only what is known from before is told in milliseconds.
    const stays = () => {
      const now = fstatSync(file, { bigint: true });
      return isStill(item, now) && now.ctimeNs === first.ctimeNs;
    };
    if (!isStill(item, first)) return result({ kind: "changed" });
    const hasher = new ContentHasher(item.size);
    for (let chunks = 1; ; chunks++) {
      const got = readSync(file, buffer, 0, CHUNK, null);
      if (got === 0) break;
      hasher.update(buffer.subarray(0, got));
      read += got;
      // That nothing follows is seen by the last look at its size.
      if (read >= item.size) break;
      if (chunks % CHUNKS_A_LOOK === 0) {
        if (!stays()) return result({ kind: "changed" });
        await between(read);
      }
    }
    const digest = hasher.digest();
    if (digest === null || read !== item.size || !stays()) return result({ kind: "changed" });
    return result({ kind: "hashed", root: digest.root });
  } catch (thrown) {
    return result(refused(thrown));
  } finally {
    closeSync(file);
  }
}

function refused(thrown: unknown): HashOutcome {
  const code = systemCode(thrown);
  return code === "ENOENT" || code === "ENOTDIR" ? { kind: "changed" } : { kind: "unreadable", why: reason(thrown) };
}

/**
 * The inode proves that it is the file which the scan found inside the share, whatever its path leads to by now; the
 * ctime that nothing was written to it since, also where its mtime was put back.
 */
function isStill(item: HashItem, stats: BigIntStats): boolean {
  const { inode, size, mtime, ctime } = toLook(stats);
  const same = inode === item.inode && size === item.size && mtime === item.mtime && ctime === item.ctime;
  return stats.isFile() && same;
}
