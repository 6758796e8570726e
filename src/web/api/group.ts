import type { Context } from "hono";
import * as z from "zod";
import { LIMITS } from "../../shared/limits.ts";
import type { Env, Web } from "../context.ts";
import { body } from "./input.ts";

const ACTION = z.discriminatedUnion("action", [
  z.object({ action: z.literal("invite") }),
  z.object({ action: z.literal("join"), invite: z.string().min(1).max(LIMITS.invite) }),
  z.object({ action: z.literal("start"), name: z.string().min(1).max(LIMITS.path) }),
  z.object({ action: z.literal("leave") }),
  z.object({ action: z.literal("rotate") }),
  z.object({ action: z.literal("remove"), member: z.string().min(1).max(LIMITS.path) }),
]);

/**
 * `GET /api/v1/group`: `{group: {id, name, generation, roster, removed}}`, or `{group: null}` in none. A cluster joined by
 * its key has no generations: they are null there, and the lists empty.
 */
export function showGroup(c: Context<Env>, web: Web): Response {
  const group = web.needs.group();
  const none = { generation: null, roster: [], removed: [] };
  return c.json({ group: group === null ? null : { ...group, ...(web.needs.generations() ?? none) } });
}

/** `POST /api/v1/group` `{action, …}`: `{invite}` for an invite, else `{group}` as it is then. `remove` takes `member`. */
export async function changeGroup(c: Context<Env>, web: Web): Promise<Response> {
  const { needs } = web;
  const wanted = await body(c, ACTION);
  switch (wanted.action) {
    case "invite":
      return c.json({ invite: await needs.invite() });
    case "join":
      return c.json({ group: await needs.join(wanted.invite.trim()) });
    case "start":
      return c.json({ group: await needs.startGroup(wanted.name) }, 201);
    case "leave":
      await needs.leave();
      return c.json({ group: null });
    case "rotate":
      await needs.rotate();
      return showGroup(c, web);
    case "remove":
      await needs.expel(wanted.member);
      return showGroup(c, web);
  }
}
