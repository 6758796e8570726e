/*
 * What a member knows of its group's secrets, and how two members' knowledge becomes one (DESIGN §7).
 *
 * A higher generation wins. One made twice, in two halves of a partition: the smaller SHA-256 wins, the other still opens
 * what comes, for a day. Removed ids only grow in number. Any member may turn bad, so a secret is worth what is known of
 * those who made it and told it: one that a removed member made never takes the place of another, and who does not know
 * yet of a removal that is known here may have been given what it tells by the removed one, so it is only asked again later.
 * Signatures are checked before anything comes here.
 */

import { type Removed, remembered, type Seen, withRemovals } from "./roster.ts";

/** Former secrets that are kept: each costs a try for every datagram that none opens. */
const MOST_FORMER = 4;
/** A former secret opens what comes for so long, in milliseconds. */
const FORMER_FOR = 24 * 3_600_000;
/** No number above it is read as a generation. */
export const MAX_GENERATION = 2 ** 40;
/** Clocks differ by so much, in seconds. */
const SLACK = 24 * 3_600;

/** Under whose identity key something was said: nobody who passes it on can change it. */
export interface Signed {
  /** Member id: SHA-256 of the key. */
  readonly by: string;
  /** SubjectPublicKeyInfo, DER, as hex. */
  readonly key: string;
  /** ECDSA P-256 with SHA-256, r and s of 32 bytes each (IEEE P1363), as hex. */
  readonly sig: string;
}

/** Who made a secret, and which members it knew to be removed. */
export interface Made extends Signed {
  /** Member ids, sorted. */
  readonly without: readonly string[];
}

/** One of the secrets that a group has had. */
export interface Secret {
  /** Counts them, from 1. */
  readonly generation: number;
  /** 32 bytes. */
  readonly secret: Uint8Array;
  /** SHA-256 of them, 64 hex digits. */
  readonly hash: string;
  /** null: the group's first one, or not told yet, as after an invite. */
  readonly made: Made | null;
}

/** The secret in use. */
export interface Present extends Secret {
  /** Id of the member that told it; null: oneself, or an invite. */
  readonly from: string | null;
  /** Somebody was removed that its maker did not know to be, or that was heard of later than the secret. */
  readonly stale: boolean;
}

/** One that opens what comes until then, milliseconds since 1970, and seals nothing. */
export interface Former extends Omit<Secret, "made"> {
  readonly until: number;
}

/** All that one member knows. Maps go by member id; nobody is in both. */
export interface Knowledge {
  /** Group id. */
  readonly group: string;
  readonly secret: Present;
  readonly former: readonly Former[];
  readonly roster: ReadonlyMap<string, Seen>;
  readonly removed: ReadonlyMap<string, Removed>;
}

/** What another member told. */
export interface Told {
  readonly group: string;
  /** Its member id. */
  readonly from: string;
  /** null where it does not tell which it has. */
  readonly secret: Secret | null;
  /** Whom it has seen itself. */
  readonly roster: readonly Omit<Seen, "from">[];
  readonly removed: readonly Omit<Removed, "met">[];
}

/** Whether a secret is to be used instead of another, where nothing speaks against either. */
export function prevails(
  one: Pick<Secret, "generation" | "hash">,
  other: Pick<Secret, "generation" | "hash">,
): boolean {
  if (one.generation !== other.generation) return one.generation > other.generation;
  return one.hash < other.hash;
}

/** Whether somebody who was removed may have the secret: the group needs a new one, and this one is given to nobody. */
export function needsNew({ secret, removed }: Pick<Knowledge, "secret" | "removed">): boolean {
  return secret.stale || isBad(secret, removed);
}

/** Whether it is not known for whom the secret was not made: nobody may be given it by the roster alone. */
export function isUnsure({ secret }: Pick<Knowledge, "secret">): boolean {
  return secret.made === null && secret.generation > 1;
}

/**
 * The highest generation that is believed: nobody makes more than one secret a second. So a member that made the highest
 * blocks the way to the next for no longer.
 */
export function highestGeneration(now: number): number {
  return Math.min(MAX_GENERATION, Math.floor(now / 1_000) + SLACK);
}

/** Which generation the next secret is; null where there is room for none yet. */
export function nextGeneration({ secret }: Pick<Knowledge, "secret">, now: number): number | null {
  return secret.generation < highestGeneration(now) ? secret.generation + 1 : null;
}

/** What is known after another told what it knows. `now`: milliseconds since 1970. */
export function merge(own: Knowledge, theirs: Told, now: number): Knowledge {
  if (theirs.group !== own.group || own.removed.has(theirs.from)) return own;
  const removed = withRemovals(own, theirs.removed, now);
  const heard = theirs.roster.map((one) => ({ ...one, from: theirs.from }));
  const roster = remembered([...own.roster.values(), ...heard], removed, now);
  const knows = new Set(theirs.removed.map(({ id }) => id));
  const sure = [...own.removed.values()].every(({ id, met }) => !met || knows.has(id));
  const told = sure && (theirs.secret?.generation ?? 0) <= highestGeneration(now) ? theirs.secret : null;
  const secret: Present =
    told !== null && replaces(told, own.secret, removed)
      ? { ...told, from: theirs.from, stale: !isWithout(told, removed, true) }
      : { ...own.secret, stale: own.secret.stale || lacks(own, removed) };
  const lost = secret.hash === own.secret.hash ? told : own.secret;
  // An older one is known to whoever rotated: only a twin of the present one is still in use somewhere.
  const still = lost === told && told?.generation !== secret.generation ? null : lost;
  const grew = [...removed.keys()].some((id) => !own.removed.has(id));
  const former = grew ? [] : kept([...asFormer(still, removed, now), ...own.former], secret, now);
  return { ...own, secret, former, roster, removed };
}

/** A new secret of these bytes, made here: without all who are known to be removed. */
export function renewed(own: Knowledge, fresh: Secret, now: number): Knowledge {
  const secret = { ...fresh, from: null, stale: !isWithout(fresh, own.removed, true) };
  return { ...own, secret, former: kept([...asFormer(own.secret, own.removed, now), ...own.former], secret, now) };
}

/** One more is removed, by this member. The secret has to be renewed then. */
export function withoutMember(own: Knowledge, gone: Omit<Removed, "met">, now: number): Knowledge {
  const removed = withRemovals(own, [gone], now, gone.by);
  const roster = remembered([...own.roster.values()], removed, now);
  return { ...own, secret: { ...own.secret, stale: true }, former: [], roster, removed };
}

/** A member was seen with the secret; nothing for one that was removed. */
export function withMember(own: Knowledge, seen: Omit<Seen, "from">, now: number): Knowledge {
  return { ...own, roster: remembered([...own.roster.values(), { ...seen, from: null }], own.removed, now) };
}

/** The former secrets that still open what comes: not too old, and not too many. */
export function kept(former: readonly Former[], present: Pick<Secret, "hash">, now: number): readonly Former[] {
  const byHash = new Map<string, Former>();
  for (const one of former) {
    if (one.hash === present.hash || one.until <= now) continue;
    const until = Math.min(now + FORMER_FOR, Math.max(one.until, byHash.get(one.hash)?.until ?? 0));
    byHash.set(one.hash, { ...one, until });
  }
  return [...byHash.values()].sort((a, b) => (prevails(a, b) ? -1 : 1)).slice(0, MOST_FORMER);
}

/** Whether to go on with another secret. The group's first, which nobody signed, replaces none. */
function replaces(theirs: Secret, own: Present, removed: ReadonlyMap<string, Removed>): boolean {
  if (theirs.made === null) return false;
  if (theirs.hash === own.hash && theirs.generation === own.generation) return isUnsure({ secret: own });
  const mine = isBad(own, removed);
  return mine === isBad(theirs, removed) ? prevails(theirs, own) : mine;
}

/** Whether a removed member made it, or told it here. */
function isBad(secret: Secret & { readonly from?: string | null }, removed: ReadonlyMap<string, Removed>): boolean {
  const { made, from } = secret;
  return removed.has(made?.by ?? "") || removed.has(from ?? "");
}

/** Whether somebody was removed who counts, and was not before. */
function lacks(own: Knowledge, removed: ReadonlyMap<string, Removed>): boolean {
  return !isUnsure(own) && [...removed.values()].some(({ id, met }) => met && !own.removed.has(id));
}

/** Whether the maker of a secret knew all who are removed; or only of those who were `met`: the others never had one. */
function isWithout({ made }: Secret, removed: ReadonlyMap<string, Removed>, met = false): boolean {
  const without = new Set(made?.without);
  return [...removed.values()].every((one) => (met && !one.met) || without.has(one.id));
}

/** Nothing of what somebody removed may have. */
function asFormer(secret: Secret | null, removed: ReadonlyMap<string, Removed>, now: number): Former[] {
  if (secret === null || isBad(secret, removed) || !isWithout(secret, removed)) return [];
  const { generation, secret: bytes, hash } = secret;
  return [{ generation, secret: bytes, hash, until: now + FORMER_FOR }];
}
