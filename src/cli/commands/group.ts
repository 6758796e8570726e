import { text } from "node:stream/consumers";
import type { GenerationsView, GroupView } from "../../app/mod.ts";
import { GroupShareError } from "../../shared/errors.ts";
import { Client } from "../client.ts";
import { date, safe, say, sayJson, table } from "../print.ts";
import type { Values } from "../settings.ts";
import { terminalQr } from "../terminal-qr.ts";

/** Prints an invite: who has it can join. */
export async function invite(options: Values): Promise<void> {
  const client = await Client.find(options);
  const made = await client.post<{ invite: string }>("/api/v1/group", { action: "invite" });
  if (options.json) sayJson({ invite: made.invite });
  else {
    if (options.qr) say(terminalQr(made.invite, process.stdout.isTTY));
    say(made.invite);
  }
}

/** Has the running member join a group. */
export async function join(given: string, options: Values): Promise<void> {
  const client = await Client.find(options);
  const line = given === "-" ? await text(process.stdin) : given;
  const { group } = await client.post<{ group: GroupView }>("/api/v1/group", { action: "join", invite: line });
  if (options.json) sayJson(group);
  else say(`joined ${safe(group.name)}`);
}

/** Has the running member leave its group. */
export async function leave(options: Values): Promise<void> {
  const client = await Client.find(options);
  await client.post("/api/v1/group", { action: "leave" });
  if (options.json) sayJson({ left: true });
  else say("left the group");
}

/** A group as the API gives it; in a cluster joined by its key it has no generation. */
type Group = GroupView & Omit<GenerationsView, "generation"> & { readonly generation: number | null };

/** Prints the group, who is known in it, and who was removed. */
export async function showGroup(options: Values): Promise<void> {
  const { group } = await (await Client.find(options)).get<{ group: Group | null }>("/api/v1/group");
  if (options.json) return sayJson({ group });
  if (group === null) {
    throw new GroupShareError("conflict", "Cannot show the group: this member is in none", {
      hint: "start a group or join one first",
    });
  }
  const { id, name, generation, roster, removed } = group;
  say(`${safe(name)}  ${id}`);
  if (generation === null) return say("a cluster joined with its gossip key: it has no generations, and no roster");
  say(`secret   generation ${generation}`);
  const rows = roster.map((member) => [member.name, member.here ? "here" : date(member.seen), member.id.slice(0, 16)]);
  say(rows.length === 0 ? "nobody else is known" : `\n${table(["KNOWN", "LAST SEEN", "ID"], rows)}`);
  if (removed.length === 0) return;
  say(
    `\n${table(
      ["REMOVED", "WHEN", "ID"],
      removed.map((one) => [one.name, date(one.at), one.id.slice(0, 16)]),
    )}`,
  );
}

/** Has the running member give the group a new secret. */
export async function rotate(options: Values): Promise<void> {
  const { group } = await change(options, { action: "rotate" });
  if (options.json) return sayJson({ group });
  say(`the group has a new secret, generation ${group.generation}; all members get it, and old invites work no more`);
}

/** Has the running member remove another from the group. */
export async function remove(member: string, options: Values): Promise<void> {
  const { group } = await change(options, { action: "remove", member });
  if (options.json) return sayJson({ group });
  say(`removed ${safe(group.removed[0]?.name ?? member)}; what it has copied it keeps`);
}

async function change(options: Values, body: object): Promise<{ group: Group }> {
  return await (await Client.find(options)).post<{ group: Group }>("/api/v1/group", body);
}
