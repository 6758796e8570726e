import type { Context } from "hono";
import { z } from "zod";
import { LIMITS } from "../../shared/limits.ts";
import type { Env, Web } from "../context.ts";
import { body } from "./input.ts";

const ACTION = z.discriminatedUnion("action", [
  z.object({ action: z.literal("invite") }),
  z.object({ action: z.literal("join"), invite: z.string().min(1).max(LIMITS.invite) }),
  z.object({ action: z.literal("start"), name: z.string().min(1).max(LIMITS.path) }),
  z.object({ action: z.literal("leave") }),
]);

/** `GET /api/v1/group`: `{group: {id, name}}`, or `{group: null}` in none. */
export function showGroup(c: Context<Env>, web: Web): Response {
  return c.json({ group: web.needs.group() });
}

/** `POST /api/v1/group` `{action, …}`: `{invite}` for an invite, else `{group}` as it is then. */
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
  }
}
