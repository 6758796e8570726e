import type { BigIntStats } from "node:fs";

/**
 * A file's modification time in whole milliseconds since 1970, cut and not rounded, so that two looks at one file
 * agree. Only `stat` with bigint cuts; the floating-point time comes out a millisecond later now and then.
 */
export function fileTime(stats: BigIntStats): number {
  return Number(stats.mtimeMs);
}

/**
 * A time that comes out as these whole milliseconds: seconds are handed over as a floating-point number and cut,
 * which loses a millisecond in every second case without the microsecond added here (measured).
 */
export function diskTime(mtime: number): number | Date {
  return mtime < 0 ? new Date(mtime) : (mtime + 0.001) / 1_000;
}
