import type { ContentfulStatusCode } from "hono/utils/http-status";
import { type ErrorCode, GroupShareError } from "../shared/errors.ts";

/** What HTTP says to each error: a new ErrorCode does not compile until it is answered here. */
export const STATUS = {
  usage: 400,
  invalid: 400,
  "not-found": 404,
  ambiguous: 409,
  denied: 403,
  conflict: 409,
  "in-use": 409,
  "not-running": 503,
  unreachable: 503,
  changed: 409,
  corrupt: 500,
  "too-large": 413,
  unwritable: 500,
  "disk-full": 507,
  "too-new": 409,
  internal: 500,
} as const satisfies Record<ErrorCode, ContentfulStatusCode>;

/** Any thrown value as an error that may be shown: what is not meant for people keeps its words to the log. */
export function presentable(thrown: unknown): GroupShareError {
  if (thrown instanceof GroupShareError) return thrown;
  return new GroupShareError("internal", "Cannot answer: something went wrong inside GroupShare", {
    hint: "the log of the program says more",
    cause: thrown,
  });
}
