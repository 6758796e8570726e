import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  isUnsure,
  type Knowledge,
  merge,
  needsNew,
  nextEnds,
  nextGeneration,
  type Removal,
  renewed,
  type Secret,
  type Sight,
  type Told,
  vouchedBy,
  withMember,
} from "../../src/trust/mod.ts";

/** Longer than clocks may differ. */
export const LONG = 48 * 3_600_000;
export const SIGNED = { key: "", sig: "" };

export function secretOf(text: string) {
  const secret = new Uint8Array(createHash("sha256").update(text).digest());
  return { secret, hash: createHash("sha256").update(secret).digest("hex") };
}

export const sight = (id: string, seen: number): Sight => ({ id, name: id, hosts: ["10.0.0.1"], port: 7948, seen });
export const removal = (id: string, by: string, at = 1): Removal => ({ id, name: id, at, by, ...SIGNED });

/** One that has the group's first secret, and has just heard these members say that they have it. */
export function begun(members: readonly string[], now: number): Knowledge {
  const secret = { ...secretOf("first"), generation: 1, made: null, from: null, stale: false };
  const none = { group: "g", secret, roster: new Map(), removed: new Map(), ends: new Map(), former: [] };
  return members.reduce<Knowledge>((own, id) => spoken(own, id, now), none);
}

/** A member was seen, and then said itself that it has the present secret. */
export function spoken(own: Knowledge, id: string, now: number): Knowledge {
  const seen = withMember(own, sight(id, now), true, now);
  const word = { group: own.group, from: id, secret: own.secret, roster: [], vouches: [], removed: [] };
  return merge(seen, word, now);
}

/** The next secret of a member, as one that `by` made. Signatures are checked elsewhere. */
export function secretBy(
  by: string,
  own: Knowledge,
  text: string,
  now: number,
  more: Partial<Secret["made"]> = {},
): Secret {
  const generation = nextGeneration(own);
  assert.ok(generation !== null);
  const made = { by, ...SIGNED, without: [...own.removed.keys()].sort(), ends: nextEnds(own, now), ...more };
  return { ...secretOf(text), generation, made };
}

export const rotated = (own: Knowledge, by: string, text: string, now: number): Knowledge =>
  renewed(own, secretBy(by, own, text, now), now);

/** What an honest member tells another: no secret that is in wrong hands, or may be. */
export const told = (known: Knowledge, from: string, asker = ""): Told => ({
  group: known.group,
  from,
  secret: needsNew(known) || isUnsure(known) ? null : known.secret,
  roster: [...known.roster.values()].filter((one) => one.from === null),
  vouches: vouchedBy(known, asker),
  removed: [...known.removed.values()],
});

/** Everybody asks everybody, and makes another secret where it needs one, until all is told. The hash of that of the last. */
export function settled(all: Map<string, Knowledge>, from: number, offset: (id: string) => number = () => 0): string {
  let [now, made, last] = [from, 0, ""];
  for (let round = 0, moved = true; moved; round++) {
    assert.ok(round < 20, "it comes to rest");
    moved = false;
    for (const [id, before] of all) {
      let own = before;
      for (const [other, theirs] of all)
        if (other !== id) own = merge(own, told(theirs, other, id), ++now + offset(id));
      if (needsNew(own)) own = rotated(own, id, `${id} again ${++made}`, now + offset(id));
      moved ||= own.secret.hash !== before.secret.hash;
      all.set(id, own);
      last = own.secret.hash;
    }
  }
  return last;
}
