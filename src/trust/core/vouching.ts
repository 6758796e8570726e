/*
 * Who stays on the roster when the group's secret becomes another (DESIGN §7).
 *
 * An invite goes on working at a member that slept through a rotation or a removal, until that one hears of it. So a new secret
 * is given to nobody only because one that slept knows it. Clocks cannot tell who came in time, since they differ; who knows
 * whom can. A member that takes a secret, or has to give up its own, keeps
 *
 * - whom the teller of that secret relies on, with the teller and who made it;
 * - whom it knew before it knew the teller and that maker, to have the same secret as it: so who came last puts
 *   out nobody who was there before. One of them has to have said so: what is seen can be made up.
 *
 * All others are forgotten, with what they told, until they prove to have the new secret.
 */

import type { Knowledge, Secret, Told } from "./generations.ts";
import { MOST_KNOWN, type Seen } from "./roster.ts";

type Members = ReadonlyMap<string, Seen>;

/** Those who stay when this member is told another secret. */
export function staying(members: Members, theirs: Told, told: Secret): Seen[] {
  const maker = told.made?.by ?? "";
  const vouched = new Set([...theirs.vouches, ...theirs.roster.map(({ id }) => id), theirs.from, maker]);
  const times = [maker, theirs.from]
    .flatMap((id) => members.get(id) ?? [])
    .flatMap(({ agreed, from, first }) => (from === null ? first : (agreed ?? [])));
  const before = Math.min(...times);
  return [...members.values()].filter(({ id, first }) => vouched.has(id) || first <= before);
}

/**
 * Whether a secret may be taken from a member: it, or who made the secret, said to have the same as this member before. Where nobody
 * did yet, from any.
 */
export function isReliable(members: Members, { from }: Pick<Told, "from">, { made }: Secret): boolean {
  const said = (id: string): boolean => (members.get(id)?.agreed ?? null) !== null;
  return said(from) || said(made?.by ?? "") || ![...members.keys()].some(said);
}

/** Ids that go with the present secret when it is told to one member: of all others that may have it. */
export function vouchedBy({ roster, secret }: Pick<Knowledge, "roster" | "secret">, asker: string): string[] {
  const all = new Set([...roster.keys(), ...(secret.vouched ?? [])]);
  all.delete(asker);
  return [...all].slice(0, MOST_KNOWN);
}

/** With one that said under its own key that it has the present secret. Changes nothing where it is not known, or did before. */
export function withAgreed(members: Members, id: string, now: number): Members {
  const one = members.get(id);
  if (one === undefined || one.agreed !== null) return members;
  return new Map(members).set(id, { ...one, agreed: nextFirst(members, now) });
}

/** Those that another member told of, known from now on unless they were before; of these, who was seen last comes last. */
export function heard(members: Members, { from, roster }: Told, now: number): Seen[] {
  const first = nextFirst(members, now);
  return roster
    .filter(({ id }) => id !== from)
    .sort((a, b) => a.seen - b.seen)
    .map((one, at) => {
      const { first: since, agreed } = members.get(one.id) ?? { first: first + at, agreed: null };
      return { ...one, from, first: since, agreed };
    });
}

/** Since when one is known that is new: later than all others, though the clock may have been set back. */
export function nextFirst(members: Members, now: number): number {
  return [...members.values()].reduce((next, { first, agreed }) => Math.max(next, first + 1, (agreed ?? 0) + 1), now);
}
