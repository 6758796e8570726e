import { rename } from "node:fs/promises";
import { systemCode } from "../shared/errors.ts";

/** Names that are tried: what was set aside before stays as long as there are free ones. Count. */
const NAMES = 100;

/**
 * Moves what cannot be used out of the way, a folder too that stands where a file should: as `PATH.damaged`, in place of a
 * file that was set aside before. The name it has now.
 */
export async function setAside(path: string): Promise<string> {
  for (let count = 1; ; count++) {
    const aside = count === 1 ? `${path}.damaged` : `${path}.damaged-${count}`;
    try {
      await rename(path, aside);
      return aside;
    } catch (thrown) {
      const taken = ["EEXIST", "ENOTEMPTY", "EISDIR", "ENOTDIR"].includes(systemCode(thrown) ?? "");
      if (!taken || count === NAMES) throw thrown;
    }
  }
}
