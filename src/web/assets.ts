import type { Context } from "hono";
import type { Env, Web } from "./context.ts";

/** `GET /static/{version}/{name}`. The version in the path changes with each start, so what is under it never does. */
export async function sendAsset(c: Context<Env>, web: Web): Promise<Response> {
  const name = c.req.param("name") ?? "";
  const asset = /^[a-z0-9][a-z0-9.-]*$/.test(name) ? await web.assets(name) : null;
  if (asset === null) return c.notFound();
  const current = c.req.path === web.asset(name);
  return c.body(new Uint8Array(asset.body), 200, {
    "cache-control": current ? "public, max-age=31536000, immutable" : "no-cache",
    "content-type": /^(?:text\/|application\/javascript)/.test(asset.type) ? withCharset(asset.type) : asset.type,
  });
}

const withCharset = (type: string): string => (type.includes("charset") ? type : `${type}; charset=utf-8`);
