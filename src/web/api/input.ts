import type { Context } from "hono";
import * as z from "zod";
import { GroupShareError } from "../../shared/errors.ts";
import { LIMITS } from "../../shared/limits.ts";
import type { Env } from "../context.ts";
import { isNothing, words } from "./words.ts";

/** What the schema makes of the value; fails with "invalid", naming the field. */
export function checked<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value, { error: words });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.join(".");
  throw new GroupShareError(
    "invalid",
    `Cannot read ${what}: ${field ? `"${field}"` : "it"} ${issue?.message ?? "is not as it should be"}`,
  );
}

/**
 * What the schema makes of a form's fields; fails with "invalid" in words for whom fills it in. `asks` has, for each
 * field that must not be left empty, what to do with it.
 */
export function filledIn<T>(schema: z.ZodType<T>, fields: URLSearchParams, asks: Record<string, string>): T {
  const result = schema.safeParse(Object.fromEntries(fields), { error: words });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = String(issue?.path[0] ?? "");
  const ask = issue !== undefined && isNothing(issue) ? asks[field] : undefined;
  throw new GroupShareError("invalid", ask ?? `The ${field} ${issue?.message ?? "is not as it should be"}`);
}

/** The request's JSON body, checked. */
export async function body<T>(c: Context<Env>, schema: z.ZodType<T>): Promise<T> {
  if (!/^application\/(?:json|.+\+json)\b/i.test(c.req.header("content-type") ?? "")) {
    throw new GroupShareError("invalid", "Cannot read the request: its content type is not application/json");
  }
  const text = await bodyText(c);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new GroupShareError("invalid", "Cannot read the request: its body is not JSON");
  }
  return checked(schema, value, "the request");
}

/** Fields of one form. Count: reading a million takes seconds, in which nothing else is answered. */
const MAX_FIELDS = 10_000;

/** The fields of a form that was sent, of so many bytes at the most. */
export async function form(c: Context<Env>, longest: number = LIMITS.apiBody): Promise<URLSearchParams> {
  const text = await bodyText(c, longest);
  let fields = 1;
  for (let at = text.indexOf("&"); at !== -1; at = text.indexOf("&", at + 1)) fields += 1;
  if (fields > MAX_FIELDS) {
    throw new GroupShareError("too-large", `Cannot read the request: its form has over ${MAX_FIELDS} fields`);
  }
  return new URLSearchParams(text);
}

/**
 * The request's body, as long as it is not too long. Hono's own limit makes a new Request of the one that the server
 * gives it, which fails where that leaves the global classes as they are.
 */
async function bodyText(c: Context<Env>, longest: number = LIMITS.apiBody): Promise<string> {
  const tooLong = () => new GroupShareError("too-large", `Cannot read the request: its body is over ${longest} bytes`);
  if (Number(c.req.header("content-length") ?? 0) > longest) throw tooLong();
  const reader = c.req.raw.body?.getReader();
  if (reader === undefined) return "";
  const decoder = new TextDecoder();
  let text = "";
  let left = longest;
  while (true) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    left -= value.length;
    if (left < 0) {
      await reader.cancel().catch(() => undefined);
      throw tooLong();
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** The request's query, checked. Parameters that the schema does not name are ignored. */
export function query<T>(c: Context<Env>, schema: z.ZodType<T>): T {
  return checked(schema, c.req.query(), "the query");
}

/** Where a page of a list starts, and how much of it is wanted. */
export const PAGE = {
  limit: z.coerce.number().int().min(1).max(LIMITS.page).default(LIMITS.page),
  after: z
    .string()
    .max(2 * LIMITS.path)
    .optional(),
};
