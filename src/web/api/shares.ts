import type { Context } from "hono";
import * as z from "zod";
import { LIMITS } from "../../shared/limits.ts";
import type { Env, Web } from "../context.ts";
import { body, PAGE, query } from "./input.ts";
import { pageOf } from "./lists.ts";

const QUERY = z.object(PAGE);
const SHARE = z.object({
  path: z.string().min(1).max(LIMITS.path),
  name: z.string().min(1).max(LIMITS.path).nullish(),
  hidden: z.boolean().optional(),
});
const HASHING = z.object({ action: z.enum(["pause", "resume"]) });
const WHICH = z.object({ id: z.string().min(1) });

/** `GET /api/v1/shares`: the folders that this member offers. */
export function listShares(c: Context<Env>, web: Web): Response {
  return c.json(pageOf(web.needs.shares(), (share) => share.id, query(c, QUERY)));
}

/** `POST /api/v1/shares` `{path, name?, hidden?}`: offers a folder of this machine; `hidden` left out: as before, at first without. */
export async function addShare(c: Context<Env>, web: Web): Promise<Response> {
  const { path, name, hidden } = await body(c, SHARE);
  const which = hidden === undefined ? {} : { hidden };
  return c.json(await web.needs.addShare({ path, name: name ?? null, ...which }), 201);
}

/** `PATCH /api/v1/shares` `{action}`: hashing rests in all shares, or goes on; answers with the list as it is then. */
export async function changeHashing(c: Context<Env>, web: Web): Promise<Response> {
  const { action } = await body(c, HASHING);
  await (action === "pause" ? web.needs.pauseHashing() : web.needs.resumeHashing());
  return listShares(c, web);
}

/** `DELETE /api/v1/shares/{id}`, or with `?id=`: offers it no longer; its files stay. */
export async function removeShare(c: Context<Env>, web: Web): Promise<Response> {
  await web.needs.removeShare(c.req.param("id") ?? query(c, WHICH).id);
  return c.body(null, 204);
}
