import type { MiddlewareHandler } from "hono";
import type { Env } from "../context.ts";

/** Ends an answer under way, and its connection, when its browser is logged out: its reader learns that it did not get all. */
export const cutOff: MiddlewareHandler<Env> = async function cutOff(c, next) {
  await next();
  const caller = c.get("caller");
  const outgoing = c.env?.outgoing;
  if (caller.by !== "session" || outgoing === undefined) return;
  const { ended } = caller.session;
  const end = (): void => void outgoing.destroy();
  if (ended.aborted) return end();
  ended.addEventListener("abort", end, { once: true });
  outgoing.once("close", () => ended.removeEventListener("abort", end));
};
