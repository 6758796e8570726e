import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { GroupShareError, reason } from "../shared/errors.ts";
import { problem } from "./api/problem.ts";
import { TOKEN_HEADER } from "./auth/caller.ts";
import type { Env, Web } from "./context.ts";
import { Failed, Nowhere } from "./pages/door.tsx";
import { ErrorNotice } from "./pages/states.tsx";
import { presentable, STATUS } from "./status.ts";

/** Answers an error in the form that its asker reads: a problem document for scripts, a notice for the page. */
export function answerError(thrown: Error, c: Context<Env>, web: Web): Response | Promise<Response> {
  if (thrown instanceof HTTPException) return thrown.getResponse();
  const error = presentable(thrown);
  if (error.code === "internal")
    web.log.error(`Cannot answer ${c.req.method} ${route(c)}: ${reason(thrown)}`, stack(thrown));
  const nobody = error.code === "denied" && c.get("caller")?.by === "nobody";
  if (isOpened(c))
    return c.html(<Failed web={web} error={nobody ? LOGGED_OUT : error} />, nobody ? 401 : STATUS[error.code]);
  if (isForPage(c)) {
    if (nobody) c.header("hx-redirect", "/door");
    else if (c.req.path !== "/") {
      c.header("hx-retarget", "#notices");
      c.header("hx-reswap", "beforeend");
    }
    return c.html(<ErrorNotice web={web} error={error} />, nobody ? 401 : STATUS[error.code]);
  }
  return problem(error, nobody ? 401 : STATUS[error.code]);
}

/** What a person is told who follows a link in a browser that is not let in, or whose cookie is kept back on the way. */
const LOGGED_OUT = new GroupShareError(
  "denied",
  "Cannot open this: links to files work only in the browser that GroupShare's page gave them to, while it is logged in",
  { hint: "go to the page and open it there" },
);

/** Answers where there is nothing; `allowed` are the methods that something is done for at this address. */
export function answerNowhere(c: Context, web: Web, allowed: readonly string[]): Response | Promise<Response> {
  if (allowed.length > 0 && !allowed.includes(c.req.method)) {
    const what = `Cannot ${c.req.method} "${c.req.path}": that is not done here`;
    const answer = problem(new GroupShareError("usage", what, { hint: `ask with ${allowed.join(", ")}` }), 405);
    answer.headers.set("allow", allowed.join(", "));
    return answer;
  }
  if (!isForPage(c) && c.req.header("accept")?.includes("text/html") !== true) {
    return problem(new GroupShareError("not-found", `Cannot find "${c.req.path}": the API has no such address`));
  }
  return c.html(<Nowhere web={web} />, 404);
}

/**
 * Whether a person opened this address, and sees the answer as it is. Where it goes, browsers tell only a page on this machine
 * or with TLS.
 */
function isOpened(c: Context): boolean {
  const whereto = c.req.header("sec-fetch-dest") ?? "document";
  return whereto === "document" && c.req.header("accept")?.includes("text/html") === true && !isForPage(c);
}

/** Of the page itself, what its own script asks for. */
const isForPage = (c: Context): boolean =>
  /^\/(?:pane|act)\//.test(c.req.path) || (c.req.path === "/" && c.req.header(TOKEN_HEADER) !== undefined);
/** The address without its query, which may hold a key. */
const route = (c: Context<Env>): string => c.req.path;
const stack = (thrown: Error): Record<string, unknown> => ({ stack: thrown.stack });
