import type { Context, MiddlewareHandler } from "hono";
import { GroupShareError } from "../../shared/errors.ts";
import type { Env, Web } from "../context.ts";
import { Welcome } from "../pages/door.tsx";
import { letIn } from "./login.tsx";

/** A one-time link to the page. */
export function loginLink(web: Web): string {
  return `${web.origin()}/open?key=${web.sessions.link()}`;
}

/** `POST /api/v1/login-link`: a link for `groupshare open`; only for those with the token. */
export function makeLoginLink(c: Context<Env>, web: Web): Response {
  if (c.get("caller").by !== "token") {
    throw new GroupShareError("denied", "Cannot make a link: this needs the API token");
  }
  return c.json({ url: loginLink(web) }, 201);
}

/**
 * `GET /open?key=`: lets the browser in and leads to the page. By a page that goes on, not by a redirect: that page keeps
 * the token, and a browser sends no SameSite=Strict cookie after a redirect that began outside, such as in the file that
 * `groupshare open` makes it open. A key that does not work leads there too: the browser may be let in already.
 */
export function openPage(c: Context<Env>, web: Web): Response | Promise<Response> {
  // A HEAD, sent by what previews links, must not use the key up.
  const cookie = c.req.method === "GET" ? web.sessions.open(c.req.query("key") ?? "") : null;
  if (cookie !== null) return letIn(c, web, cookie);
  c.header("cache-control", "no-store");
  return c.html(Welcome({ web }));
}

/**
 * A link to the page from another site: the browser keeps our cookie back, so that who is logged in would seem not to be.
 * Led on from here, the page asks by itself.
 */
export function fromOutside(web: Web): MiddlewareHandler<Env> {
  return async function fromOutside(c, next) {
    const opened = c.req.header("sec-fetch-mode") === "navigate" && c.req.header("sec-fetch-dest") === "document";
    if (!opened || !/^(?:same|cross)-site$/.test(c.req.header("sec-fetch-site") ?? "")) return next();
    c.header("cache-control", "no-store");
    return c.html(Welcome({ web }));
  };
}
