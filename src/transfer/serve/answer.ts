import type { Context } from "hono";
import { precondition, rangeHolds } from "../../shared/http-conditions.ts";
import { parseRange } from "../../shared/http-range.ts";
import type { Counters } from "../counters.ts";
import type { OwnFile } from "../needs.ts";
import { fileStream } from "../own-file.ts";

/**
 * Answers a GET or HEAD with an opened file, conditions and ranges as RFC 9110 §13 and §14 have them.
 * `etag` is strong, with its quotes. Owns the file's handle.
 */
export async function answerWithFile(c: Context, file: OwnFile, etag: string, counters: Counters): Promise<Response> {
  const headers: Record<string, string> = {
    ETag: etag,
    "Accept-Ranges": "bytes",
    "Content-Type": "application/octet-stream",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-transform",
  };
  const header = (name: string) => c.req.header(name);
  const version = { etag, mtime: file.mtime };
  const unmet = precondition(header, version);
  const short = async (status: 304 | 412 | 416, more: Record<string, string> = {}) => {
    await file.handle.close();
    return c.body(null, status, { ...headers, ...more });
  };
  if (unmet !== null) return await short(unmet);
  const ranged = c.req.method === "GET" && rangeHolds(header, version);
  const asked = parseRange(ranged ? header("range") : null, file.size);
  if (asked === "unsatisfiable") return await short(416, { "Content-Range": `bytes */${file.size}` });

  const range = asked === "whole" ? null : asked;
  headers["Content-Length"] = String(range === null ? file.size : range.end - range.start + 1);
  if (range !== null) headers["Content-Range"] = `bytes ${range.start}-${range.end}/${file.size}`;
  const status = range === null ? 200 : 206;
  if (c.req.method === "HEAD" || file.size === 0) {
    await file.handle.close();
    return c.body(null, status, headers);
  }
  counters.add("requestsServed");
  const body = fileStream(file.handle, file, range, {
    signal: c.req.raw.signal,
    sent: (bytes) => counters.add("bytesServed", bytes),
  });
  return c.body(body, status, headers);
}
