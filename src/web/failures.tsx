import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { GroupShareError, reason } from "../shared/errors.ts";
import { problem } from "./api/problem.ts";
import { TOKEN_HEADER } from "./auth/caller.ts";
import type { Env, Web } from "./context.ts";
import { Nowhere } from "./pages/door.tsx";
import { ErrorNotice } from "./pages/states.tsx";
import { presentable, STATUS } from "./status.ts";

/** Answers an error in the form that its asker reads: a problem document for scripts, a notice for the page. */
export function answerError(thrown: Error, c: Context<Env>, web: Web): Response | Promise<Response> {
  if (thrown instanceof HTTPException) return thrown.getResponse();
  const error = presentable(thrown);
  if (error.code === "internal")
    web.log.error(`Cannot answer ${c.req.method} ${route(c)}: ${reason(thrown)}`, stack(thrown));
  const nobody = error.code === "denied" && c.get("caller")?.by === "nobody";
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

/** Answers where there is nothing. */
export function answerNowhere(c: Context, web: Web): Response | Promise<Response> {
  if (!isForPage(c) && c.req.header("accept")?.includes("text/html") !== true) {
    return problem(new GroupShareError("not-found", `Cannot find "${c.req.path}": the API has no such address`));
  }
  return c.html(<Nowhere web={web} />, 404);
}

/** Of the page itself, what its own script asks for. */
const isForPage = (c: Context): boolean =>
  /^\/(?:pane|act)\//.test(c.req.path) || (c.req.path === "/" && c.req.header(TOKEN_HEADER) !== undefined);
/** The address without its query, which may hold a key. */
const route = (c: Context<Env>): string => c.req.path;
const stack = (thrown: Error): Record<string, unknown> => ({ stack: thrown.stack });
