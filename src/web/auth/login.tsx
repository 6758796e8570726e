import type { Context } from "hono";
import * as z from "zod";
import { checked, form } from "../api/input.ts";
import type { Env, Web } from "../context.ts";
import { Door, Welcome } from "../pages/door.tsx";
import { addressOf, isOwn } from "./address.ts";
import { giveCookie, refuseForeign } from "./caller.ts";
import { LONGEST_PASSWORD } from "./password.ts";

const LOGIN = z.object({ password: z.string().max(LONGEST_PASSWORD) });
/** Bytes of the form that strangers may send: the longest password, each of its bytes as "%xx". */
const LONGEST_FORM = 16 * LONGEST_PASSWORD;
/** How long to wait where too many others try at this moment, in milliseconds. */
const BUSY_MS = 1_000;

/** The page for who is not let in: with a form for the password, where there is one. */
export function showDoor(c: Context<Env>, web: Web, status: 401 | 429 = 401, error?: string, again = false) {
  // Else browsers send the form's origin as "null".
  c.header("referrer-policy", "same-origin");
  c.header("cache-control", "no-store");
  const clear = web.origin().startsWith("http:") && !isOwn(addressOf(c));
  return c.html(<Door web={web} clear={clear} error={error} again={again} />, status);
}

/** `GET /door`: the way in for a browser whose page has no token, or one that does not work. Goes on by itself where it does. */
export function showDoorAgain(c: Context<Env>, web: Web) {
  return showDoor(c, web, 401, undefined, true);
}

/** Gives a browser its new session: the cookie, and, this once, the token, for its page to keep. */
export function letIn(c: Context<Env>, web: Web, cookie: string): Response | Promise<Response> {
  giveCookie(c, web, cookie);
  c.header("cache-control", "no-store");
  return c.html(<Welcome web={web} token={web.sessions.find(cookie)?.token} />);
}

/** `POST /login` `password=…`, a form that needs no script: lets the browser in, or says why not and how long to wait. */
export async function login(c: Context<Env>, web: Web): Promise<Response> {
  refuseForeign(c, web);
  const { password, attempts } = web;
  if (password === null) return showDoor(c, web);
  const given = checked(
    LOGIN,
    { password: (await form(c, LONGEST_FORM)).get("password") ?? undefined },
    "the request",
  ).password;
  const address = addressOf(c);
  const wait = attempts.begin(address);
  if (wait > 0) return showWait(c, web, wait);
  let fits: boolean | "busy" = "busy";
  try {
    fits = await password.fits(given);
  } finally {
    if (fits === "busy") attempts.withdrawn(address);
  }
  if (fits === "busy") return showWait(c, web, BUSY_MS);
  if (!fits) {
    attempts.failed(address);
    web.log.warn("A wrong password was tried at the page", { from: address });
    return showDoor(c, web, 401, "This is not the password.");
  }
  attempts.succeeded(address);
  return letIn(c, web, web.sessions.begin("password"));
}

function showWait(c: Context<Env>, web: Web, wait: number) {
  const seconds = Math.ceil(wait / 1_000);
  c.header("retry-after", String(seconds));
  const time = seconds === 1 ? "a second" : seconds < 120 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
  return showDoor(c, web, 429, `There were too many tries. Wait ${time}, then try again.`);
}

/** `POST /logout` `everywhere=1`: logs this browser out, or all of them; a script with the token always all. */
export async function logOut(c: Context<Env>, web: Web): Promise<Response> {
  const caller = c.get("caller");
  const everywhere = caller.by !== "session" || (await form(c)).has("everywhere");
  if (everywhere) web.sessions.endAll();
  else web.sessions.end(caller.session.id);
  if (caller.by === "session") giveCookie(c, web, null);
  // What is there forgets the token.
  c.header("hx-redirect", "/door");
  return c.body(null, 200);
}

/** Ends when the asker goes away, or is logged out. */
export function stays(c: Context<Env>): AbortSignal {
  const caller = c.get("caller");
  const gone = c.req.raw.signal;
  return caller.by === "session" ? AbortSignal.any([gone, caller.session.ended]) : gone;
}
