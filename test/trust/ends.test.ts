import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Knowledge, merge, needsNew, withMember, withoutMember } from "../../src/trust/mod.ts";
import { begun, LONG, removal, rotated, SIGNED, secretBy, secretOf, settled, sight, told } from "./knowing.ts";

const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
/** Ana rotates, or removes Mal, while Sam sleeps; two days later X comes to Sam by the first secret. */
function slept({ remove = false } = {}): { ana: Knowledge; sam: Knowledge; now: number } {
  const before = begun(["sam", "mal", "tom", "laptop"], 0);
  const ana = rotated(remove ? withoutMember(before, removal("mal", "ana"), LONG) : before, "ana", "second", LONG);
  const sam = withMember(begun(["ana", "mal", "tom", "laptop"], 0), sight("x", 2 * LONG), true, 2 * LONG);
  assert.ok(sam.roster.has("x"), "who slept cannot know");
  return { ana, sam, now: 3 * LONG };
}

for (const remove of [false, true]) {
  test(`who came to a sleeper by a secret that had ended is on no list once that hears of it (${remove ? "removal" : "rotation"})`, () => {
    const { ana, sam, now } = slept({ remove });
    const hoax = {
      ...told(sam, "sam"),
      roster: [...told(sam, "sam").roster, { ...sight("y", now), first: now }],
    };
    for (const secret of [hoax.secret, null]) {
      assert.deepEqual(
        [...merge(ana, { ...hoax, secret }, now).roster.keys()].filter((id) => /x|y/.test(id)),
        [],
      );
    }
    // What X told goes with it, also what it told of itself through a second identity.
    const friends = ["f1", "f2"].map((id) => ({ ...sight(id, now), first: 0 }));
    const deceived = merge(sam, { ...told(begun([], 0), "x"), roster: friends }, now);
    const twice = merge(deceived, { ...told(begun([], 0), "f1"), roster: friends }, now);
    assert.ok(twice.roster.has("f1") && twice.roster.has("f2"));
    const woken = merge(twice, told(ana, "ana", "sam"), now);
    const others = [...woken.roster.keys()].filter((id) => id !== "sam").sort();
    assert.deepEqual(others, remove ? ["ana", "laptop", "tom"] : ["ana", "laptop", "mal", "tom"]);
    assert.deepEqual([woken.secret.hash, needsNew(woken)], [ana.secret.hash, false]);
    assert.ok(!withMember(woken, sight("x", now), false, now).roster.has("x"));
    assert.ok(withMember(woken, sight("x", now), true, now).roster.has("x"), "invited again, it is in");
  });
}

test("what one that came too late makes itself is told to nobody, by whatever name and whatever it says had ended when", () => {
  const { ana, sam, now } = slept();
  const first = sam.secret.hash;
  for (const by of ["x", "nobody"]) {
    for (const ends of [
      [],
      [{ hash: first, at: 2 * LONG + 1 }],
      [{ hash: first, at: LONG }],
      [{ hash: first, at: 0 }],
      [{ hash: "00", at: 9e15 }],
      [{ hash: "00", at: 0 }],
    ]) {
      const made = { ...secretBy(by, sam, "evil", now), generation: 500 };
      const evil = { ...made, made: { by, ...SIGNED, without: [], ends } };
      const duped = merge(sam, { ...told(begun([], 0), "x"), secret: evil }, now);
      // Another sleeper hears of both, and sees a friend of X with the secret that X made.
      const tom = merge(begun(["ana", "sam", "laptop"], 0), told(duped, "sam", "tom"), now);
      const fooled = withMember(tom, sight("friend", now), true, now);
      const all = new Map([
        ["sam", duped],
        ["tom", fooled],
        ["ana", merge(ana, told(duped, "sam", "ana"), now + 1)],
      ]);
      const what = `${by}, ${JSON.stringify(ends)}`;
      const given = told(all.get("ana") ?? ana, "ana").secret;
      assert.notEqual(given?.hash, evil.hash, `Ana gives it to nobody: ${what}`);
      const last = settled(all, now + 2);
      for (const [id, one] of all) {
        assert.equal(one.secret.hash, last, `${id} has the same: ${what}`);
        assert.ok(one.secret.hash !== evil.hash && !needsNew(one), what);
        const late = [...one.roster.keys()].filter((who) => who === "x" || who === "friend");
        assert.deepEqual(late, [], what);
        assert.ok(one.roster.has("laptop"), "who came in time is still known");
      }
    }
  }
});

test("a secret that was made where somebody came too late is followed by another, without that one", () => {
  const { ana, sam, now } = slept();
  // Sam makes another itself: X may have had it made.
  const later = rotated(rotated(sam, "sam", "one", now), "sam", "two", now + 1);
  const heard = merge(ana, told(later, "sam", "ana"), now + 2);
  assert.ok(needsNew(heard) && !heard.roster.has("x"));
  assert.ok(!withMember(heard, sight("x", now), true, now + 2).roster.has("x"), "nor by proof of it");
  const woken = merge(later, told(ana, "ana", "sam"), now + 2);
  assert.ok(woken.secret.hash === later.secret.hash, "it cannot know which of the two was made by mistake");
  const merged = rotated(heard, "ana", "merged", now + 3);
  const after = merge(woken, told(merged, "ana", "sam"), now + 4);
  assert.deepEqual([after.secret.hash, needsNew(after), after.roster.has("x")], [merged.secret.hash, false, false]);
});

test("who came in time stays, whoever slept meanwhile: a newcomer is known by its inviter's word, one of an older program by its age", () => {
  const before = withMember(begun(["sam", "tom"], 0), sight("new", 10), true, 10);
  const ana = rotated(before, "ana", "second", LONG);
  const sam = merge(begun(["ana", "tom"], 0), told(ana, "ana", "sam"), 2 * LONG);
  assert.equal(sam.roster.get("new")?.from, "ana");
  const unproven = withMember(sam, sight("new", 2 * LONG), false, 2 * LONG);
  assert.equal(unproven.roster.get("new")?.from, "ana", "it stays what it was told to be until it proves itself");
  const proven = withMember(sam, sight("new", 2 * LONG), true, 2 * LONG);
  assert.deepEqual([proven.roster.get("new")?.from, proven.roster.get("tom")?.from], [null, null]);
  const old = begun(["ana"], 0);
  const stored = { ...old, roster: new Map([...old.roster].map(([id, one]) => [id, { ...one, first: 0 }])) };
  assert.ok(merge(stored, told(ana, "ana", "sam"), 2 * LONG).roster.has("ana"));
});

const NAMES = ["a", "b", "c", "d", "e"] as const;
const someone = fc.nat({ max: NAMES.length - 1 });
const story = fc.record({
  deeds: fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.record({ kind: fc.constant("ask" as const), one: someone, other: someone }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("rotate" as const), one: someone, other: someone }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("wait" as const), one: someone, other: someone }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant("flood" as const), one: someone, other: someone }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("expel" as const), one: someone, other: someone }) },
    ),
    { maxLength: 30 },
  ),
  removers: fc.integer({ min: 1, max: 5 }),
  // Of any two they differ by a day at the most.
  clocks: fc.array(fc.integer({ min: -12 * 3_600_000, max: 12 * 3_600_000 }), { minLength: 5, maxLength: 5 }),
});

test(`whatever a bad one made up and had removed, and however long members were apart, its removal reaches all, and all come to one secret and know each other, by clocks that differ (seed ${SEED})`, () => {
  fc.assert(
    fc.property(story, ({ deeds, removers, clocks }) => {
      let now = LONG;
      let made = 0;
      const offset = (id: string): number => clocks[NAMES.indexOf(id as (typeof NAMES)[number])] ?? 0;
      const at = (id: string): number => ++now + offset(id);
      const members = new Map<string, Knowledge>(NAMES.map((id) => [id, begun([...NAMES, "bad"], at(id))]));
      const of = (id: (typeof NAMES)[number]): Knowledge => members.get(id) as Knowledge;
      const rotate = (id: (typeof NAMES)[number]) => members.set(id, rotated(of(id), id, `${id} ${++made}`, at(id)));
      const expel = (id: (typeof NAMES)[number]) => {
        members.set(id, withoutMember(of(id), removal("bad", id), at(id)));
        assert.ok(of(id).removed.has("bad"), "an honest member can always remove");
        rotate(id);
      };
      const ask = (asker: (typeof NAMES)[number], giver: (typeof NAMES)[number]) => {
        if (asker !== giver) members.set(asker, merge(of(asker), told(of(giver), giver, asker), at(asker)));
      };
      for (const { kind, one, other } of deeds) {
        const [who, whom] = [NAMES[one] ?? "a", NAMES[other] ?? "b"];
        if (kind === "ask") ask(who, whom);
        else if (kind === "rotate") rotate(who);
        else if (kind === "wait") now += LONG;
        else if (kind === "expel") expel(who);
        else if (!of(who).removed.has("bad")) {
          // 256 that it makes up and tells of, then has removed: others at each member.
          const ids = Array.from({ length: 256 }, (_, at) => `${who}${++made}-${at}`);
          const roster = ids.map((id) => ({ ...sight(id, now), first: 0 }));
          const removed = ids.map((id, at) => removal(id, at % removers === 0 ? "bad" : `sham${at % removers}`));
          const word = { group: "g", from: "bad", secret: of(who).secret, vouches: [] };
          members.set(who, merge(of(who), { ...word, roster, removed: [] }, at(who)));
          members.set(who, merge(of(who), { ...word, roster: [], removed }, at(who)));
        }
      }
      expel("a");
      settled(members, now, offset);
      for (const id of NAMES) {
        const known = [...of(id).roster.values()].filter((one) => one.from === null);
        for (const other of NAMES)
          assert.ok(other === id || known.some((one) => one.id === other), `${id} knows ${other}`);
        assert.ok(of(id).removed.has("bad"), `${id} knows`);
        assert.equal(of(id).secret.hash, of("a").secret.hash, `the secret of ${id}`);
        assert.ok(!needsNew(of(id)) && of(id).removed.size <= 1_024);
      }
    }),
    { seed: SEED, numRuns: 60 },
  );
});

test("a clock that was set back, and clocks that differ by a day, part nobody from the group", () => {
  const now = 10 * LONG;
  // Pia's clock was four days ahead when she saw them, and is right when she rotates.
  const pia = rotated(begun(["ana", "tom"], now + 2 * LONG), "pia", "second", now);
  assert.deepEqual([...pia.roster.keys()].sort(), ["ana", "tom"]);
  for (const ahead of [0, 60_000, 20 * 3_600_000]) {
    // Ana came a moment before, by a clock that is ahead.
    const ana = merge(begun(["pia", "tom"], now + ahead), told(pia, "pia", "ana"), now + ahead + 10);
    assert.deepEqual([ana.secret.hash, needsNew(ana)], [pia.secret.hash, false], `${ahead} ms`);
    assert.deepEqual(
      ["pia", "tom"].filter((id) => ana.roster.get(id)?.from === null),
      ["pia", "tom"],
    );
  }
});

test("a secret whose maker says that made-up ones end in the far future hides no true end", () => {
  const { sam, now } = slept();
  const shams = Array.from({ length: 64 }, (_, at) => ({ hash: secretOf(`sham ${at}`).hash, at: 2 ** 53 - 1 }));
  const before = begun(["sam", "mal", "laptop"], 0);
  const bad = secretBy("mal", before, "by Mal", LONG / 2, { ends: shams });
  const fooled = merge(before, { ...told(before, "mal"), secret: bad }, LONG / 2);
  assert.equal(fooled.secret.hash, bad.hash);
  const ana = rotated(withoutMember(fooled, removal("mal", "ana"), LONG), "ana", "third", LONG);
  const asleep = { ...fooled, roster: sam.roster };
  const x = withMember(asleep, sight("late", 3 * LONG), true, 3 * LONG);
  const woken = merge(x, told(ana, "ana", "sam"), now + LONG);
  assert.deepEqual([woken.secret.hash, woken.roster.has("late")], [ana.secret.hash, false]);
});

test("however many come later, who was known before them is not forgotten for them; who spoke itself takes the place of one that is only seen", () => {
  const known = begun(["sleeper"], 1);
  const [one] = known.roster.values();
  assert.ok(one);
  const many = Array.from({ length: 5_000 }, (_, at) => ({
    ...one,
    id: `made up ${at}`,
    first: 10 + at,
    seen: 10 + at,
  }));
  for (const agreed of [1, null]) {
    const all = [one, ...many.map((each) => ({ ...each, agreed }))];
    const crowded = { ...known, roster: new Map(all.map((each) => [each.id, each])) };
    const after = withMember(crowded, sight("last", LONG), true, LONG);
    assert.ok(after.roster.has("sleeper") && after.roster.size <= 4_096);
    assert.ok(!after.roster.has("last"));
  }
  const crowd = many.slice(0, 4_095).map((each) => ({ ...each, agreed: null }));
  const full = { ...known, roster: new Map([one, ...crowd].map((each) => [each.id, each])) };
  const spokesman = { ...one, id: "spokesman", first: 9e12, agreed: 9e12 };
  const more = { ...full, roster: new Map([...full.roster, ["spokesman", spokesman]]) };
  assert.ok(withMember(more, sight("last", LONG), true, LONG).roster.has("spokesman"));
});
