import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import {
  isUnsure,
  type Knowledge,
  merge,
  needsNew,
  prevails,
  type Removed,
  renewed,
  type Seen,
  type Told,
  withMember,
  withoutMember,
} from "../../src/trust/mod.ts";

const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
const DAY = 24 * 3_600_000;
const GROUP = "00".repeat(16);
const ids = ["a", "b", "c", "d", "e", "f"];

function secretOf(text: string) {
  const secret = new Uint8Array(createHash("sha256").update(text).digest());
  return { secret, hash: createHash("sha256").update(secret).digest("hex") };
}

const seen = (id: string, at = 1): Seen => ({ id, name: id, hosts: ["10.0.0.1"], port: 7948, seen: at });
const gone = (id: string, at = 1): Removed => ({ id, name: id, at });

function knowledge(members: readonly string[], more: Partial<Knowledge> = {}): Knowledge {
  return {
    group: GROUP,
    secret: { ...secretOf("first"), generation: 1, without: 0 },
    former: [],
    roster: new Map(members.map((id) => [id, seen(id)])),
    removed: new Map(),
    ...more,
  };
}

const told = ({ group, secret, roster, removed }: Knowledge): Told => ({
  group,
  secret,
  without: secret.without,
  roster: [...roster.values()],
  removed: [...removed.values()],
});

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
    this.members.set(id, renewed(this.of(id), secretOf(`${id} ${this.#names.length}`), ++this.now));
  }

  remove(id: string, whom: string): void {
    if (id === whom) return;
    this.members.set(id, withoutMember(this.of(id), gone(whom, ++this.now), this.now));
    this.rotate(id);
  }

  /** Whether `asker` learned anything. Whoever is removed for either of them is not asked, or not answered. */
  ask(asker: string, giver: string): boolean {
    const [own, theirs] = [this.of(asker), this.of(giver)];
    if (asker === giver || own.removed.has(giver) || theirs.removed.has(asker)) return false;
    assert.ok(own.roster.has(giver) && theirs.roster.has(asker), "nobody who was not removed is forgotten");
    assert.ok(theirs.former.every(({ hash }) => hash !== theirs.secret.hash));
    const now = merge(own, told(theirs), ++this.now);
    assert.ok(
      [...own.removed.keys()].every((id) => now.removed.has(id)),
      "removed ids only grow in number",
    );
    assert.ok(!prevails(own.secret, now.secret), "nobody goes back to a secret before");
    this.members.set(asker, now);
    return now.secret.hash !== own.secret.hash || now.removed.size !== own.removed.size;
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
);
const story = fc.record({
  count: fc.integer({ min: 2, max: ids.length }),
  deeds: fc.array(deed, { maxLength: 40 }),
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
        for (const { secret, removed } of world.members.values()) {
          if (!without.has(secret.hash))
            without.set(secret.hash, new Set(secret.generation === 1 ? [] : removed.keys()));
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
        for (const { secret, removed } of world.members.values()) {
          if (!without.has(secret.hash))
            without.set(secret.hash, new Set(secret.generation === 1 ? [] : removed.keys()));
        }
        for (const own of world.members.values()) {
          const clean = [...own.removed.keys()].every((id) => without.get(own.secret.hash)?.has(id));
          assert.equal(needsNew(own), !clean);
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

test("a rotation keeps the secret before for a day, and a removal drops it at once", () => {
  const own = knowledge(["a", "b", "c"]);
  const rotated = renewed(own, secretOf("second"), 10);
  assert.deepEqual(
    rotated.former.map(({ hash, until }) => [hash, until]),
    [[own.secret.hash, 10 + DAY]],
  );
  const other = knowledge(["a", "b", "c"]);
  assert.deepEqual(
    merge(other, told(rotated), 20).former.map(({ hash }) => hash),
    [own.secret.hash],
  );
  const removal = renewed(withoutMember(rotated, gone("c"), 20), secretOf("third"), 20);
  assert.deepEqual(removal.former, []);
  assert.ok(!removal.roster.has("c"));
  assert.deepEqual(merge(other, told(removal), 30).former, []);
});

test("of two secrets of one generation the one with the smaller hash wins, for both, and the other still opens", () => {
  const [one, two] = [secretOf("x"), secretOf("y")].map((fresh) => renewed(knowledge(["a", "b"]), fresh, 10));
  assert.ok(one !== undefined && two !== undefined);
  const [winner, loser] = one.secret.hash < two.secret.hash ? [one, two] : [two, one];
  for (const [mine, theirs] of [
    [winner, loser],
    [loser, winner],
  ] as const) {
    const merged = merge(mine, told(theirs), 20);
    assert.equal(merged.secret.hash, winner.secret.hash);
    assert.ok(merged.former.some(({ hash }) => hash === loser.secret.hash));
  }
});

test("what is told of another group, of the future, of far too many, or to block all generations changes nothing it must not", () => {
  const own = withMember(knowledge(["a"]), seen("b", 5), 10);
  assert.equal(merge(own, { ...told(knowledge(["z"])), group: "11".repeat(16) }, 10), own);
  const leap = { ...secretOf("far"), generation: 2 ** 40, without: 0 };
  assert.equal(merge(own, { ...told(own), secret: leap }, 10).secret.hash, own.secret.hash);
  assert.equal(withMember(own, seen("b", 1e15), 10).roster.get("b")?.seen, 10);
  const crowd = Array.from({ length: 5_000 }, (_, at) => String(at));
  const crowded = merge(
    own,
    { ...told(own), roster: crowd.map((id) => seen(id, 9)), removed: crowd.map((id) => gone(`x${id}`)) },
    10,
  );
  assert.deepEqual([crowded.roster.size, crowded.removed.size], [4_096, 4_096]);
});

test("one who joined with an invite learns from any other for whom the secret was not made", () => {
  const member = renewed(withoutMember(knowledge(["a", "b", "c"]), gone("c"), 5), secretOf("second"), 5);
  const joiner = knowledge([], { secret: { ...member.secret, without: null } });
  assert.ok(isUnsure(joiner) && !needsNew(joiner));
  const learned = merge(joiner, { ...told(member), secret: null }, 10);
  assert.ok(!isUnsure(learned) && !needsNew(learned));
  assert.deepEqual([...learned.removed.keys()], ["c"]);
});
