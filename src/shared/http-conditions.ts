/** What tells one version of a file from another. */
export interface Version {
  /** With quotes, as in the header. */
  readonly etag: string;
  /** Milliseconds since 1970; HTTP knows whole seconds. */
  readonly mtime: number;
}

type Header = (name: string) => string | undefined;

/**
 * Weighs a request's conditions in the order of RFC 9110 §13.2.2: 412 where it wants another version than there is,
 * 304 where it has this one, null where the file is to be sent.
 */
export function precondition(header: Header, version: Version): 304 | 412 | null {
  const match = header("if-match");
  const unmodified = seconds(header("if-unmodified-since"));
  if (match !== undefined) {
    if (!lists(match, version.etag, false)) return 412;
  } else if (unmodified !== null && wholeSeconds(version.mtime) > unmodified) return 412;

  const none = header("if-none-match");
  if (none !== undefined) return lists(none, version.etag, true) ? 304 : null;
  const modified = seconds(header("if-modified-since"));
  return modified !== null && wholeSeconds(version.mtime) <= modified ? 304 : null;
}

/** Whether a part may be sent: not where If-Range names another version than there is (RFC 9110 §13.1.5). */
export function rangeHolds(header: Header, version: Version): boolean {
  const ifRange = header("if-range")?.trim();
  if (ifRange === undefined) return true;
  if (ifRange.startsWith('"') || ifRange.startsWith("W/")) return ifRange === version.etag;
  return seconds(ifRange) === wholeSeconds(version.mtime);
}

function lists(header: string, etag: string, weakly: boolean): boolean {
  if (header.trim() === "*") return true;
  const tags = header.match(/(?:W\/)?"[^"]*"/g) ?? [];
  return tags.some((tag) => tag === etag || (weakly && tag === `W/${etag}`));
}

function seconds(date: string | undefined): number | null {
  const time = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(time) ? null : Math.floor(time / 1_000);
}

const wholeSeconds = (mtime: number): number => Math.floor(mtime / 1_000);
