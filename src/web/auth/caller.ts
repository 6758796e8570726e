import { hash, timingSafeEqual } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { GroupShareError } from "../../shared/errors.ts";
import type { Caller, Env, Web } from "../context.ts";
import { SESSION_LIFE } from "./sessions.ts";

/** The header in which the page proves that a request comes from itself. */
export const TOKEN_HEADER = "x-groupshare-token";

/** The cookie's name. Cookies ignore ports, so each page of one host needs a name of its own. */
function cookieName(origin: string): string {
  const { port, protocol } = new URL(origin);
  return `groupshare-${port || (protocol === "https:" ? "443" : "80")}`;
}

/** Gives the browser its session's cookie; null takes it back. */
export function giveCookie(c: Context<Env>, web: Web, cookie: string | null): void {
  setCookie(c, cookieName(web.origin()), cookie ?? "", {
    path: "/",
    httpOnly: true,
    sameSite: "Strict",
    secure: web.origin().startsWith("https:"),
    maxAge: cookie === null ? 0 : SESSION_LIFE / 1_000,
  });
}

/** Finds out who asks and lets handlers know; refuses only what claims to be somebody and is not. */
export function identified(web: Web): MiddlewareHandler<Env> {
  return async function identified(c, next) {
    const found = caller(c, web);
    c.set("caller", found);
    if (found.by !== "nobody") c.env?.known?.();
    await next();
  };
}

/** Lets only scripts with the token and pages with a session pass. */
export const known: MiddlewareHandler<Env> = async function known(c, next) {
  if (c.get("caller").by === "nobody") {
    throw new GroupShareError("denied", "Cannot answer: no valid token or session", {
      hint: "send `Authorization: Bearer` with the token in the file api-token of the data directory",
    });
  }
  await next();
};

function caller(c: Context<Env>, web: Web): Caller {
  const bearer = /^Bearer +(\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
  if (bearer !== undefined) return sameText(bearer, web.apiToken) ? { by: "token" } : { by: "nobody" };
  const cookie = getCookie(c, cookieName(web.origin()));
  const session = cookie === undefined ? null : web.sessions.find(cookie);
  if (session === null) return { by: "nobody" };
  refuseForeign(c, web);
  if (needsToken(c) && !sameText(c.req.header(TOKEN_HEADER) ?? "", session.token)) {
    // A page from before this browser was let in anew: what it loads now has the token.
    c.header("hx-refresh", "true");
    throw foreign("its token is not this page's");
  }
  return { by: "session", session };
}

/**
 * Fails where a request does not come from a page of ours. Browsers tell its site only where the page is on this machine
 * or has TLS; its origin they tell always, unless it is a plain GET.
 */
export function refuseForeign(c: Context<Env>, web: Web): void {
  const site = c.req.header("sec-fetch-site");
  if (site === "same-site" || site === "cross-site") throw foreign(`its fetch site is "${site}"`);
  const ours = `${new URL(web.origin()).protocol}//${c.req.header("host")?.toLowerCase()}`;
  const origin = c.req.header("origin");
  if (origin === undefined && isSafe(c)) return;
  if (origin !== ours) throw foreign(`its origin is not "${ours}"`);
}

/**
 * What changes something, and what only our own scripts ask for: panes and news, which cost or reveal something also where
 * the browser does not say whose page asks. What is left are pages, files and the API, asked by GET as links do.
 */
function needsToken(c: Context<Env>): boolean {
  return !isSafe(c) || /^\/(?:pane\/|events$)/.test(c.req.path);
}

const isSafe = (c: Context<Env>): boolean => c.req.method === "GET" || c.req.method === "HEAD";

function foreign(why: string): GroupShareError {
  return new GroupShareError("denied", `Cannot take this from another site's page: ${why}`, {
    hint: "reload the page",
  });
}

/** Equality that takes as long for a near miss as for a far one. */
function sameText(a: string, b: string): boolean {
  return timingSafeEqual(hash("sha256", a, "buffer"), hash("sha256", b, "buffer"));
}
