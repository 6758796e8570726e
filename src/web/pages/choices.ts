import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { Env, Web } from "../context.ts";

/** How somebody likes to look at the group. Their browser remembers it. */
export interface Choices {
  /** Everybody's files as one tree, instead of one tree a member. */
  readonly together: boolean;
  /** Only what this member does not have. */
  readonly lacking: boolean;
}

/** A year, in seconds. */
const KEPT = 31_536_000;

/** What was chosen before; by member and everything where nothing was. */
export function choicesOf(c: Context<Env>, web: Web): Choices {
  const words = (getCookie(c, nameOf(web)) ?? "").split(".");
  return { together: words.includes("together"), lacking: words.includes("lacking") };
}

/** Lets the browser remember a choice beside the others. */
export function remember(c: Context<Env>, web: Web, chosen: Partial<Choices>): void {
  const before = choicesOf(c, web);
  const now = { ...before, ...chosen };
  if (now.together === before.together && now.lacking === before.lacking) return;
  const words = [now.together ? "together" : "", now.lacking ? "lacking" : ""].filter((word) => word !== "");
  setCookie(c, nameOf(web), words.join("."), {
    path: "/",
    httpOnly: true,
    sameSite: "Strict",
    secure: web.origin().startsWith("https:"),
    maxAge: words.length === 0 ? 0 : KEPT,
  });
}

/** Cookies ignore ports, so each page of one host needs a name of its own. */
const nameOf = (web: Web): string => `groupshare-view-${new URL(web.origin()).port || "0"}`;
