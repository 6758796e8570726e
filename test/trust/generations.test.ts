import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  highestGeneration,
  isUnsure,
  type Knowledge,
  merge,
  needsNew,
  nextEnds,
  nextGeneration,
  prevails,
  renewed,
  type Secret,
  type Seen,
  withMember,
  withoutMember,
} from "../../src/trust/mod.ts";
import { removal, SIGNED, secretBy, secretOf, spoken, told } from "./knowing.ts";

const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const GROUP = "00".repeat(16);
const ids = ["a", "b", "c", "d", "e", "f"];

const FIRST = secretOf("first").hash;
const seen = (id: string, at = 1, more: Partial<Seen> = {}): Seen => {
  return { id, name: id, hosts: ["10.0.0.1"], port: 7948, seen: at, first: at, agreed: at, from: null, ...more };
};
/** The next secret of a member, by a clock that is near those of its members. */
const fresh = (own: Knowledge, text: string, by: string, now = 1_000): Secret => secretBy(by, own, text, now);

function knowledge(members: readonly string[], more: Partial<Knowledge> = {}): Knowledge {
  return {
    group: GROUP,
    secret: { ...secretOf("first"), generation: 1, made: null, from: null, stale: false },
    former: [],
    ends: new Map(),
    roster: new Map(members.map((id) => [id, seen(id)])),
    removed: new Map(),
    ...more,
  };
}

/** Whether a secret was made by somebody who was removed, or told by such. */
const isOf = ({ made, from }: Knowledge["secret"], removed: ReadonlyMap<string, unknown>): boolean =>
  removed.has(made?.by ?? "") || removed.has(from ?? "");

/** Members that know of each other only by asking, and everything that each was given. */
class World {
  readonly members: Map<string, Knowledge>;
  readonly #names: string[] = [];
  now = 1_000;

  constructor(count: number) {
    const all = ids.slice(0, count);
    this.members = new Map(all.map((id) => [id, knowledge(all)]));
  }

  of(id: string): Knowledge {
    return this.members.get(id) as Knowledge;
  }

  rotate(id: string): void {
    this.#names.push(id);
    const own = this.of(id);
    this.now += 1_000;
    this.members.set(id, renewed(own, fresh(own, `${id} ${this.#names.length}`, id, this.now), this.now));
  }

  remove(id: string, whom: string): void {
    if (id === whom) return;
    this.members.set(id, withoutMember(this.of(id), removal(whom, id, ++this.now), this.now));
    this.rotate(id);
  }

  /** Whether `asker` learned anything. Whoever is removed for either of them is not asked, or not answered. */
  ask(asker: string, giver: string): boolean {
    const [own, theirs] = [this.of(asker), this.of(giver)];
    if (asker === giver || own.removed.has(giver) || theirs.removed.has(asker)) return false;
    assert.ok(own.roster.has(giver) && theirs.roster.has(asker), "nobody who was not removed is forgotten");
    assert.ok(theirs.former.every(({ hash }) => hash !== theirs.secret.hash));
    const now = merge(own, told(theirs, giver, asker), ++this.now);
    assert.ok(
      [...own.removed.keys()].every((id) => now.removed.has(id)),
      "removed ids only grow in number",
    );
    assert.ok(
      isOf(own.secret, now.removed) || !prevails(own.secret, now.secret),
      "nobody goes back to a secret before",
    );
    assert.ok(
      isOf(own.secret, now.removed) || !isOf(now.secret, now.removed),
      "no removed one's in place of another's",
    );
    this.members.set(asker, now);
    return (
      now.secret.hash !== own.secret.hash || now.removed.size !== own.removed.size || needsNew(now) !== needsNew(own)
    );
  }

  /** Everybody asks everybody, and whoever finds the secret known to one who was removed makes another, until nothing is new. */
  settle(order: (items: string[]) => string[]): void {
    for (let round = 0; ; round++) {
      assert.ok(round < 100, "it comes to rest");
      let moved = false;
      for (const asker of order([...this.members.keys()])) {
        for (const giver of order([...this.members.keys()])) moved = this.ask(asker, giver) || moved;
        if (!needsNew(this.of(asker))) continue;
        this.rotate(asker);
        moved = true;
      }
      if (!moved) return;
    }
  }
}

const index = fc.nat({ max: ids.length - 1 });
const deed = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("ask" as const), one: index, other: index }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("rotate" as const), one: index, other: index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("remove" as const), one: index, other: index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("notice" as const), one: index, other: index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("wait" as const), one: index, other: index }) },
);
const story = fc.record({
  count: fc.integer({ min: 2, max: ids.length }),
  deeds: fc.array(deed, { maxLength: 40 }),
  shuffle: fc.infiniteStream(fc.nat()),
});

/** What a member that turned bad tells, here with generations from the highest down where they are not above 0: any secret that it makes, any removals that it signs, any members. */
const lie = fc.record({
  generation: fc.integer({ min: -3, max: 12 }),
  text: fc.constantFrom("m1", "m2", "m3"),
  /** Ids that it says it knew to be removed. */
  without: fc.subarray([...ids, "liar", "x1"]),
  /** None before anybody came: who is asleep would have to be invited again (docs/security.md). */
  ends: fc.array(fc.record({ hash: fc.constantFrom(FIRST, "z1", "z2"), at: fc.constantFrom(1, 1_500, 1e6, 1e15) })),
  removed: fc.subarray(["x1", "x2", "x3"]),
  victim: fc.option(index, { freq: 4 }),
  shams: fc.subarray(["y1", "y2", "y3"]),
});
const badStory = fc.record({
  count: fc.integer({ min: 2, max: ids.length }),
  deeds: fc.array(
    fc.oneof(
      { weight: 4, arbitrary: deed },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant("lie" as const), one: index, other: index, lie }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("expel" as const), one: index, other: index }) },
    ),
    { maxLength: 40 },
  ),
  shuffle: fc.infiniteStream(fc.nat()),
});

/** Plays deeds in a world whose members are anything but in touch. */
function play(
  { count, deeds }: { count: number; deeds: readonly { kind: string; one: number; other: number }[] },
  each: (world: World, removedBefore: Map<string, ReadonlySet<string>>) => void = () => undefined,
): World {
  const world = new World(count);
  for (const { kind, one, other } of deeds) {
    const [who, whom] = [ids[one % count] as string, ids[other % count] as string];
    const before = new Map([...world.members].map(([id, { removed }]) => [id, new Set(removed.keys())]));
    if (kind === "ask") world.ask(who, whom);
    else if (kind === "rotate") world.rotate(who);
    else if (kind === "remove") world.remove(who, whom);
    else if (kind === "wait") world.now += HOUR;
    else if (needsNew(world.of(who))) world.rotate(who);
    each(world, before);
  }
  return world;
}

test(`whatever is rotated and removed apart, in any order, all come to one secret and one list of removed (seed ${SEED})`, () => {
  fc.assert(
    fc.property(story, ({ count, deeds, shuffle }) => {
      const world = play({ count, deeds });
      world.settle((items) =>
        items
          .map((item) => ({ item, at: shuffle.next().value }))
          .sort((a, b) => a.at - b.at)
          .map(({ item }) => item),
      );
      for (const [one, mine] of world.members) {
        assert.ok(!needsNew(mine), "nobody goes on with a secret that a removed one may have");
        for (const [other, theirs] of world.members) {
          if (mine.removed.has(other) || theirs.removed.has(one)) continue;
          assert.equal(mine.secret.hash, theirs.secret.hash, `the secret of ${one} and ${other}`);
          assert.deepEqual([...mine.removed.keys()].sort(), [...theirs.removed.keys()].sort());
        }
      }
    }),
    { seed: SEED, numRuns: 400 },
  );
});

test(`nobody ever holds a secret that was made, or given on, by one who knew it to be removed (seed ${SEED})`, () => {
  fc.assert(
    fc.property(story, ({ count, deeds }) => {
      /** Whom the maker of each secret knew to be removed. */
      const without = new Map<string, ReadonlySet<string>>();
      play({ count, deeds }, (world) => {
        for (const { secret } of world.members.values()) {
          if (!without.has(secret.hash)) without.set(secret.hash, new Set(secret.made?.without));
        }
        for (const [id, { secret, former }] of world.members) {
          for (const { hash } of [secret, ...former]) assert.ok(!without.get(hash)?.has(id), `${id} was removed`);
        }
      });
    }),
    { seed: SEED, numRuns: 400 },
  );
});

test(`a secret that no removed one may have is known as such, and every other as what it is (seed ${SEED})`, () => {
  fc.assert(
    fc.property(story, ({ count, deeds }) => {
      const without = new Map<string, ReadonlySet<string>>();
      play({ count, deeds }, (world) => {
        for (const { secret } of world.members.values()) {
          if (!without.has(secret.hash)) without.set(secret.hash, new Set(secret.made?.without));
        }
        for (const own of world.members.values()) {
          const clean = [...own.removed.keys()].every((id) => without.get(own.secret.hash)?.has(id));
          assert.ok(needsNew(own) || clean);
          assert.ok(!isUnsure(own), "whoever holds a secret knows whom it was made without");
          for (const former of own.former) {
            assert.ok(
              [...own.removed.keys()].every((id) => without.get(former.hash)?.has(id)),
              "it opens nothing",
            );
          }
        }
      });
    }),
    { seed: SEED, numRuns: 400 },
  );
});

test(`with a liar among them the honest come to one secret, and once one of them removed it, to none of its making (seed ${SEED})`, () => {
  fc.assert(
    fc.property(badStory, ({ count, deeds, shuffle }) => {
      const world = new World(count);
      for (const [id, own] of world.members) world.members.set(id, spoken(own, "liar", 1));
      for (const event of deeds) {
        const [who, whom] = [ids[event.one % count] as string, ids[event.other % count] as string];
        const own = world.of(who);
        if (event.kind === "ask") world.ask(who, whom);
        else if (event.kind === "rotate") world.rotate(who);
        else if (event.kind === "remove") world.remove(who, whom);
        else if (event.kind === "wait") world.now += HOUR;
        else if (event.kind === "notice" && needsNew(own)) world.rotate(who);
        else if (event.kind === "expel") {
          world.remove(who, "liar");
          assert.ok(world.of(who).removed.has("liar"), "an honest member can always remove");
          assert.ok(!needsNew(world.of(who)), "and has a secret then that is not the liar's");
        } else if (event.kind === "lie" && !own.removed.has("liar")) {
          const { generation, text, without, ends, removed, victim, shams } = event.lie;
          const gones = [...removed, ...(victim === null ? [] : [ids[victim % count] as string])].filter(
            (id) => id !== who,
          );
          const made = generation > 0 ? generation : highestGeneration(world.now) + generation;
          const secret = { ...secretOf(text), generation: made, made: { by: "liar", ...SIGNED, without, ends } };
          const roster = shams.map((id) => seen(id, 1e15));
          const merged = merge(
            own,
            {
              group: GROUP,
              from: "liar",
              secret,
              roster,
              vouches: [],
              removed: gones.map((id) => removal(id, "liar")),
            },
            ++world.now,
          );
          world.members.set(who, merged);
        }
      }
      world.settle((items) =>
        items
          .map((item) => ({ item, at: shuffle.next().value }))
          .sort((a, b) => a.at - b.at)
          .map(({ item }) => item),
      );
      const out = new Set([...world.members.values()].flatMap(({ removed }) => [...removed.keys()]));
      const honest = [...world.members].filter(([id]) => !out.has(id));
      for (const [one, mine] of honest) {
        for (const [other, theirs] of honest) {
          assert.equal(mine.secret.hash, theirs.secret.hash, `the secret of ${one} and ${other}`);
          assert.deepEqual([...mine.removed.keys()].sort(), [...theirs.removed.keys()].sort());
        }
        // Whom the liar has had removed before is heard by nobody who believes it.
        if (!honest.some(([, { removed }]) => removed.has("liar"))) continue;
        assert.ok(mine.removed.has("liar") && !needsNew(mine));
        assert.notEqual(mine.secret.made?.by, "liar");
        assert.deepEqual(
          mine.former.filter(({ hash }) => ["m1", "m2", "m3"].some((text) => secretOf(text).hash === hash)),
          [],
        );
        assert.ok(![...mine.roster.values()].some(({ from }) => from === "liar"), "its shams are gone with it");
      }
    }),
    { seed: SEED, numRuns: 600 },
  );
});

test("a rotation keeps the secret before for a day, and a removal drops it at once", () => {
  const own = knowledge(["a", "b", "c"]);
  const rotated = renewed(own, fresh(own, "second", "a"), 10);
  assert.deepEqual(
    rotated.former.map(({ hash, until }) => [hash, until]),
    [[own.secret.hash, 10 + DAY]],
  );
  const other = knowledge(["a", "b", "c"]);
  const followed = merge(other, told(rotated, "a"), 20);
  assert.deepEqual(
    followed.former.map(({ hash }) => hash),
    [own.secret.hash],
  );
  const without = withoutMember(rotated, removal("c", "a"), 20);
  const after = renewed(without, fresh(without, "third", "a"), 20);
  assert.deepEqual(after.former, []);
  assert.ok(!after.roster.has("c"));
  assert.deepEqual(merge(followed, told(after, "a"), 30).former, []);
});

test("of two secrets of one generation the one with the smaller hash wins, for both, and the other still opens", () => {
  const [one, two] = ["x", "y"].map((text) => {
    const own = knowledge(["a", "b"]);
    return renewed(own, fresh(own, text, "a"), 10);
  });
  assert.ok(one !== undefined && two !== undefined);
  const [winner, loser] = one.secret.hash < two.secret.hash ? [one, two] : [two, one];
  for (const [mine, theirs] of [
    [winner, loser],
    [loser, winner],
  ] as const) {
    const merged = merge(mine, told(theirs, "b"), 20);
    assert.equal(merged.secret.hash, winner.secret.hash);
    assert.ok(merged.former.some(({ hash }) => hash === loser.secret.hash));
  }
});

test("a removed member's secret is taken by nobody who knows, and given up by one that slept as soon as it hears", () => {
  const bea = knowledge(["ann", "mal"]);
  const without = withoutMember(bea, removal("mal", "bea"), 5);
  assert.equal(told(without, "bea").secret, null, "nothing is given before there is another");
  const after = renewed(without, fresh(without, "second", "bea"), 5);
  const bad = { ...secretOf("bad"), generation: 50, made: { by: "mal", ...SIGNED, without: ["mal"], ends: [] } };
  const ann = merge(knowledge(["bea", "mal"]), { ...told(knowledge([]), "mal"), secret: bad }, 10);
  assert.equal(ann.secret.hash, bad.hash, "who slept cannot know");
  assert.equal(merge(after, told(ann, "ann", "bea"), 20).secret.hash, after.secret.hash);
  // The same under another name: it is not taken from one that does not know of the removal.
  const sham = { ...bad, made: { ...bad.made, by: "eve" } };
  const duped = merge(knowledge(["bea", "mal"]), { ...told(knowledge([]), "mal"), secret: sham }, 10);
  assert.equal(merge(after, told(duped, "ann", "bea"), 20).secret.hash, after.secret.hash);
  for (const slept of [ann, duped]) {
    const woken = merge(slept, told(after, "bea", "ann"), 20);
    assert.deepEqual([woken.secret.hash, needsNew(woken), woken.former.length], [after.secret.hash, false, 0]);
  }
});

test("a removal that is heard of later than the secret calls for another, and drops all former ones", () => {
  const own = knowledge(["a", "b", "c"]);
  const rotated = renewed(own, fresh(own, "second", "a"), 10);
  // Its maker claims to have known everything.
  const claims = { ...rotated.secret, made: { by: "c", ...SIGNED, without: ids, ends: [] } };
  const held = merge(own, { ...told(own, "c"), secret: claims }, 20);
  const heard = merge(held, { ...told(held, "b"), secret: null, removed: [removal("c", "b")] }, 30);
  assert.deepEqual([held.former.length, heard.former.length, needsNew(heard)], [1, 0, true]);
});

test("what is told of another group or by a removed one changes nothing; no generation is above the highest", () => {
  const own = withMember(knowledge(["a"]), seen("b", 5), true, 10);
  assert.equal(merge(own, { ...told(knowledge(["z"]), "z"), group: "11".repeat(16) }, 10), own);
  const without = withoutMember(own, removal("b", "me"), 10);
  assert.equal(merge(without, { ...told(knowledge(["z"]), "b") }, 10), without);
  const far = {
    ...secretOf("far"),
    generation: highestGeneration(10) + 1,
    made: { by: "a", ...SIGNED, without: [], ends: [] },
  };
  const leapt = merge(own, { ...told(own, "a"), secret: far, removed: [removal("b", "a")] }, 10);
  assert.equal(leapt.secret.hash, own.secret.hash);
  assert.ok(leapt.removed.has("b"), "the rest of what was told holds");
  const top = merge(own, { ...told(own, "a"), secret: { ...far, generation: highestGeneration(10) } }, 10);
  assert.equal(top.secret.hash, far.hash);
  assert.equal(nextGeneration(top), top.secret.generation + 1, "and there is always a next one");
});

test("a generation beyond one's own clock is believed where two known members stand for it, and a few more each time", () => {
  const own = knowledge(["a", "b", "m"]);
  const highest = highestGeneration(10);
  const by = (id: string, generation: number): Secret => {
    return {
      ...secretOf(`${id}${generation}`),
      generation,
      made: { by: id, ...SIGNED, without: [], ends: nextEnds(own, 10) },
    };
  };
  const after = (known: Knowledge, from: string, secret: Secret) =>
    merge(known, { ...told(known, from), secret }, 10).secret.generation;
  // This member's clock is an hour behind that of all others.
  const ahead = by("m", highest + 3_600);
  assert.equal(after(own, "m", ahead), 1, "not on its maker's word alone");
  assert.equal(after(own, "a", ahead), highest + 3_600);
  assert.equal(after(own, "a", by("stranger", highest + 3_600)), 1);
  assert.equal(after(own, "a", by("m", 2 ** 40)), 1, "nor the last one on anybody's");
  const taken = merge(own, { ...told(own, "a"), secret: ahead }, 10);
  const without = withoutMember(taken, removal("m", "a"), 10);
  assert.equal(
    after(without, "a", { ...fresh(without, "next", "a", 10) }),
    highest + 3_601,
    "so a removal is followed",
  );
  assert.equal(after(taken, "m", by("m", highest + 3_600 + 17)), highest + 3_600);
});

test("hearsay has little room, displaces nothing that was seen, is of no future, and goes with who told it", () => {
  const own = withMember(knowledge(["a", "m"]), seen("asleep", 5), true, 10);
  const crowd = Array.from({ length: 1_000 }, (_, at) => seen(`sham${at}`, 9e15));
  const lied = merge(own, { ...told(own, "m"), roster: [...crowd, { ...seen("asleep", 9e15), port: 1 }] }, 10);
  assert.deepEqual([lied.roster.size, lied.roster.get("asleep")], [3 + 256, own.roster.get("asleep")]);
  assert.ok([...lied.roster.values()].every((one) => one.seen <= 10));
  const heard = merge(lied, { ...told(own, "a"), roster: [seen("real", 2)] }, 20);
  assert.equal(heard.roster.get("real")?.from, "a", "who tells much takes no room from others");
  assert.ok(
    told(heard, "me").roster.every((one) => !one.id.startsWith("sham")),
    "it is not passed on",
  );
  const freed = withoutMember(heard, removal("m", "me"), 30);
  assert.deepEqual([...freed.roster.keys()].sort(), ["a", "asleep", "real"]);
});

test("however many removals others sign of whom nobody knows, a member can be removed, and no new secret is called for", () => {
  const own = knowledge(["a", "b", "m"]);
  let flooded = own;
  for (let at = 0; at < 4_096; at += 512) {
    const removed = Array.from({ length: 512 }, (_, n) => removal(`x${at + n}`, at < 2_048 ? "m" : `m${at}`));
    flooded = merge(flooded, { ...told(own, "m"), removed }, 10);
    if (at < 2_048) assert.equal(flooded.removed.size, 256, "no one remover has more");
  }
  assert.ok(flooded.removed.size <= 1_024 && !needsNew(flooded));
  const told2 = merge(flooded, { ...told(own, "b"), removed: [removal("a", "b")] }, 20);
  assert.ok(told2.removed.has("a") && needsNew(told2), "one that was seen displaces one that was not");
  const without = withoutMember(told2, removal("m", "me"), 30);
  assert.ok(without.removed.has("m") && without.removed.has("a") && without.removed.size <= 1_024);
});

test("one who joined with an invite learns from any other for whom the secret was not made", () => {
  const without = withoutMember(knowledge(["a", "b", "c"]), removal("c", "b"), 5);
  const member = renewed(without, fresh(without, "second", "b"), 5);
  const joiner = knowledge([], { secret: { ...member.secret, made: null, from: null } });
  assert.ok(isUnsure(joiner) && !needsNew(joiner));
  const learned = merge(joiner, told(member, "b"), 10);
  assert.ok(!isUnsure(learned) && !needsNew(learned));
  assert.deepEqual([...learned.removed.keys()], ["c"]);
});
