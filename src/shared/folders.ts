import { mkdir, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { systemCode } from "./errors.ts";

/** Makes a folder and those above it. Node's own recursive mkdir never ends below `/proc` (seen in Node 26.10). */
export async function makeFolders(path: string, mode?: number): Promise<void> {
  try {
    await mkdir(path, mode);
  } catch (thrown) {
    const above = dirname(path);
    if (systemCode(thrown) === "ENOENT" && above !== path) {
      await makeFolders(above, mode);
      await mkdir(path, mode).catch((again) => {
        if (systemCode(again) !== "EEXIST") throw again;
      });
    } else if (!(await isFolder(path))) throw thrown;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Brings a folder's names onto the disk, so that a power cut does not undo a rename. Where folders cannot be synced, nothing. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, "r");
    await folder.sync().finally(() => folder.close());
  } catch {
    // Windows, and some network drives, know no such thing.
  }
}
