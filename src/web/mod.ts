import { Hono } from "hono";
import { Attempts } from "./auth/attempts.ts";
import { loginLink } from "./auth/open.ts";
import { Sessions } from "./auth/sessions.ts";
import type { Web, WebOptions } from "./context.ts";
import { answerNowhere } from "./failures.tsx";
import { methodsAt, routes } from "./routes.ts";

export { Password } from "./auth/password.ts";
export { Sessions } from "./auth/sessions.ts";
export type { Asset, WebOptions } from "./context.ts";
export type * from "./needs.ts";

/** The page that people use and the API for scripts, to be served by whoever listens. */
export function createWeb(options: WebOptions): {
  readonly app: Hono;
  /** A new one-time link to the page; works for 10 minutes. */
  loginLink(): string;
} {
  const start = Math.floor(options.clock.wall() / 1_000).toString(36);
  const web: Web = {
    ...options,
    sessions: options.sessions ?? new Sessions(options.clock),
    password: options.password ?? null,
    attempts: new Attempts(options.clock),
    asset: (name) => `/static/${encodeURIComponent(options.needs.version)}-${start}/${name}`,
  };
  const app: Hono = new Hono()
    .notFound((c) => answerNowhere(c, web, methodsAt(app, c.req.path)))
    .route("/", routes(web));
  return { app, loginLink: () => loginLink(web) };
}
