import type { Context } from "hono";
import * as z from "zod";
import type { Env, Web } from "../context.ts";
import { PAGE, query } from "./input.ts";
import { pageOf } from "./lists.ts";

const QUERY = z.object({ ...PAGE, state: z.literal("all").optional() });

/** `GET /api/v1/members`: those alive or suspect; with `?state=all` also those dead or left. */
export function listMembers(c: Context<Env>, web: Web): Response {
  const { state, ...page } = query(c, QUERY);
  const members = web.needs.members({ all: state === "all" });
  return c.json(pageOf(members, (member) => member.wireName, page));
}
