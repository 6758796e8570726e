import type { Context } from "hono";
import { z } from "zod";
import type { Env, Web } from "../context.ts";
import { FILE_TYPES } from "../needs.ts";
import { PAGE, query } from "./input.ts";

/** Letters of a question; as long as a name may be. */
const MAX_TEXT = 255;
const whole = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
/** Milliseconds since 1970, or a date as ISO 8601 writes it, which begins its day in UTC. */
const time = z.union([
  z.coerce.number().int().min(-8.64e15).max(8.64e15),
  z
    .string()
    .date()
    .transform((day) => Date.parse(day)),
]);

const QUERY = z.object({
  ...PAGE,
  limit: PAGE.limit.default(100),
  q: z.string().max(MAX_TEXT).default(""),
  kind: z.enum(["file", "folder"]).optional(),
  type: z
    .string()
    .transform((text) => text.split(","))
    .pipe(z.array(z.enum(FILE_TYPES)).min(1).max(FILE_TYPES.length))
    .optional(),
  min: whole.optional(),
  max: whole.optional(),
  from: time.optional(),
  to: time.optional(),
  member: z.string().min(1).max(MAX_TEXT).optional(),
  lacking: z.literal("1").optional(),
});

/**
 * `GET /api/v1/search?q=&kind=&type=&min=&max=&from=&to=&member=&lacking=1`: what is offered now under such names, the best
 * first, and how much there is. Ends when whoever asked is gone.
 */
export async function searchFiles(c: Context<Env>, web: Web): Promise<Response> {
  const { q, type, lacking, after, limit, kind, min, max, from, to, member } = query(c, QUERY);
  const wish = {
    text: q,
    after: after ?? null,
    limit,
    ...(kind === undefined ? {} : { kind }),
    ...(type === undefined ? {} : { types: type }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(member === undefined ? {} : { member }),
    ...(lacking === undefined ? {} : { lacking: true }),
  };
  const { items, next, total } = await web.needs.search(wish, c.req.raw.signal);
  return c.json({ items, next, total });
}
