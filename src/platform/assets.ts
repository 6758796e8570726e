import mime from "mime";
import { readAsset } from "./asset-files.ts";

/** A file that browsers get: its bytes and its media type. */
export interface Asset {
  readonly body: Uint8Array;
  readonly type: string;
}

/** The asset of this name, or null. */
export async function loadAsset(name: string): Promise<Asset | null> {
  const body = await readAsset(name);
  return body === null ? null : { body, type: mime.getType(name) ?? "application/octet-stream" };
}
