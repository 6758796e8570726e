import type { FileView } from "../../app/mod.ts";
import { Client } from "../client.ts";
import { bytes, date, remark, safe, say, sayJson, table } from "../print.ts";
import type { Values } from "../settings.ts";

const PAGE = 1_000;

/** Lists the group, a member, a share or a folder. */
export async function ls(given: string | undefined, options: Values): Promise<void> {
  const path = given ?? "";
  const client = await Client.find(options);
  if (options.recursive) return tree(client, path, options);
  const items = await Array.fromAsync(list(client, path));
  if (options.json) return sayJson({ items, next: null });
  const rows = items.map((item) => [
    bytes(item.size),
    item.kind === "folder" ? String(item.files) : "",
    date(item.mtime),
    item.name + (item.kind === "folder" ? "/" : "") + remark(item),
  ]);
  if (rows.length > 0) say(table(["SIZE", "FILES", "CHANGED", "NAME"], rows, ["SIZE", "FILES"]));
}

/** Everything below, a line each: paths as they can be given to `get`. */
async function tree(client: Client, path: string, options: Values): Promise<void> {
  for await (const item of list(client, path)) {
    if (options.json) sayJson(item);
    else say(`${bytes(item.size).padStart(8)}  ${safe(item.path)}${item.kind === "folder" ? "/" : ""}${remark(item)}`);
    if (item.kind === "folder") await tree(client, item.path, options);
  }
}

function list(client: Client, path: string): AsyncGenerator<FileView> {
  return client.all(`/api/v1/files?path=${encodeURIComponent(path)}&limit=${PAGE}`);
}
