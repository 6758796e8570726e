import type { Context } from "hono";
import * as z from "zod";
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

/** A field that narrows the search; left empty, as forms and scripts do, it is not asked. */
const filter = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (typeof value === "string" && value.trim() === "" ? undefined : value), schema.optional());

const QUERY = z.object({
  ...PAGE,
  limit: PAGE.limit.default(100),
  q: z.string().max(MAX_TEXT).default(""),
  kind: filter(z.enum(["file", "folder"])),
  type: filter(
    z
      .string()
      .transform((text) => text.split(","))
      .pipe(z.array(z.enum(FILE_TYPES)).min(1).max(FILE_TYPES.length)),
  ),
  min: filter(whole),
  max: filter(whole),
  from: filter(time),
  to: filter(time),
  member: filter(z.string().max(MAX_TEXT)),
  lacking: filter(z.literal("1")),
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
