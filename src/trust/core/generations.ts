/*
 * What a member knows of its group's secrets, and how two members' knowledge becomes one (DESIGN §7).
 *
 * A higher generation wins. One made twice, in two halves of a partition: the smaller SHA-256 wins, the other still opens
 * what comes, for a day. Removed ids only grow in number. Any member may turn bad, so a secret is worth what is known of
 * those who made it and told it: one that a removed member made never takes the place of another, and who does not know
 * yet of a removal that is known here may have been given what it tells by the removed one, so it is only asked again later.
 * Signatures are checked before anything comes here.
 */

import { isBelieved, isFounded, isHeard, isStrange, MAX_GENERATION } from "./belief.ts";
import { type End, type Ends, endsAfter, withEnds } from "./ends.ts";
import { isCertain, isMet, type Removal, type Removed, remembered, type Seen, withRemovals } from "./roster.ts";
import { heard, nextFirst, staying, withAgreed } from "./vouching.ts";

/** Former secrets that are kept: each costs a try for every datagram that none opens. */
const MOST_FORMER = 4;
/** A former secret opens what comes for so long, in milliseconds. */
const FORMER_FOR = 24 * 3_600_000;
/** Under whose identity key something was said: nobody who passes it on can change it. */
export interface Signed {
  /** Member id: SHA-256 of the key. */
  readonly by: string;
  /** SubjectPublicKeyInfo, DER, as hex. */
  readonly key: string;
  /** ECDSA P-256 with SHA-256, r and s of 32 bytes each (IEEE P1363), as hex. */
  readonly sig: string;
}

/** Who made a secret, which members it knew to be removed, and when it knew the secrets before to have ended. */
export interface Made extends Signed {
  /** Member ids, sorted. */
  readonly without: readonly string[];
  /** The latest, sorted by hash; none: before that was told. */
  readonly ends: readonly End[];
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
  /** Ids that its teller relied on, known here or not: they may have it. None: oneself made it, or it came with an invite. */
  readonly vouched?: readonly string[] | undefined;
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
  readonly ends: Ends;
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
  readonly roster: readonly Omit<Seen, "from" | "first" | "agreed">[];
  /** Ids of all others that it relies on, or that whom it had its secret from did; none where it does not tell which it has. */
  readonly vouches: readonly string[];
  readonly removed: readonly Removal[];
}

/** Whether a secret is to be used instead of another, where nothing speaks against either. */
export function prevails(
  one: Pick<Secret, "generation" | "hash">,
  other: Pick<Secret, "generation" | "hash">,
): boolean {
  if (one.generation !== other.generation) return one.generation > other.generation;
  return one.hash < other.hash;
}

/** Whether somebody may have the secret who was removed, or came too late: the group needs a new one, and this is given to nobody. */
export function needsNew({ secret, removed, ends }: Pick<Knowledge, "secret" | "removed" | "ends">): boolean {
  return secret.stale || isBad(secret, removed) || ends.has(secret.hash);
}

/** Whether it is not known for whom the secret was not made: nobody may be given it by the roster alone. */
export function isUnsure({ secret }: Pick<Knowledge, "secret">): boolean {
  return secret.made === null && secret.generation > 1;
}

/** Which generation the next secret is; null where there is none. */
export function nextGeneration({ secret }: Pick<Knowledge, "secret">): number | null {
  return secret.generation < MAX_GENERATION ? secret.generation + 1 : null;
}

/** When the secrets before the next one ended: the present one now. */
export function nextEnds({ secret, ends }: Knowledge, now: number): readonly End[] {
  const all = withEnds(ends, [{ hash: secret.hash, at: now }]);
  return [...all].map(([hash, at]) => ({ hash, at })).sort((a, b) => (a.hash < b.hash ? -1 : 1));
}

/** What is known after another told what it knows. `now`: milliseconds since 1970. */
export function merge(own: Knowledge, theirs: Told, now: number): Knowledge {
  if (theirs.group !== own.group || own.removed.has(theirs.from) || !isHeard(own, theirs)) return own;
  const removed = withRemovals(
    own,
    theirs.removed.filter((one) => isFounded(own, theirs, one)),
    now,
  );
  const told = isBelieved(own, theirs, now) ? theirs.secret : null;
  const { takes, ends, staying } = weighed(own, theirs, told, removed, now);
  const secret: Present =
    told !== null && takes
      ? {
          ...told,
          from: theirs.from,
          stale: !isWithout(told, removed, (one) => counts(one, own)),
          vouched: theirs.vouches,
        }
      : { ...own.secret, stale: own.secret.stale || lacks(own, removed) };
  const agree = told?.hash === secret.hash && !needsNew({ secret, removed, ends });
  const stayed = remembered(staying, removed, now);
  const roster = agree ? remembered([...stayed.values(), ...heard(stayed, theirs, now)], removed, now) : stayed;
  const lost = secret.hash === own.secret.hash ? told : own.secret;
  // An older one is known to whoever rotated: only a twin of the present one is still in use somewhere.
  const still = lost === told && told?.generation !== secret.generation ? null : lost;
  const grew = [...removed.keys()].some((id) => !own.removed.has(id));
  const former = grew ? [] : kept([...asFormer(still, removed, now), ...own.former], secret, now);
  return { ...own, secret, former, ends, roster, removed };
}

/** A new secret of these bytes, made here: without all who are known to be removed. */
export function renewed(own: Knowledge, fresh: Secret, now: number): Knowledge {
  const secret = { ...fresh, from: null, stale: !isWithout(fresh, own.removed, isMet) };
  const ends = withEnds(own.ends, fresh.made?.ends ?? []);
  const former = kept([...asFormer(own.secret, own.removed, now), ...own.former], secret, now);
  return { ...own, secret, ends, former, roster: remembered([...own.roster.values()], own.removed, now) };
}

/** One more is removed, by this member. The secret has to be renewed then. */
export function withoutMember(own: Knowledge, gone: Removal, now: number): Knowledge {
  const removed = withRemovals(own, [gone], now, gone.by);
  const secret = { ...own.secret, stale: true };
  return { ...own, secret, former: [], removed, roster: remembered([...own.roster.values()], removed, now) };
}

/** A member as it is seen: since when it is known, and what it said itself, aside. */
export type Sight = Omit<Seen, "from" | "first" | "agreed">;

/**
 * A member was seen, with the present secret where it `proves` to have it; nothing for one that was removed. Who is known by
 * hearsay alone stays so until it proves it, and nobody proves anything by a secret that may be in wrong hands.
 */
export function withMember(own: Knowledge, sight: Sight, proves: boolean, now: number): Knowledge {
  const before = own.roster.get(sight.id);
  const sighted = before?.from === null ? before : null;
  if (sighted === null && (!proves || needsNew(own))) return own;
  const all = [...own.roster.values()];
  const { first, agreed } = before ?? { first: nextFirst(own.roster, now), agreed: null };
  return { ...own, roster: remembered([...all, { ...sight, first, agreed, from: null }], own.removed, now) };
}

/** A member asked, and so said under its own key that it has the present secret. */
export function agreeing(own: Knowledge, id: string, now: number): Knowledge {
  return { ...own, roster: withAgreed(own.roster, id, now) };
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
  return !isUnsure(own) && [...removed.values()].some((one) => isMet(one) && !own.removed.has(one.id));
}

/** Whether a secret told has to be made without one: of who is hardly known, its maker has to know, and is told of it. */
const counts = (one: Removed, own: Knowledge): boolean => isCertain(one) || (isMet(one) && !own.removed.has(one.id));

/** Whether the maker of a secret knew all those to be removed who count. */
function isWithout(
  { made }: Secret,
  removed: ReadonlyMap<string, Removed>,
  counts: (one: Removed) => boolean = () => true,
): boolean {
  const without = new Set(made?.without);
  return [...removed.values()].every((one) => !counts(one) || without.has(one.id));
}

/** What follows from a secret that was told. `takes`: it is the present one now. `staying`: who is still known. */
function weighed(
  own: Knowledge,
  theirs: Told,
  told: Secret | null,
  removed: ReadonlyMap<string, Removed>,
  now: number,
) {
  if (told === null) return { takes: false, ends: own.ends, staying: [...own.roster.values()] };
  const other = told.hash !== own.secret.hash;
  const all = [...(other ? own.roster : withAgreed(own.roster, theirs.from, now)).values()];
  const takes = replaces(told, own.secret, removed);
  if (other && isStrange(own, theirs, told, takes)) {
    if (!takes) return { takes, ends: own.ends, staying: all };
    const both = [told.hash, own.secret.hash].map((hash) => ({ hash, at: now }));
    return { takes, ends: withEnds(own.ends, both), staying: staying(own.roster, theirs, told) };
  }
  const ends = endsAfter(own.secret, own.ends, told, takes, now);
  // Its own is to be given up: who let itself in by that is to have no part in the next. What ended before says nothing of it.
  const gives = (needsNew({ ...own, removed, ends }) || lacks(own, removed)) && !own.ends.has(told.hash);
  return { takes, ends, staying: other && (takes || gives) ? staying(own.roster, theirs, told) : all };
}

/** Nothing of what somebody removed may have. */
function asFormer(secret: Secret | null, removed: ReadonlyMap<string, Removed>, now: number): Former[] {
  if (secret === null || isBad(secret, removed) || !isWithout(secret, removed)) return [];
  const { generation, secret: bytes, hash } = secret;
  return [{ generation, secret: bytes, hash, until: now + FORMER_FOR }];
}
