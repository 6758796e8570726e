import type { StatusView } from "../../app/mod.ts";
import { spokenId } from "../../shared/member-id.ts";
import { Client } from "../client.ts";
import { progress } from "../hashing.ts";
import { bytes, say, sayJson, table } from "../print.ts";
import type { Values } from "../settings.ts";

/** How the running member is doing. */
export async function status(options: Values): Promise<void> {
  const client = await Client.find(options);
  const now = await client.get<StatusView>("/api/v1/status");
  if (options.json) return sayJson(now);
  const lines: [string, string][] = [
    ["name", now.name],
    ["member id", now.id],
    ["read aloud", spokenId(now.id)],
    ["group", now.group ?? "none"],
    ["version", now.version],
    ["up", `${Math.round(now.uptimeMs / 1000)} s`],
    ["gossip", now.gossip ?? "none"],
    ["peer port", now.peer ?? "none"],
    ["downloads", now.downloads],
    ...now.shares.map((share): [string, string] => [
      `share ${share.name}`,
      [
        progress(share),
        ...(share.state === "hashing" ? [] : [`${share.files} files`, bytes(share.bytes)]),
        share.path,
      ].join(", "),
    ]),
    ...Object.entries(options.counters ? now.counters : {}).map(([name, count]): [string, string] => [
      name,
      String(count),
    ]),
  ];
  say(table(["", ""], lines).trimStart());
}
