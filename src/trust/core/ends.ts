/*
 * Which secrets of a group have ended (DESIGN §7).
 *
 * Whoever makes a secret signs which ended before it, as far as it knows. So each can tell whether a secret follows the one that
 * it has, or was made beside it. When they ended only says which are kept where there are too many: clocks differ.
 */

import type { Secret } from "./generations.ts";

/** Ends that are told, and kept. Count. */
export const MOST_ENDS = 256;
/** No secret is said to have ended so much later than now, in milliseconds. */
const DAY = 24 * 3_600_000;

/** When a secret was followed by another, by the clock of who made that. */
export interface End {
  /** Of the secret that ended: its SHA-256, 64 hex digits. */
  readonly hash: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Times by hash, milliseconds since 1970. */
export type Ends = ReadonlyMap<string, number>;

/** A secret, as far as it says who may have come by it. */
type Ended = Pick<Secret, "hash" | "made">;

/** The earliest word on each; where there are too many, those said now, and of the others the latest. */
export function withEnds(ends: Ends, more: readonly End[]): Ends {
  const earliest = new Map(ends);
  for (const { hash, at } of more) earliest.set(hash, Math.min(at, earliest.get(hash) ?? at));
  if (earliest.size <= MOST_ENDS) return earliest;
  const said = new Set(more.map(({ hash }) => hash));
  const rank = (hash: string): number => (said.has(hash) ? 0 : 1);
  const sorted = [...earliest].sort(([a, one], [b, other]) => rank(a) - rank(b) || other - one || (a < b ? -1 : 1));
  return new Map(sorted.slice(0, MOST_ENDS));
}

/**
 * Whether a secret was made by somebody who knew the `present` one, or had it from such; and all that are known here to have
 * ended besides those that the present one's maker knew of, as where that one is not relied on.
 */
export function follows({ made }: Ended, present: Ended, ends: Ends): boolean {
  const listed = new Set(made?.ends.map(({ hash }) => hash));
  const before = new Set(present.made?.ends.map(({ hash }) => hash));
  return listed.has(present.hash) && [...ends.keys()].every((hash) => listed.has(hash) || before.has(hash));
}

/** The ends that are known after another secret was told, which `takes` the place of one's own or does not. */
export function endsAfter(own: Ended, known: Ends, told: Ended, takes: boolean, now: number): Ends {
  // Ends far in the future would stay when all true ones are gone.
  const said = (told.made?.ends ?? []).map(({ hash, at }) => ({ hash, at: Math.min(at, now + DAY) }));
  const ends = withEnds(known, said);
  if (!takes || told.hash === own.hash || ends.has(own.hash)) return ends;
  return withEnds(ends, [{ hash: own.hash, at: now }]);
}
