/*
 * Which word of another member counts (DESIGN §7). Any member may turn bad, and who has an old invite can let itself in at one that
 * slept: so what is told is weighed by who is known to whom.
 */

import { follows } from "./ends.ts";
import type { Knowledge, Secret, Told } from "./generations.ts";
import { isCertain, type Removal } from "./roster.ts";
import { isReliable } from "./vouching.ts";

/** No number above it is read as a generation. */
export const MAX_GENERATION = 2 ** 40;
/** Clocks differ by so much, in seconds. */
const SLACK = 24 * 3_600;
/** And by so much more, where two members that are known stand for a secret: who made it and who tells it. */
const LAG = 30 * SLACK;
/** Generations that one word may lead further, whatever the clock says. To the last number it takes more of them than fit in years. */
const STRIDE = 16;

/** The highest generation that is believed on anybody's word: nobody makes more than one secret a second. */
export function highestGeneration(now: number): number {
  return Math.min(MAX_GENERATION, Math.floor(now / 1_000) + SLACK);
}

/** Whether to listen to a member at all: it is known, or has the same secret. It may have been forgotten since it was asked. */
export function isHeard({ roster, secret }: Knowledge, { from, secret: told }: Told): boolean {
  return roster.has(from) || told?.hash === secret.hash;
}

/** Whether a removal counts: its signer is known, or who tells it has the same secret, or whose maker is known here made it so. */
export function isFounded(
  { roster, removed, secret }: Knowledge,
  { secret: told }: Told,
  { id, by }: Removal,
): boolean {
  if (roster.has(by) || removed.has(by) || removed.has(id)) return true;
  if (told === null) return false;
  return told.hash === secret.hash || (roster.has(told.made?.by ?? "") && told.made?.without.includes(id) === true);
}

/**
 * Whether a secret is to be looked at. Not where the removed one may have told it: its teller does not know of a certain
 * removal, nor does a maker that is known here. Nor where it is further ahead than it can be, or comes from who never spoke.
 */
export function isBelieved(own: Knowledge, { from, secret, removed }: Told, now: number): boolean {
  if (secret === null) return false;
  const saw = (id: string): boolean => own.roster.get(id)?.from === null;
  const { made, generation } = secret;
  const knows = new Set(removed.map(({ id }) => id));
  if (made !== null && saw(made.by)) for (const id of made.without) knows.add(id);
  const vouched = made !== null && made.by !== from && saw(made.by) && saw(from);
  const highest = highestGeneration(now) + (vouched ? LAG : 0);
  return (
    (secret.hash === own.secret.hash || isReliable(own.roster, { from }, secret)) &&
    generation <= Math.max(highest, own.secret.generation + STRIDE) &&
    [...own.removed.values()].every((one) => !isCertain(one) || knows.has(one.id))
  );
}

/**
 * Whether somebody who is not known here made a secret, or has one that is taken. Where it was made beside that of this member, such a
 * one may have let itself in with an old invite: it is taken only to be followed by another, and when it says that others ended
 * counts for nothing.
 */
export function isStrange(own: Knowledge, { vouches }: Told, told: Secret, takes: boolean): boolean {
  if (follows(told, own.secret, own.ends)) return false;
  return !own.roster.has(told.made?.by ?? "") || (takes && vouches.some((id) => !own.roster.has(id)));
}
