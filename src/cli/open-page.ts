import { join } from "node:path";
import open from "open";
import { replaceFile } from "../shared/state-file.ts";

/**
 * Opens a one-time link in the browser through a file that only this user can read, since the arguments of a
 * process are seen by all users of the machine. False where there is no browser to open it.
 */
export async function openPage(link: string, dataDir: string): Promise<boolean> {
  const file = join(dataDir, "open.html");
  const target = link.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  await replaceFile(
    file,
    `<!doctype html><meta http-equiv="refresh" content="0;url=${target}"><title>GroupShare</title>\n`,
  );
  try {
    const opener = await open(file);
    return await new Promise((resolve) => {
      opener.once("error", () => resolve(false));
      opener.once("spawn", () => resolve(true));
      if (opener.pid !== undefined) resolve(true);
    });
  } catch {
    return false;
  }
}
