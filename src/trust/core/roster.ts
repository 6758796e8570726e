/*
 * Whom a member remembers, and who was removed. What it has seen itself counts; what others tell has little room, is asked
 * last, and goes when its teller is removed.
 */

import type { Knowledge, Signed } from "./generations.ts";

/** Members that are remembered from own sight, those known by hearsay, both together, ids that are kept as removed. Counts. */
export const MOST_REMEMBERED = 4_096;
export const MOST_HEARSAY = 256;
export const MOST_KNOWN = MOST_REMEMBERED + MOST_HEARSAY;
export const MOST_REMOVED = 1_024;
/** Ids that one other member may have removed, of each sort that is told apart below. */
const MOST_EACH = 256;

/** A member that was seen with the group's secret, and where its peer port was. */
export interface Seen {
  /** Member id. */
  readonly id: string;
  /** Display name. */
  readonly name: string;
  /** IP addresses, the likeliest first. */
  readonly hosts: readonly string[];
  readonly port: number;
  /** When last, milliseconds since 1970. */
  readonly seen: number;
  /** Since when it is known, but later than all that were known before it, wherever the clock was; 0: before that was kept. */
  readonly first: number;
  /**
   * When it first said itself, under its own key, that it has the secret that this member had, in the order of `first`; null:
   * not yet. That it was seen in gossip says less: who has the secret can make that up.
   */
  readonly agreed: number | null;
  /** Id of the member that told of it; null: seen by this member itself. */
  readonly from: string | null;
}

/**
 * What this member knows of a removal itself, the best first: it is its own; it saw both, who was removed and who did it; the
 * removed one was told of at least, so it may have a secret; nothing.
 */
export const KNOWN = ["own", "witnessed", "met", "hearsay"] as const;

/** A member that was removed, under the key of who removed it. */
export interface Removed extends Signed {
  readonly id: string;
  /** Its display name then. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly known: (typeof KNOWN)[number];
}

/** Whether it may have a secret. */
export const isMet = ({ known }: Removed): boolean => known !== "hearsay";

/** Whether its removal is known at first hand: of all others, a bad member could have made up any number. */
export const isCertain = ({ known }: Removed): boolean => known === "own" || known === "witnessed";

/** A removal as it is told: what is known of it is for each to say. */
export type Removal = Omit<Removed, "known">;

/**
 * The removed ids with what was told besides. Where there are too many, the least known go; of those known alike, each
 * remover keeps one before any keeps two, the smaller ids first, so that all who were told enough keep the same. `self`: who
 * removes here, whose own removals go last.
 */
export function withRemovals(
  own: Pick<Knowledge, "roster" | "removed">,
  told: readonly Removal[],
  now: number,
  self: string | null = null,
): ReadonlyMap<string, Removed> {
  const removed = new Map(own.removed);
  for (const { id, name, at, by, key, sig } of told) {
    const known = by === self ? "own" : knownOf(own, id, by);
    const before = removed.get(id);
    if (before !== undefined && KNOWN.indexOf(known) >= KNOWN.indexOf(before.known)) continue;
    removed.set(id, { id, name, at: Math.min(at, now), by, key, sig, known });
  }
  const sorts = KNOWN.flatMap((known) => inTurn([...removed.values()].filter((one) => one.known === known)));
  return new Map(sorts.slice(0, MOST_REMOVED).map((one) => [one.id, one]));
}

function knownOf({ roster, removed }: Pick<Knowledge, "roster" | "removed">, id: string, by: string): Removed["known"] {
  const saw = (who: string): boolean => roster.get(who)?.from === null;
  const before = removed.get(by)?.known;
  if (saw(id) && (saw(by) || before === "own" || before === "witnessed")) return "witnessed";
  return roster.has(id) || removed.get(id)?.known === "met" ? "met" : "hearsay";
}

/** Those of one sort, without what any other member removed beyond its share. */
function inTurn(removals: readonly Removed[]): Removed[] {
  const each = new Map<string, number>();
  const ranked = [...removals].sort(byId).map((one) => {
    const rank = each.get(one.by) ?? 0;
    each.set(one.by, rank + 1);
    return { one, rank };
  });
  const room = ({ one, rank }: (typeof ranked)[number]): boolean => one.known === "own" || rank < MOST_EACH;
  return ranked
    .filter(room)
    .sort((a, b) => a.rank - b.rank || byId(a.one, b.one))
    .map(({ one }) => one);
}

/**
 * The latest word of each member; where there are too many, of those known longest. Nobody was seen in the future, and nobody
 * is known by the word of one that is not.
 */
export function remembered(
  seen: readonly Seen[],
  removed: ReadonlyMap<string, unknown>,
  now: number,
): ReadonlyMap<string, Seen> {
  const latest = new Map<string, Seen>();
  for (const told of seen) {
    // The clock may have been set back since.
    const one = { ...told, seen: Math.min(told.seen, now) };
    if (removed.has(one.id) || (one.from !== null && removed.has(one.from))) continue;
    if (isBetter(one, latest.get(one.id))) latest.set(one.id, one);
  }
  const all = [...latest.values()];
  const own = all.filter(({ from }) => from === null).sort(surest);
  const hearsay = inTurns(founded(all).sort(newest));
  const most = [...own.slice(0, MOST_REMEMBERED).sort(newest), ...hearsay.slice(0, MOST_HEARSAY)];
  return new Map(most.map((one) => [one.id, one]));
}

/** Own sight goes before hearsay, and the word of one who told of it before is only changed by that one's own. */
function isBetter(one: Seen, known: Seen | undefined): boolean {
  if (known === undefined) return true;
  if (one.from !== known.from) return one.from === null;
  return one.seen > known.seen;
}

/** Those told by members that were seen here, and those told by these, and so on. */
function founded(all: readonly Seen[]): Seen[] {
  const known = new Set(all.filter(({ from }) => from === null).map(({ id }) => id));
  const told: Seen[] = [];
  for (let left = all.filter(({ from }) => from !== null); ; ) {
    const more = left.filter(({ from }) => from !== null && known.has(from));
    if (more.length === 0) return told;
    for (const one of more) known.add(one.id);
    told.push(...more);
    left = left.filter(({ id }) => !known.has(id));
  }
}

const byId = (a: { readonly id: string }, b: { readonly id: string }): number => (a.id < b.id ? -1 : 1);
/** Ids that were made up in gossip push out nobody who spoke itself, nor who was known before. */
const surest = (a: Seen, b: Seen): number =>
  Number(a.agreed === null) - Number(b.agreed === null) || a.first - b.first || newest(a, b);
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
