import type { Context } from "hono";
import * as z from "zod";
import { LIMITS } from "../../shared/limits.ts";
import { checkedPath } from "../bytes/path.ts";
import type { Env, Web } from "../context.ts";
import type { DownloadView, Needs } from "../needs.ts";
import { body, PAGE, query } from "./input.ts";
import { pageOf } from "./lists.ts";

const QUERY = z.object(PAGE);
const ORDER = z.object({
  paths: z.array(z.string().min(1).max(LIMITS.path)).min(1).max(LIMITS.page),
  /** A folder of this machine; the downloads folder where it is not given. */
  into: z.string().min(1).max(LIMITS.path).nullish(),
});
const CHANGE = z.object({ action: z.enum(["pause", "resume", "cancel", "clear"]) });

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

/**
 * `DELETE /api/v1/downloads/{id}`: cancels it, and answers with it as it is then; one that has ended is taken off the list
 * instead, and answered with as it was.
 */
export async function removeDownload(c: Context<Env>, web: Web): Promise<Response> {
  const id = c.req.param("id") ?? "";
  const ended = web.needs.downloads().some((download) => download.id === id && hasEnded(download));
  return c.json(await web.needs.changeDownload(id, ended ? "clear" : "cancel"));
}

/** `DELETE /api/v1/downloads`: takes all that have ended off the list, and answers with how many: `{cleared}`. */
export async function clearDownloads(c: Context<Env>, web: Web): Promise<Response> {
  return c.json({ cleared: await clearEnded(web.needs) });
}

/** Takes the downloads that have ended off the list; their number. */
export async function clearEnded(needs: Needs): Promise<number> {
  const ended = needs.downloads().filter(hasEnded);
  await Promise.all(ended.map(({ id }) => needs.changeDownload(id, "clear")));
  return ended.length;
}

/** Whether nothing comes of it any more unless a person asks. */
export function hasEnded({ state }: DownloadView): boolean {
  return state === "done" || state === "failed" || state === "cancelled";
}
