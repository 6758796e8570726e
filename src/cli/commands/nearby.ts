import type { NearbyView } from "../../app/mod.ts";
import { Client } from "../client.ts";
import { say, sayJson, table } from "../print.ts";
import type { Values } from "../settings.ts";

/** Groups whose members announce themselves on this network. */
export async function nearby(options: Values): Promise<void> {
  const client = await Client.find(options);
  const { items } = await client.get<{ items: NearbyView[] }>("/api/v1/nearby");
  if (options.json) return sayJson({ items, next: null });
  const rows = items.map(({ name, hash, address }) => [name, hash, address]);
  if (rows.length > 0) say(table(["GROUP", "ID HASH", "ADDRESS"], rows));
}
