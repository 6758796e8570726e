import { resolve } from "node:path";
import type { ShareView } from "../../app/mod.ts";
import { GroupShareError } from "../../shared/errors.ts";
import { Client } from "../client.ts";
import { progress, remarks } from "../hashing.ts";
import { bytes, safe, say, sayJson, table } from "../print.ts";
import type { Values } from "../settings.ts";

const SHARES = "/api/v1/shares";

/** Shares a folder, now and after every start. */
export async function addShare(directory: string, options: Values): Promise<void> {
  const client = await Client.find(options);
  const hidden = options.hidden === undefined ? {} : { hidden: options.hidden };
  const wish = { path: resolve(directory), name: options.name ?? null, ...hidden };
  const share = await client.post<ShareView>(SHARES, wish);
  if (options.json) sayJson(share);
  else say(`sharing ${safe(share.path)} as ${safe(share.name)}`);
}

/** Stops sharing a folder; the folder itself is left alone. */
export async function removeShare(name: string, options: Values): Promise<void> {
  const client = await Client.find(options);
  const shares = await Array.fromAsync(client.all<ShareView>(SHARES));
  const share = shares.find((known) => known.id === name || known.name === name);
  if (share === undefined) {
    throw new GroupShareError("not-found", `Cannot find a share "${name}"`, {
      hint: 'list them with "groupshare share ls"',
    });
  }
  await client.delete(`${SHARES}/${share.id}`);
  if (options.json) sayJson(share);
  else say(`no longer sharing ${safe(share.path)}`);
}

/** Lets the hashing of all shares rest, or go on. */
export function changeHashing(action: "pause" | "resume") {
  return async (options: Values): Promise<void> => {
    const client = await Client.find(options);
    const shares = await client.patch<{ items: ShareView[] }>(SHARES, { action });
    if (options.json) sayJson(shares);
    else say(action === "pause" ? "hashing is paused" : "hashing goes on");
  };
}

export async function listShares(options: Values): Promise<void> {
  const client = await Client.find(options);
  const items = await Array.fromAsync(client.all<ShareView>(SHARES));
  if (options.json) return sayJson({ items, next: null });
  const rows = items.map((share) => [
    share.name,
    progress(share),
    String(share.files),
    bytes(share.bytes),
    share.path,
    remarks(share),
  ]);
  if (rows.length > 0) say(table(["NAME", "STATE", "FILES", "SIZE", "FOLDER", ""], rows, ["FILES", "SIZE"]));
}
