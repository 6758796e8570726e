import { realpath, stat, statfs } from "node:fs/promises";
import { resolve } from "node:path";
import { GroupShareError, reason, systemCode } from "../shared/errors.ts";
import { below } from "./place.ts";

/** Where Linux shows itself as files: endless, never at rest, and of no use elsewhere. Memory disks are none of it. */
const OF_THE_SYSTEM = ["/proc", "/sys", "/dev"];
const MEMORY_DISK = "/dev/shm";
/** The same mounted anywhere else, by the type that `statfs` tells (statfs(2)): proc, sysfs, devpts, cgroup, cgroup2, debugfs, tracefs. */
const PSEUDO = new Set([0x9fa0, 0x62656572, 0x1cd1, 0x27e0eb, 0x63677270, 0x64626720, 0x74726163]);

/**
 * The real path of a folder that can be shared; null where there is nothing at this path. `own`: where this program
 * keeps its state, as a real path. Errors: invalid (no folder), denied.
 */
export async function sharableFolder(path: string, own: string): Promise<string | null> {
  const cannot = `Cannot share "${path}"`;
  try {
    const real = await realpath(resolve(path));
    if (!(await stat(real)).isDirectory()) {
      throw new GroupShareError("invalid", `${cannot}: it is not a folder`, { hint: "share the folder that it is in" });
    }
    if (below(own, real) !== null) {
      throw new GroupShareError("denied", `${cannot}: this program keeps its own secrets there`, {
        hint: "share a folder outside of the data directory",
      });
    }
    if (await isOfTheSystem(real)) {
      throw new GroupShareError("denied", `${cannot}: what is there are no files on a disk, but the system itself`, {
        hint: "share a folder with files",
      });
    }
    return real;
  } catch (thrown) {
    if (thrown instanceof GroupShareError) throw thrown;
    const code = systemCode(thrown);
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw new GroupShareError("denied", `${cannot}: ${reason(thrown)}`, { cause: thrown });
  }
}

async function isOfTheSystem(real: string): Promise<boolean> {
  if (process.platform !== "linux") return false;
  if (below(MEMORY_DISK, real) !== null) return false;
  if (OF_THE_SYSTEM.some((root) => below(root, real) !== null)) return true;
  const type = await statfs(real).then(
    (found) => found.type,
    () => 0,
  );
  return PSEUDO.has(type);
}
