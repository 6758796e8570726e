import type { Context } from "hono";
import { z } from "zod";
import { LIMITS } from "../../shared/limits.ts";
import { checkedPath } from "../bytes/path.ts";
import type { Env, Web } from "../context.ts";
import { PAGE, query } from "./input.ts";

const QUERY = z.object({ ...PAGE, path: z.string().max(LIMITS.path).default("") });

/** `GET /api/v1/files?path=`: a folder's entries, folders first; beside them the folder itself and how many there are. */
export async function listFiles(c: Context<Env>, web: Web): Promise<Response> {
  const { path, after, limit } = query(c, QUERY);
  const { items, next, folder, total } = await web.needs.list(checkedPath(path), { after: after ?? null, limit });
  return c.json({ items, next, folder, total });
}
