import { chmod, stat } from "node:fs/promises";
import { reason } from "../shared/errors.ts";
import type { Log } from "../shared/log.ts";

/**
 * Closes a file that others may read to them (mode 0600), and tells that it was open. `what` it is, such as "private key".
 * Windows has no modes: there the folder of the user is what protects it.
 */
export async function closeToOthers(path: string, what: string, log: Log, { hint }: { hint: string }): Promise<void> {
  if (process.platform === "win32") return;
  const { mode, uid } = await stat(path);
  if (uid !== process.getuid?.()) log.warn(`The ${what} "${path}" belongs to another user`, { hint });
  if ((mode & 0o077) === 0) return;
  const was = (mode & 0o777).toString(8).padStart(4, "0");
  try {
    await chmod(path, 0o600);
    log.warn(`The ${what} "${path}" was open to other users (mode ${was}); it is not any more`, { hint });
  } catch (thrown) {
    log.warn(`The ${what} "${path}" is open to other users (mode ${was})`, { why: reason(thrown), hint });
  }
}
