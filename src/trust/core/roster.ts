/*
 * Whom a member remembers, and who was removed. What it has seen itself counts; what others tell has little room, is asked
 * last, and goes when its teller is removed.
 */

import type { Knowledge, Signed } from "./generations.ts";

/** Members that are remembered from own sight, those known by hearsay in all, ids that are kept as removed. Counts. */
export const MOST_REMEMBERED = 4_096;
export const MOST_HEARSAY = 256;
export const MOST_REMOVED = 1_024;
/** Ids that one other member may have removed, of those who were never heard of here. */
const MOST_STRANGERS = 256;

/** A member that was seen with the group's secret, and where its peer port was. */
export interface Seen {
  /** Member id. */
  readonly id: string;
  /** Display name. */
  readonly name: string;
  /** IP addresses, the likeliest first. */
  readonly hosts: readonly string[];
  readonly port: number;
  /** Milliseconds since 1970. */
  readonly seen: number;
  /** Id of the member that told of it; null: seen by this member itself. */
  readonly from: string | null;
}

/** A member that was removed, under the key of who removed it. */
export interface Removed extends Signed {
  readonly id: string;
  /** Its display name then. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** It was on the roster, or removed here: it may have a secret. */
  readonly met: boolean;
}

/**
 * The removed ids with what was told besides. Where there are too many, those that were never heard of go, whoever told
 * them: of each remover, those with the smallest ids stay, so that all who were told enough keep the same. `self`: who
 * removes here, for which there is always room.
 */
export function withRemovals(
  own: Pick<Knowledge, "roster" | "removed">,
  told: readonly Omit<Removed, "met">[],
  now: number,
  self: string | null = null,
): ReadonlyMap<string, Removed> {
  const removed = new Map(own.removed);
  for (const { id, name, at, by, key, sig } of told) {
    if (removed.has(id) && self === null) continue;
    const met = own.roster.has(id) || by === self;
    removed.set(id, { id, name, at: Math.min(at, now), by, key, sig, met });
  }
  const strangers = [...removed.values()].filter(({ met }) => !met).sort((a, b) => (a.id < b.id ? -1 : 1));
  const each = new Map<string, number>();
  for (const { id, by } of strangers) {
    const rank = (each.get(by) ?? 0) + 1;
    each.set(by, rank);
    if (rank > MOST_STRANGERS) removed.delete(id);
  }
  for (const { id } of strangers.reverse()) if (removed.size > MOST_REMOVED) removed.delete(id);
  // What was known before and what is removed here stays before what was told just now.
  const latest = [...removed.values()].reverse().filter(({ by }) => by !== self);
  for (const { id } of latest) if (removed.size > MOST_REMOVED) removed.delete(id);
  return removed;
}

/** The latest word of each member; where there are too many, of those seen last. Nobody was seen in the future. */
export function remembered(
  seen: readonly Seen[],
  removed: ReadonlyMap<string, unknown>,
  now: number,
): ReadonlyMap<string, Seen> {
  const latest = new Map<string, Seen>();
  for (const one of seen) {
    if (removed.has(one.id) || (one.from !== null && removed.has(one.from))) continue;
    if (isBetter(one, latest.get(one.id))) latest.set(one.id, one.seen > now ? { ...one, seen: now } : one);
  }
  const all = [...latest.values()];
  const own = all.filter(({ from }) => from === null).sort(newest);
  const hearsay = inTurns(all.filter(({ from }) => from !== null).sort(newest));
  const most = [...own.slice(0, MOST_REMEMBERED), ...hearsay.slice(0, MOST_HEARSAY)];
  return new Map(most.map((one) => [one.id, one]));
}

/** Own sight goes before hearsay, and the word of one who told of it before is only changed by that one's own. */
function isBetter(one: Seen, known: Seen | undefined): boolean {
  if (known === undefined) return true;
  if (one.from !== known.from) return one.from === null;
  return one.seen > known.seen;
}

const newest = (a: Seen, b: Seen): number => b.seen - a.seen || (a.id < b.id ? -1 : 1);

/** The first of each teller, then the second of each: who tells much takes no room from the others. */
function inTurns(hearsay: readonly Seen[]): Seen[] {
  const told = new Map<string | null, number>();
  const ranked = hearsay.map((one) => {
    const rank = told.get(one.from) ?? 0;
    told.set(one.from, rank + 1);
    return { one, rank };
  });
  return ranked.sort((a, b) => a.rank - b.rank).map(({ one }) => one);
}
