import { GroupShareError } from "../shared/errors.ts";
import { openedPath } from "../shared/opened-path.ts";
import { type OpenedShareFile, openInside } from "./open-file.ts";
import { below, onDisk, type Place } from "./place.ts";

/**
 * Opens a file inside a share that its rules let be offered, under its own path and under that which links lead to.
 * The handle is the caller's. `offers`: whether the rules do. Errors: not-found, denied.
 */
export async function openOffered(
  place: Place,
  path: string,
  offers: (path: string) => Promise<boolean>,
): Promise<OpenedShareFile> {
  const opened = await openInside(place, path);
  try {
    if (!(await offers(path))) throw new GroupShareError("not-found", `Cannot open "${path}": no such file`);
    const real = await openedPath(opened.handle, onDisk(place.root, path)).catch(() => null);
    const target = real === null ? null : below(place.root, real);
    if (target === null || (target !== path && !(await offers(target)))) {
      throw new GroupShareError("denied", `Cannot open "${path}": it leads out of the share`);
    }
    return opened;
  } catch (thrown) {
    await opened.handle.close();
    throw thrown;
  }
}
