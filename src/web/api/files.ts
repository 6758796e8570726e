import type { Context } from "hono";
import * as z from "zod";
import { LIMITS } from "../../shared/limits.ts";
import { checkedPath } from "../bytes/path.ts";
import type { Env, Web } from "../context.ts";
import { PAGE, query } from "./input.ts";

const QUERY = z.object({
  ...PAGE,
  path: z.string().max(LIMITS.path).default(""),
  lacking: z.literal("1").optional(),
});

/**
 * `GET /api/v1/files?path=`: a folder's entries, folders first; beside them the folder itself and how many there are.
 * With `lacking=1`, only what this member holds nowhere in its shares.
 */
export async function listFiles(c: Context<Env>, web: Web): Promise<Response> {
  const { path, after, limit, lacking } = query(c, QUERY);
  const page = { after: after ?? null, limit, ...(lacking === undefined ? {} : { lacking: true }) };
  const { items, next, folder, total, atLeast } = await web.needs.list(checkedPath(path), page, c.req.raw.signal);
  return c.json({ items, next, folder, total, ...(atLeast ? { atLeast } : {}) });
}
