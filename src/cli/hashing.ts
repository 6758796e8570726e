import type { ShareView } from "../app/mod.ts";
import { bytes } from "./print.ts";

/** How far a share is: `ready`, or `hashing, 3 of 9 files, 1.2 GB of 4 GB, 12 min left`. */
export function progress({ state, paused, hashed, files, hashedBytes, bytes: all, remainingMs }: ShareView): string {
  if (state !== "hashing") return state;
  const left = paused ? "paused" : remainingMs === null ? "" : `${time(remainingMs)} left`;
  const parts = ["hashing", `${hashed} of ${files} files`, `${bytes(hashedBytes)} of ${bytes(all)}`, left];
  return parts.filter((part) => part !== "").join(", ");
}

/** What else there is to say of a share: `3 things are not offered; "x" cannot be read`. */
export function remarks({ skipped, error }: ShareView): string {
  const left = skipped === 0 ? [] : [`${skipped} ${skipped === 1 ? "thing is" : "things are"} not offered`];
  return [...left, ...(error === null ? [] : [error])].join("; ");
}

/** `40 s`, `12 min`, `3 h 5 min`. */
function time(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
