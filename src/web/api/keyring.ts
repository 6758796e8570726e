import type { Context } from "hono";
import * as z from "zod";
import type { Env, Web } from "../context.ts";
import { body } from "./input.ts";

/** 32 bytes in base64, with room for white space. */
const MOST = 64;
const CHANGE = z.object({
  action: z.enum(["add", "use", "remove"]),
  key: z.string().max(MOST).trim().pipe(z.base64()),
});

/** `GET /api/v1/keyring`: `{primary, keys}` in base64. */
export function showKeyring(c: Context<Env>, web: Web): Response {
  return c.json(web.needs.keyring());
}

/** `POST /api/v1/keyring` `{action: "add"|"use"|"remove", key}`: the keyring as it is then. Only this member's changes. */
export async function changeKeyring(c: Context<Env>, web: Web): Promise<Response> {
  const { action, key } = await body(c, CHANGE);
  return c.json(await web.needs.changeKeyring(action, key));
}
