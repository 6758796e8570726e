import { hash, timingSafeEqual } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie } from "hono/cookie";
import { GroupShareError } from "../../shared/errors.ts";
import type { Caller, Env, Web } from "../context.ts";

/** The header in which the page proves that an unsafe request comes from itself. */
export const TOKEN_HEADER = "x-groupshare-token";

/** The cookie's name. Cookies ignore ports, so each page of one host needs a name of its own. */
export function cookieName(origin: string): string {
  const { port, protocol } = new URL(origin);
  return `groupshare-${port || (protocol === "https:" ? "443" : "80")}`;
}

/** Finds out who asks and lets handlers know; refuses only what claims to be somebody and is not. */
export function identified(web: Web): MiddlewareHandler<Env> {
  return async function identified(c, next) {
    c.set("caller", caller(c, web));
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
  const refused = forgery(c, web, session.token);
  if (refused !== null) {
    throw new GroupShareError("denied", `Cannot take this from another site's page: ${refused}`, {
      hint: "reload the page",
    });
  }
  return { by: "session", session };
}

/** Why a request that carries a cookie of ours does not come from a page of ours, or null where it does. */
function forgery(c: Context<Env>, web: Web, token: string): string | null {
  const site = c.req.header("sec-fetch-site");
  if (site === "same-site" || site === "cross-site") return `its fetch site is "${site}"`;
  if (c.req.method === "GET" || c.req.method === "HEAD") return null;
  const ours = `${new URL(web.origin()).protocol}//${c.req.header("host")?.toLowerCase()}`;
  if (c.req.header("origin") !== ours) return `its origin is not "${ours}"`;
  if (!sameText(c.req.header(TOKEN_HEADER) ?? "", token)) return "its token is not this page's";
  return null;
}

/** Equality that takes as long for a near miss as for a far one. */
function sameText(a: string, b: string): boolean {
  return timingSafeEqual(hash("sha256", a, "buffer"), hash("sha256", b, "buffer"));
}
