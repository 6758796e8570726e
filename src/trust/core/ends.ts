/*
 * When the secrets of a group ended (DESIGN §7).
 *
 * Whoever makes a secret signs when those before it ended, as far as it knows. So each can tell whether a secret follows the
 * one that it has, or was made beside it. Two that do not agree when a secret ended were parted: the one that went on with it
 * for longer may have let somebody in meanwhile, by an invite that had ended elsewhere, and made further secrets with those.
 * So the group needs another then.
 */

import type { Secret } from "./generations.ts";

/** Ends that are told, and kept. Count. */
export const MOST_ENDS = 64;
/** No secret is said to have ended so much later than now, in milliseconds. */
const DAY = 24 * 3_600_000;
/** Secrets made so far apart are made by members that do not hear each other, in milliseconds. */
const APART = 60_000;

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

/** Whether a secret was made by somebody who knew the other, or had it from such. */
export function follows({ made }: Ended, { hash }: Pick<Secret, "hash">): boolean {
  return made?.ends.some((end) => end.hash === hash) === true;
}

/** When its maker parted from who knows these ends: the earliest that it takes to be later. null: they did not part. */
export function parted({ hash, made }: Ended, ends: Ends): number | null {
  if (made === null) return null;
  const listed = new Map(made.ends.map((end) => [end.hash, end.at]));
  const last = [...ends].reduce((a, b) => (b[1] > a[1] ? b : a), ["", Number.NEGATIVE_INFINITY])[0];
  const missing = oldest(listed.values());
  let at: number | null = null;
  for (const [one, end] of ends) {
    const said = listed.get(one) ?? (one === last && one !== hash ? missing : end);
    if (end + APART < said) at = Math.min(end, at ?? end);
  }
  return at;
}

/** The ends that are known after another secret was told, which `takes` the place of one's own or does not. */
export function endsAfter(own: Ended, known: Ends, told: Ended, takes: boolean, now: number): Ends {
  // Ends far in the future would stay when all true ones are gone.
  const said = (told.made?.ends ?? []).map(({ hash, at }) => ({ hash, at: Math.min(at, now + DAY) }));
  const ends = withEnds(known, said);
  if (!takes || told.hash === own.hash || ends.has(own.hash)) return ends;
  // What it says itself does not hide what speaks against it.
  const apart = parted(own, ends) !== null || parted(told, known) !== null;
  const before = oldest((told.made?.ends ?? []).map(({ at }) => at));
  return withEnds(ends, [{ hash: own.hash, at: apart ? now : Math.min(now, before) }]);
}

const oldest = (times: Iterable<number>): number => Math.min(Number.POSITIVE_INFINITY, ...times);
