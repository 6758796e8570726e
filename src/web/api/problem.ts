import { STATUS_CODES } from "node:http";
import type { GroupShareError } from "../../shared/errors.ts";
import { STATUS } from "../status.ts";

/** An error as a problem document (RFC 9457). `code` is what programs should look at. */
export function problem(error: GroupShareError, status: number = STATUS[error.code]): Response {
  const document = {
    type: "about:blank",
    title: STATUS_CODES[status] ?? "Error",
    status,
    detail: error.message,
    code: error.code,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.candidates === undefined ? {} : { candidates: error.candidates }),
  };
  const headers = new Headers({ "cache-control": "no-store", "content-type": "application/problem+json" });
  if (status === 401) headers.set("www-authenticate", 'Bearer realm="GroupShare"');
  return new Response(JSON.stringify(document), { status, headers });
}
