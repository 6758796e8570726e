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

/** So many changes, and so many members beside the origin, are worth a detour. */
const LARGE = 2_000;
const MANY = 4;
/** Members who take a large list from its origin, and those who take it from each who has it. */
const DIRECT = 2;
const FROM_EACH = 3;

/**
 * Who hands on a large part of a list to this member, so that its origin sends it out twice and not to everybody at once:
 * null where that is the origin itself. All who see the same members agree without a word: each list has its own order
 * of them, two take it from its origin, and three from each who has it.
 */
export function relayOf(
  origin: string,
  epoch: string,
  self: string,
  others: readonly string[],
  changes: number,
): string | null {
  if (changes < LARGE || others.length < MANY) return null;
  const scored = [self, ...others].map((member) => ({ member, score: scoreOf(`${origin}${epoch}${member}`) }));
  scored.sort((a, b) => a.score - b.score || (a.member < b.member ? -1 : 1));
  const rank = scored.findIndex(({ member }) => member === self);
  return rank < DIRECT ? null : (scored[Math.floor((rank - DIRECT) / FROM_EACH)]?.member ?? null);
}

/** FNV-1a of 32 bits: spreads, and need not be secret. */
function scoreOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}

/** Milliseconds before one who hands on a list is asked again, which has nothing more itself yet. */
export function relayPause(random: Random): number {
  return 150 + 150 * random.next();
}
