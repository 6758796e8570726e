/*
 * Who stays on the roster when the group's secret becomes another (DESIGN §7).
 *
 * An invite goes on working at a member that slept through a rotation or a removal, until that one hears of it. So a new secret
 * is given to nobody only because one that slept knows it. Clocks cannot tell who came in time, since they differ; who knows
 * whom can. A member that takes a secret, or has to give up its own, keeps
 *
 * - whom the teller of that secret relies on, with the teller and who made it;
 * - whom it knew before it knew that maker: the secret of that time had not ended yet. Where it does not know the maker, before it
 *   knew the teller: so who came last puts out nobody who was there before.
 *
 * All others are forgotten, with what they told, until they prove to have the new secret.
 */

import type { Secret, Told } from "./generations.ts";
import type { Seen } from "./roster.ts";

type Members = ReadonlyMap<string, Seen>;

/** Those who stay when this member is told another secret; and whom it knew at the time `old` already, milliseconds since 1970. */
export function staying(members: Members, theirs: Told, told: Secret, old = 0): Seen[] {
  const maker = told.made?.by ?? "";
  const vouched = new Set([...theirs.vouches, ...theirs.roster.map(({ id }) => id), theirs.from, maker]);
  const before = (members.get(maker) ?? members.get(theirs.from))?.first ?? 0;
  return [...members.values()].filter(({ id, first }) => vouched.has(id) || first <= Math.max(before, old));
}

/** Those that another member told of, known from now on unless they were before; of these, who was seen last comes last. */
export function heard(members: Members, { from, roster }: Told, now: number): Seen[] {
  const first = nextFirst(members, now);
  return roster
    .filter(({ id }) => id !== from)
    .sort((a, b) => a.seen - b.seen)
    .map((one, at) => ({ ...one, from, first: members.get(one.id)?.first ?? first + at }));
}

/** Since when one is known that is new: later than all others, though the clock may have been set back. */
export function nextFirst(members: Members, now: number): number {
  return Math.max(now, 1 + Math.max(0, ...[...members.values()].map(({ first }) => first)));
}
