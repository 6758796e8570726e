import { hash, timingSafeEqual } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { GroupShareError } from "../../shared/errors.ts";
import { pathOfUrl } from "../bytes/path.ts";
import type { Caller, Env, Web } from "../context.ts";
import { SESSION_LIFE, type Session } from "./sessions.ts";
import { checkTicket, ticketFor } from "./tickets.ts";

/**
 * The header in which the page shows its token: that a request comes from itself, and not from who has only its cookie,
 * which browsers send to every port of the host.
 */
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
    if (found.by === "token" || found.by === "session") c.env?.known?.();
    await next();
  };
}

/** Lets only scripts with the token and pages with a session pass. */
export const known: MiddlewareHandler<Env> = async function known(c, next) {
  const { by } = c.get("caller");
  if (by !== "token" && by !== "session") {
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
  const token = c.req.header(TOKEN_HEADER);
  if (token === undefined && !needsToken(c)) return byLink(c, web, session);
  if (!sameText(token ?? "", session.token)) {
    // The token of another session, or of none: what is there finds out how to go on.
    c.header("hx-redirect", "/door");
    throw foreign("its token is not this page's");
  }
  return { by: "session", session };
}

/** Who follows a link, to a page or to bytes, with nothing but the cookie. */
function byLink(c: Context<Env>, web: Web, session: Session): Caller {
  const kind = /^\/(files|archive)\//.exec(c.req.path)?.[1];
  if (kind !== "files" && kind !== "archive") return { by: "cookie" };
  checkTicket(session, kind, pathOfUrl(c.req.url, `/${kind}/`), c.req.query("ticket") ?? "", web.clock.wall());
  return { by: "session", session };
}

/** The page as one caller gets it: with links that work for their browser alone. */
export function personal(c: Context<Env>, web: Web): Web {
  const caller = c.get("caller");
  if (caller.by !== "session") return web;
  return { ...web, ticket: (kind, path) => ticketFor(caller.session, kind, path, web.clock.wall()) };
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
 * What changes or reveals something, and what only our own scripts ask for. What is left are links: to the page, which is
 * empty without the token, and to bytes, which say it in another way.
 */
function needsToken(c: Context<Env>): boolean {
  return !isSafe(c) || /^\/(?:pane\/|api\/|events$)/.test(c.req.path);
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
