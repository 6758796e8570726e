import { readFile } from "node:fs/promises";
import { LIBRARY_ASSETS } from "./library-assets.ts";

const root = new URL("../../", import.meta.url);

/** Assets as they lie in the source tree. The bundle has another module in this one's place, with their bytes in it. */
export async function readAsset(name: string): Promise<Uint8Array | null> {
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(name)) return null;
  try {
    return await readFile(new URL(LIBRARY_ASSETS[name] ?? `static/${name}`, root));
  } catch {
    return null;
  }
}
