import type { MemberView } from "../../app/mod.ts";
import { spokenId } from "../../shared/member-id.ts";
import { Client } from "../client.ts";
import { bytes, date, say, sayJson, table } from "../print.ts";
import type { Values } from "../settings.ts";

/** Who is in the group. */
export async function members(options: Values): Promise<void> {
  const client = await Client.find(options);
  const items: MemberView[] = await Array.fromAsync(
    client.all<MemberView>(`/api/v1/members${options.all ? "?state=all" : ""}`),
  );
  if (options.json) return sayJson({ items, next: null });
  const rows = items.map((member) => [
    member.self ? `${member.name} (this one)` : member.name,
    member.state,
    date(member.since),
    member.rttMs === null || member.self ? "" : `${member.rttMs.toFixed(1)} ms`,
    String(member.files),
    bytes(member.bytes),
    member.address,
    member.wireName,
    member.id === null ? "" : spokenId(member.id),
    String(member.incarnation),
  ]);
  const head = ["NAME", "STATE", "SINCE", "RTT", "FILES", "SIZE", "ADDRESS", "WIRE NAME", "ID", "INCARNATION"];
  say(table(head, rows, ["RTT", "FILES", "SIZE", "INCARNATION"]));
}
