import { readFile } from "node:fs/promises";
import type { Hono } from "hono";
import { silentLog } from "../../src/shared/log.ts";
import type { Asset, WebOptions } from "../../src/web/mod.ts";
import { createWeb } from "../../src/web/mod.ts";
import { FakeNeeds } from "./fake.ts";

export const TOKEN = "0123456789abcdef0123456789abcdef";
export const HOST = "127.0.0.1:7380";
export const ORIGIN = `http://${HOST}`;

const TYPES: Record<string, string> = { css: "text/css", js: "text/javascript", svg: "image/svg+xml" };
const ELSEWHERE: Record<string, string> = {
  "htmx.min.js": "node_modules/htmx.org/dist/htmx.min.js",
  "hx-sse.min.js": "node_modules/htmx.org/dist/ext/hx-sse.min.js",
};

/** The page's assets, from where they are in the repository. */
export async function assets(name: string): Promise<Asset | null> {
  const path = ELSEWHERE[name] ?? `static/${name}`;
  const type = TYPES[name.split(".").at(-1) ?? ""];
  if (type === undefined) return null;
  try {
    return { body: await readFile(new URL(`../../${path}`, import.meta.url)), type };
  } catch {
    return null;
  }
}

export interface Site {
  readonly needs: FakeNeeds;
  readonly app: Hono;
  readonly time: { now: number };
  loginLink(): string;
  /** Asks as a script with the token. */
  asScript(path: string, init?: RequestInit): Promise<Response>;
  /** Asks as nobody in particular, under the right name. */
  asStranger(path: string, init?: RequestInit): Promise<Response>;
  /** Lets a browser in, which then asks with its cookie, token and origin. */
  browser(): Promise<{ cookie: string; token: string; ask(path: string, init?: RequestInit): Promise<Response> }>;
}

/** A page and API over a fake group, whose clock stands still until it is moved. */
export function site(options: Partial<WebOptions> = {}): Site {
  const needs = new FakeNeeds();
  const time = { now: 1_000 };
  const { app, loginLink } = createWeb({
    needs,
    assets,
    origin: () => ORIGIN,
    apiToken: TOKEN,
    hosts: ["127.0.0.1", "localhost", "::1"],
    log: silentLog,
    clock: { now: () => time.now, wall: () => Date.UTC(2026, 4, 3, 12) + time.now },
    ...options,
  });
  const ask = async (path: string, init: RequestInit, more: Record<string, string>): Promise<Response> =>
    await app.request(path, { ...init, headers: { host: HOST, ...more, ...(init.headers as Record<string, string>) } });
  return {
    needs,
    app,
    time,
    loginLink,
    asScript: (path, init = {}) => ask(path, init, { authorization: `Bearer ${TOKEN}` }),
    asStranger: (path, init = {}) => ask(path, init, {}),
    async browser() {
      const key = new URL(loginLink()).search;
      const opened = await ask(`/open${key}`, {}, {});
      const cookie = opened.headers.get("set-cookie")?.split(";")[0] ?? "";
      const token = tokenIn(await opened.text());
      return {
        cookie,
        token,
        ask: (path, init = {}) => ask(path, init, { cookie, origin: ORIGIN, "x-groupshare-token": token }),
      };
    },
  };
}

/** The token in the one answer that has it; "" where it has none. */
export function tokenIn(welcome: string): string {
  return /<meta name="groupshare-token" content="([\w-]+)"/.exec(welcome)?.[1] ?? "";
}

/** The body of a request that sends JSON. */
export function json(value: unknown, method = "POST"): RequestInit & { headers: Record<string, string> } {
  return { method, headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}

/** The body of a request that a form sends. */
export function form(
  fields: readonly (readonly [string, string])[],
): RequestInit & { headers: Record<string, string> } {
  return {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(fields.map(([name, value]) => [name, value])).toString(),
  };
}
