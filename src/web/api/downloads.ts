import type { Context } from "hono";
import { z } from "zod";
import { LIMITS } from "../../shared/limits.ts";
import { checkedPath } from "../bytes/path.ts";
import type { Env, Web } from "../context.ts";
import { body, PAGE, query } from "./input.ts";
import { pageOf } from "./lists.ts";

const QUERY = z.object(PAGE);
const ORDER = z.object({
  paths: z.array(z.string().min(1).max(LIMITS.path)).min(1).max(LIMITS.page),
  /** A folder of this machine; the downloads folder where it is not given. */
  into: z.string().min(1).max(LIMITS.path).nullish(),
});
const CHANGE = z.object({ action: z.enum(["pause", "resume", "cancel"]) });

/** `GET /api/v1/downloads`: all that are known, also those done. */
export function listDownloads(c: Context<Env>, web: Web): Response {
  return c.json(pageOf(web.needs.downloads(), (download) => download.id, query(c, QUERY)));
}

/** `POST /api/v1/downloads` `{paths, into?}`: answers with one download a path. */
export async function addDownloads(c: Context<Env>, web: Web): Promise<Response> {
  const { paths, into } = await body(c, ORDER);
  const items = await web.needs.download(paths.map(checkedPath), { into: into ?? null });
  return c.json({ items, next: null }, 201);
}

/** `PATCH /api/v1/downloads/{id}` `{action}`: answers with the download as it is then. */
export async function changeDownload(c: Context<Env>, web: Web): Promise<Response> {
  const { action } = await body(c, CHANGE);
  return c.json(await web.needs.changeDownload(c.req.param("id") ?? "", action));
}

/** `DELETE /api/v1/downloads/{id}`: cancels it. */
export async function cancelDownload(c: Context<Env>, web: Web): Promise<Response> {
  return c.json(await web.needs.changeDownload(c.req.param("id") ?? "", "cancel"));
}
