import { type ErrorCode, GroupShareError, reason } from "../shared/errors.ts";
import { safe } from "./print.ts";

/** Exit codes that scripts rely on (DESIGN §11): a new ErrorCode does not compile until it is answered here. */
export const EXIT = {
  usage: 2,
  invalid: 2,
  "not-found": 4,
  ambiguous: 4,
  denied: 5,
  conflict: 1,
  "in-use": 1,
  "not-running": 3,
  unreachable: 1,
  changed: 1,
  corrupt: 1,
  "too-large": 1,
  unwritable: 1,
  "disk-full": 1,
  "too-new": 1,
  internal: 1,
} as const satisfies Record<ErrorCode, number>;

/** An error as one line for a terminal, and the exit code it means. */
export function failure(thrown: unknown): { line: string; code: number } {
  if (!(thrown instanceof GroupShareError)) return { line: safe(`groupshare: ${reason(thrown)}`), code: 1 };
  const hint = thrown.hint === undefined ? "" : `; ${thrown.hint}`;
  return { line: safe(`groupshare: ${reason(thrown)}${hint}`), code: EXIT[thrown.code] };
}
