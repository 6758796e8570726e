/*
 * What a member knows of its group's secrets, and how two members' knowledge becomes one (DESIGN §7).
 *
 * A higher generation wins. One made twice, in two halves of a partition: the smaller SHA-256 wins, the other still opens
 * what comes, for a day. Removed ids only grow in number. Each secret says how many removed ids its maker knew of, and
 * whoever holds it knows those: so where more are known now, one of them may have got it, and a new one has to be made.
 */

/** Members that are remembered, and ids that are kept as removed. Counts. */
export const MOST_REMEMBERED = 4_096;
export const MOST_REMOVED = 4_096;
/** Former secrets that are kept: each costs a try for every datagram that none opens. */
const MOST_FORMER = 4;
/** A former secret opens what comes for so long, in milliseconds. */
const FORMER_FOR = 24 * 3_600_000;
/** A generation this far ahead is none that people made: it would leave no room for theirs. */
const MAX_LEAP = 1 << 20;

/** One of the secrets that a group has had. */
export interface Secret {
  /** Counts them, from 1. */
  readonly generation: number;
  /** 32 bytes. */
  readonly secret: Uint8Array;
  /** SHA-256 of them, 64 hex digits. */
  readonly hash: string;
  /** How many removed ids its maker knew of, all of which every holder knows; null: not told yet, as after an invite. */
  readonly without: number | null;
}

/** One that opens what comes until then, milliseconds since 1970, and seals nothing. */
export interface Former extends Secret {
  readonly until: number;
}

/** A member that was seen with the group's secret, and where its peer port was. */
export interface Seen {
  /** Member id. */
  readonly id: string;
  /** Display name. */
  readonly name: string;
  /** The likeliest first. */
  readonly hosts: readonly string[];
  readonly port: number;
  /** Milliseconds since 1970. */
  readonly seen: number;
}

/** A member that was removed. */
export interface Removed {
  readonly id: string;
  /** Its display name then. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** All that one member knows. Maps go by member id; nobody is in both. */
export interface Knowledge {
  /** Group id. */
  readonly group: string;
  readonly secret: Secret;
  readonly former: readonly Former[];
  readonly roster: ReadonlyMap<string, Seen>;
  readonly removed: ReadonlyMap<string, Removed>;
}

/** What another member told; `secret` is null where it has the same one. */
export interface Told {
  readonly group: string;
  readonly secret: Secret | null;
  /** Of its secret, in either case. */
  readonly without: number | null;
  readonly roster: readonly Seen[];
  readonly removed: readonly Removed[];
}

/** Whether a secret is to be used instead of another. */
export function prevails(
  one: Pick<Secret, "generation" | "hash">,
  other: Pick<Secret, "generation" | "hash">,
): boolean {
  if (one.generation !== other.generation) return one.generation > other.generation;
  return one.hash < other.hash;
}

/** Whether somebody who was removed may have the secret, so that the group needs a new one. */
export function needsNew({ secret, removed }: Knowledge): boolean {
  return secret.without !== null && secret.without < removed.size;
}

/** Whether removed ids that the secret was made without are not known here: nobody may be given it by this list alone. */
export function isUnsure({ secret, removed }: Knowledge): boolean {
  return secret.without === null || secret.without > removed.size;
}

/** What is known after another told what it knows. `now`: milliseconds since 1970. */
export function merge(own: Knowledge, theirs: Told, now: number): Knowledge {
  if (theirs.group !== own.group) return own;
  const removed = union(own.removed, theirs.removed);
  const roster = remembered([...own.roster.values(), ...theirs.roster], removed, now);
  const { secret } = theirs;
  if (secret === null || secret.hash === own.secret.hash) {
    const known = { ...own.secret, without: own.secret.without ?? theirs.without };
    return { ...own, secret: known, former: kept(own.former, known, removed, now), roster, removed };
  }
  if (secret.generation > own.secret.generation + MAX_LEAP) return own;
  const wins = prevails(secret, own.secret);
  const lost = wins ? own.secret : secret;
  // An older one is known to whoever rotated: only a twin of the present one is still in use somewhere.
  const still = wins || lost.generation === own.secret.generation ? [{ ...lost, until: now + FORMER_FOR }] : [];
  const present = wins ? secret : own.secret;
  return { ...own, secret: present, former: kept([...still, ...own.former], present, removed, now), roster, removed };
}

/** A new secret of these bytes, made here: the next generation, without all who are known to be removed. */
export function renewed(own: Knowledge, fresh: Pick<Secret, "secret" | "hash">, now: number): Knowledge {
  const secret = { ...fresh, generation: own.secret.generation + 1, without: own.removed.size };
  const former = kept([{ ...own.secret, until: now + FORMER_FOR }, ...own.former], secret, own.removed, now);
  return { ...own, secret, former };
}

/** One more is removed. The secret has to be renewed then. */
export function withoutMember(own: Knowledge, gone: Removed, now: number): Knowledge {
  return merge(own, { group: own.group, secret: null, without: null, roster: [], removed: [gone] }, now);
}

/** A member was seen with the secret; nothing for one that was removed. */
export function withMember(own: Knowledge, seen: Seen, now: number): Knowledge {
  return { ...own, roster: remembered([...own.roster.values(), seen], own.removed, now) };
}

/** The former secrets that still open what comes: not too old, not too many, and known to nobody who was removed. */
export function kept(
  former: readonly Former[],
  present: Secret,
  removed: ReadonlyMap<string, Removed>,
  now: number,
): readonly Former[] {
  const byHash = new Map<string, Former>();
  for (const one of former) {
    const safe = removed.size === 0 || (one.without ?? 0) >= removed.size;
    if (one.hash === present.hash || one.until <= now || !safe) continue;
    const until = Math.min(now + FORMER_FOR, Math.max(one.until, byHash.get(one.hash)?.until ?? 0));
    byHash.set(one.hash, { ...one, until });
  }
  return [...byHash.values()].sort((a, b) => (prevails(a, b) ? -1 : 1)).slice(0, MOST_FORMER);
}

/** Beyond the ceiling, what others tell is left out, never what is known here. */
function union(own: ReadonlyMap<string, Removed>, theirs: readonly Removed[]): ReadonlyMap<string, Removed> {
  const removed = new Map(own);
  for (const one of [...theirs].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const known = removed.get(one.id);
    if (known === undefined && removed.size >= MOST_REMOVED) continue;
    if (known === undefined || isEarlier(one, known)) removed.set(one.id, one);
  }
  return removed;
}

const isEarlier = (one: Removed, other: Removed): boolean =>
  one.at < other.at || (one.at === other.at && one.name < other.name);

/** The latest word of each member; where there are too many, of those seen last. Nobody was seen in the future. */
function remembered(
  seen: readonly Seen[],
  removed: ReadonlyMap<string, Removed>,
  now: number,
): ReadonlyMap<string, Seen> {
  const latest = new Map<string, Seen>();
  for (const one of seen) {
    const known = latest.get(one.id);
    if (removed.has(one.id) || (known !== undefined && known.seen >= one.seen)) continue;
    latest.set(one.id, one.seen > now ? { ...one, seen: now } : one);
  }
  if (latest.size <= MOST_REMEMBERED) return latest;
  const newest = [...latest.values()].sort((a, b) => b.seen - a.seen || (a.id < b.id ? -1 : 1));
  return new Map(newest.slice(0, MOST_REMEMBERED).map((one) => [one.id, one]));
}
