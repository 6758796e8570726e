import type { Context } from "hono";
import type { Env, Web } from "../context.ts";

/** `GET /api/v1/history`: what became of members, as `member` events tell it, the newest first; some 50 at most. */
export function listHistory(c: Context<Env>, web: Web): Response {
  return c.json({ items: web.needs.history(), next: null });
}
