import { text } from "node:stream/consumers";
import type { GroupView } from "../../app/mod.ts";
import { Client } from "../client.ts";
import { safe, say, sayJson } from "../print.ts";
import type { Values } from "../settings.ts";

/** Prints an invite: who has it can join. */
export async function invite(options: Values): Promise<void> {
  const client = await Client.find(options);
  const made = await client.post<{ invite: string }>("/api/v1/group", { action: "invite" });
  if (options.json) sayJson({ invite: made.invite });
  else say(made.invite);
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
