import { below, type Random } from "../../shared/random.ts";
import type { Point } from "./history.ts";

/** Whether a list that stands at `have` lacks something of one that was announced to stand at `target`. */
export function isBehind(have: Point | null, target: Point): boolean {
  if (have === null) return target.sequence > 0;
  return have.epoch !== target.epoch || have.sequence < target.sequence;
}

/** Milliseconds before a pull, so that a group does not fall upon an origin at once: nothing to speak of in small ones. */
export function jitter(random: Random, members: number): number {
  return random.next() * Math.min(2_000, 4 * members);
}

/** Milliseconds before the next try after so many failures in a row: doubling from 250 ms to 30 s, the upper half random. */
export function backoff(random: Random, failures: number): number {
  const full = Math.min(30_000, 250 * 2 ** Math.min(failures - 1, 16));
  return full * (0.5 + random.next() / 2);
}

/** Whom to ask for a list: its origin first, after each failure by turns one of the others that may have it. */
export function chooseSource(random: Random, origin: string, others: readonly string[], failures: number): string {
  if (failures % 2 === 0 || others.length === 0) return origin;
  return others[below(random, others.length)] ?? origin;
}
