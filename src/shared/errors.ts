/** Every way an operation can fail that a caller may want to tell apart. `web/status.ts` and `cli/exit.ts` answer each. */
export type ErrorCode =
  | "usage"
  | "invalid"
  | "not-found"
  | "ambiguous"
  | "denied"
  | "conflict"
  | "in-use"
  | "not-running"
  | "unreachable"
  | "changed"
  | "corrupt"
  | "too-large"
  | "unwritable"
  | "disk-full"
  | "too-new"
  | "internal";

/**
 * An error with words for people: `message` says what failed, on what and why, without a full stop;
 * `hint` says what to do about it.
 */
export class GroupShareError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  /** What there was to choose from, where the code is `ambiguous`. */
  readonly candidates: readonly string[] | undefined;

  constructor(code: ErrorCode, message: string, more: { hint?: string; candidates?: string[]; cause?: unknown } = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = "GroupShareError";
    this.code = code;
    this.hint = more.hint;
    this.candidates = more.candidates;
  }
}

/** The words of any thrown value, on one line. */
export function reason(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return text.replaceAll(/\s+/g, " ").trim();
}

/** The system's code of an error (`ENOENT`, `EADDRINUSE`), where it has one. */
export function systemCode(thrown: unknown): string | undefined {
  if (typeof thrown !== "object" || thrown === null || !("code" in thrown)) return undefined;
  return typeof thrown.code === "string" ? thrown.code : undefined;
}

/** A failed write, told apart by what its person can do about it. */
export function writeError(action: string, thrown: unknown): GroupShareError {
  if (thrown instanceof GroupShareError) return thrown;
  const code = systemCode(thrown);
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new GroupShareError("disk-full", `Cannot ${action}: no space left on the disk`, {
      hint: "free some space and try again; what was already there is untouched",
      cause: thrown,
    });
  }
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
    return new GroupShareError("unwritable", `Cannot ${action}: ${reason(thrown)}`, {
      hint: "choose a folder that this user may write to",
      cause: thrown,
    });
  }
  return new GroupShareError("internal", `Cannot ${action}: ${reason(thrown)}`, { cause: thrown });
}
