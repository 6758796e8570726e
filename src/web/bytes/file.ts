import { create as disposition } from "content-disposition";
import type { Context } from "hono";
import { precondition, rangeHolds, type Version } from "../../shared/http-conditions.ts";
import { parseRange } from "../../shared/http-range.ts";
import type { Env, Web } from "../context.ts";
import { filePolicy, mediaOf } from "./media.ts";
import { pathOfUrl } from "./path.ts";

/** `GET|HEAD /files/{path}`: a file's bytes, whole or in part (RFC 9110). `?download` makes the browser save it. */
export async function sendFile(c: Context<Env>, web: Web): Promise<Response> {
  const file = await web.needs.open(pathOfUrl(c.req.url, "/files/"));
  const media = mediaOf(file.name);
  const saved = c.req.query("download") !== undefined || !media.shown;
  const version: Version = { etag: `"${file.etag}"`, mtime: file.mtime };
  const header = (name: string) => c.req.header(name);
  const headers = new Headers({
    "accept-ranges": "bytes",
    "cache-control": "private, no-cache",
    "content-security-policy": filePolicy(media),
    etag: version.etag,
    "last-modified": new Date(file.mtime).toUTCString(),
    "x-content-type-options": "nosniff",
  });

  const unmet = precondition(header, version);
  if (unmet !== null) return new Response(null, { status: unmet, headers });

  headers.set("content-type", media.type);
  headers.set("content-disposition", disposition(file.name.toWellFormed(), { type: saved ? "attachment" : "inline" }));
  const asked = c.req.method === "GET" && rangeHolds(header, version) ? header("range") : undefined;
  const part = parseRange(asked, file.size);
  if (part === "unsatisfiable") {
    headers.set("content-range", `bytes */${file.size}`);
    headers.delete("content-disposition");
    headers.delete("content-type");
    return new Response(null, { status: 416, headers });
  }
  const range = part === "whole" ? null : part;
  headers.set("content-length", String(range === null ? file.size : range.end - range.start + 1));
  if (range !== null) headers.set("content-range", `bytes ${range.start}-${range.end}/${file.size}`);
  const status = range === null ? 200 : 206;
  if (c.req.method === "HEAD") return new Response(null, { status, headers });
  return new Response(await file.stream(range), { status, headers });
}
