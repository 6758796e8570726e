/** A part of a file, inclusive at both ends. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** What a Range header asks for: all of it, one part, or nothing that exists. */
export type Asked = "whole" | "unsatisfiable" | ByteRange;

const UNIT = /^bytes[ \t]*=/i;
const SPEC = /^(\d*)-(\d*)$/;

/** Digits as a number; what is too long to be exact is past the end of every file. */
function position(digits: string): number {
  const value = Number(digits);
  return Number.isSafeInteger(value) ? value : Number.POSITIVE_INFINITY;
}

/**
 * Reads a Range header against a file of `size` bytes (RFC 9110 §14.1.2, §14.2). An end past the file is clamped;
 * a start past it cannot be satisfied. Headers that are malformed, of another unit, or name several ranges are
 * ignored, as the RFC allows; so is any range of an empty file, which has no byte to name.
 */
export function parseRange(header: string | null | undefined, size: number): Asked {
  if (header === null || header === undefined || size === 0) return "whole";
  const unit = UNIT.exec(header);
  if (unit === null) return "whole";
  const specs = header
    .slice(unit[0].length)
    .split(",")
    .map((spec) => spec.trim())
    .filter((spec) => spec !== "");
  if (specs.length !== 1) return "whole";
  const match = SPEC.exec(specs[0] ?? "");
  if (match === null) return "whole";
  const [, first = "", last = ""] = match;
  if (first === "" && last === "") return "whole";
  if (first === "") {
    const length = position(last);
    return length === 0 ? "unsatisfiable" : { start: Math.max(0, size - length), end: size - 1 };
  }
  const start = position(first);
  const end = last === "" ? Number.POSITIVE_INFINITY : position(last);
  if (end < start) return "whole";
  return start >= size ? "unsatisfiable" : { start, end: Math.min(end, size - 1) };
}

const CONTENT_RANGE = /^bytes (\d+)-(\d+)\/(\d+|\*)$/i;

/** Whether a 206 answer's Content-Range is the range that was asked for, of a file of this size. */
export function answersRange(header: string | null, asked: ByteRange, size: number): boolean {
  const match = CONTENT_RANGE.exec(header ?? "");
  if (match === null) return false;
  const [, start = "", end = "", total = ""] = match;
  return position(start) === asked.start && position(end) === asked.end && (total === "*" || position(total) === size);
}
