/*
 * When the secrets of a group ended, and who came too late by one that had (DESIGN §7).
 *
 * An invite goes on working at a member that slept through a rotation, until that one hears of it. So whoever makes a secret
 * signs when those before it ended, as far as it knows, and everybody keeps when, and by which secret, each other one was
 * first seen. Who was first seen a day after its secret had ended, or later, is nobody's invitee: it is forgotten, with all
 * that it told. The day is for clocks that differ: to take a friend for late would part the group, so they may differ much.
 *
 * Two that do not agree when a secret ended were parted: the one that goes on with it for longer may have let somebody in
 * meanwhile, and made further secrets with those. So the group needs another, and whoever came by those of that side after
 * the parting has to come again.
 */

import type { Secret } from "./generations.ts";
import type { Seen } from "./roster.ts";

/** Ends that are told, and kept. Count. */
export const MOST_ENDS = 64;
/** What one member saw is compared with what another signed, each by its own clock: they may differ by so much, in milliseconds. */
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

/** Whether a member was first seen before the secret that it had then ended, as far as clocks can tell. */
export function isInTime({ first, came }: Pick<Seen, "first" | "came">, present: string, ends: Ends): boolean {
  const end = ends.get(came);
  if (end !== undefined) return first <= end + DAY;
  // One that is not listed ended before all that are, or on another side.
  return came === present || first <= oldest(ends.values()) + DAY;
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
  const ends = withEnds(
    known,
    (told.made?.ends ?? []).map(({ hash, at }) => ({ hash, at: Math.min(at, now + DAY) })),
  );
  const [winner, loser] = takes ? [told, own] : [own, told];
  // What it says itself does not speak against it, nor hide what does.
  const away = { own: parted(own, ends), told: parted(told, known) };
  const ours = [own.hash, ...listOf(own)];
  const theirs = [told.hash, ...listOf(told)];
  const marks = [
    ...since(away.own, ours, new Set(theirs)),
    ...since(away.told, theirs, new Set([...ours, ...known.keys()])),
  ];
  const apart = away.own !== null || away.told !== null;
  const before = oldest((winner.made?.ends ?? []).map(({ at }) => at));
  const lost = (takes || apart) && !ends.has(loser.hash) && loser.hash !== winner.hash;
  return withEnds(ends, [...marks, ...(lost ? [{ hash: loser.hash, at: apart ? now : Math.min(now, before) }] : [])]);
}

/** Nobody counts who came by the secrets of one side alone after it parted. */
function since(at: number | null, side: readonly string[], other: ReadonlySet<string>): End[] {
  return at === null ? [] : side.filter((hash) => !other.has(hash)).map((hash) => ({ hash, at }));
}

const listOf = ({ made }: Ended): string[] => (made?.ends ?? []).map(({ hash }) => hash);

const oldest = (times: Iterable<number>): number => Math.min(Number.POSITIVE_INFINITY, ...times);
