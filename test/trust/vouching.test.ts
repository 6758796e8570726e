import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Knowledge, merge, needsNew, withMember, withoutMember } from "../../src/trust/mod.ts";
import { begun, removal, rotated, SIGNED, secretOf, sight, spoken, told } from "./knowing.ts";

const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
const YEAR = 365 * 24 * 3_600_000;
const HONEST = ["a", "b", "c", "d", "e"] as const;
const INTRUDERS = ["x1", "x2", "x3"] as const;
/** One that no member ever heard of. */
const GHOST = "ghost";

const who = fc.constantFrom(...HONEST);
/** Most of what goes wrong begins with one that others are asked by before it hears anything. */
const sleeper = fc.oneof(who, fc.constantFrom("d" as const, "e" as const));
const intruder = fc.constantFrom(...INTRUDERS);
const forged = fc.record({
  by: fc.constantFrom(...INTRUDERS, GHOST),
  higher: fc.integer({ min: 0, max: 3 }),
  text: fc.string({ minLength: 4, maxLength: 4 }),
  /** Which of the secrets that it knows it says had ended, and when. */
  ends: fc.array(fc.record({ which: fc.nat({ max: 4 }), at: fc.constantFrom(0, 1, 2 * YEAR, 9e15) }), { maxLength: 3 }),
  vouches: fc.subarray([...HONEST, ...INTRUDERS]),
});
const deed = fc.oneof(
  { weight: 7, arbitrary: fc.record({ kind: fc.constant("ask" as const), one: who, other: who }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("rotate" as const), one: who }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("wait" as const), hours: fc.integer({ min: 1, max: 72 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("rotate" as const), one: sleeper }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("sneak" as const), one: sleeper, x: intruder }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("forge" as const), one: who, x: intruder, forged }) },
);
const story = fc.record({
  /** Whether Mal is removed, or an invite that it has rotated away. */
  remove: fc.boolean(),
  before: fc.array(deed, { maxLength: 6 }),
  after: fc.array(deed, { maxLength: 25 }),
  /** How far off each clock is, milliseconds. */
  clocks: fc.array(fc.integer({ min: -YEAR, max: YEAR }), { minLength: 5, maxLength: 5 }),
});
type Deed = typeof deed extends fc.Arbitrary<infer D> ? D : never;
type Id = (typeof HONEST)[number];

const without = <T>(all: ReadonlyMap<string, T>, id: string): Map<string, T> =>
  new Map([...all].filter(([one]) => one !== id));

/** Honest members that know each other, and intruders that have every secret that Mal had or that anybody told to one of them. */
class World {
  readonly members = new Map<string, Knowledge>();
  readonly stolen = new Map<string, Knowledge["secret"]>();
  readonly #clocks: readonly number[];
  #now = 2 * YEAR;
  #made = 0;
  /** There is a secret that no intruder has yet. */
  #begun = false;

  constructor(clocks: readonly number[]) {
    this.#clocks = clocks;
    for (const id of HONEST) {
      const others = HONEST.filter((one) => one !== id);
      this.become(id, begun([...others, "mal"], this.at(id)));
    }
  }

  at(id: string): number {
    return ++this.#now + (this.#clocks[HONEST.indexOf(id as Id)] ?? 0);
  }

  of(id: string): Knowledge {
    return this.members.get(id) as Knowledge;
  }

  /** What is told to Mal, and to intruders, is told to all of them. */
  become(id: string, known: Knowledge): void {
    // Nobody is on a roster of its own.
    this.members.set(id, { ...known, roster: without(known.roster, id) });
    const { secret } = told(known, id);
    const bad = ["mal", ...INTRUDERS].some((one) => known.roster.has(one));
    if (bad && secret !== null) this.stolen.set(secret.hash, known.secret);
  }

  rotate(id: string): void {
    this.become(id, rotated(this.of(id), id, `${id} ${++this.#made}`, this.at(id)));
  }

  /** From here on, Mal is no friend: it is removed, or what it had is rotated away. */
  expel(id: string, remove: boolean): void {
    if (remove) this.become(id, withoutMember(this.of(id), removal("mal", id), this.at(id)));
    else {
      // An invite of this one, of that time.
      this.stolen.clear();
      this.stolen.set(this.of(id).secret.hash, this.of(id).secret);
      for (const [one, known] of this.members)
        this.members.set(one, { ...known, roster: without(known.roster, "mal") });
    }
    this.rotate(id);
    this.#begun = true;
  }

  ask(asker: string, giver: string): void {
    const [own, theirs] = [this.of(asker), this.of(giver)];
    if (asker === giver || !theirs.roster.has(asker)) return;
    this.become(asker, merge(own, told(theirs, giver, asker), this.at(asker)));
  }

  play(one: Deed): void {
    if (one.kind === "ask") this.ask(one.one, one.other);
    else if (one.kind === "rotate") this.rotate(one.one);
    else if (one.kind === "wait") this.#now += one.hours * 3_600_000;
    else if (!this.#begun) return;
    else if (one.kind === "sneak") {
      const own = this.of(one.one);
      if (this.stolen.has(own.secret.hash)) {
        this.become(one.one, spoken(own, one.x, this.at(one.one)));
      }
    } else this.#forge(one.one, one.x, one.forged);
  }

  #forge(
    id: string,
    x: string,
    { by, higher, text, ends, vouches }: typeof forged extends fc.Arbitrary<infer F> ? F : never,
  ): void {
    const own = this.of(id);
    if (!own.roster.has(x)) return;
    const hashes = [...this.stolen.keys()];
    const listed = new Map(ends.map(({ which, at }) => [hashes[which % hashes.length] ?? "", at]));
    const made = { by, ...SIGNED, without: ["mal"], ends: [...listed].map(([hash, at]) => ({ hash, at })) };
    const secret = { ...secretOf(text), generation: own.secret.generation + higher, made, from: null, stale: false };
    this.stolen.set(secret.hash, secret);
    const roster = INTRUDERS.map((one) => ({ ...sight(one, 0), first: 0 }));
    this.become(id, merge(own, { group: "g", from: x, secret, roster, vouches, removed: [] }, this.at(id)));
  }

  /** Everybody asks everybody until nothing is new. */
  settle(): void {
    for (let round = 0, moved = true; moved; round++) {
      assert.ok(round < 30, "it comes to rest");
      moved = false;
      for (const id of HONEST) {
        const before = this.of(id).secret.hash;
        for (const other of HONEST) this.ask(id, other);
        if (needsNew(this.of(id))) this.rotate(id);
        moved ||= this.of(id).secret.hash !== before;
      }
    }
  }
}

test(`a removed member comes back by no identity, invite or secret of its own, whoever slept and whatever the clocks say; and nobody else is lost (seed ${SEED})`, () => {
  let sneaked = 0;
  fc.assert(
    fc.property(story, ({ remove, before, after, clocks }) => {
      const world = new World(clocks);
      for (const one of before) world.play(one);
      world.expel("a", remove);
      for (const one of after) world.play(one);
      if (HONEST.some((id) => INTRUDERS.some((x) => world.of(id).roster.has(x)))) sneaked++;
      world.settle();
      const { hash } = world.of("a").secret;
      assert.ok(!world.stolen.has(hash), "nobody of them has the secret");
      for (const id of HONEST) {
        const own = world.of(id);
        assert.deepEqual([own.secret.hash, needsNew(own)], [hash, false], `the secret of ${id}`);
        assert.deepEqual(
          [...own.roster.keys()].sort(),
          HONEST.filter((one) => one !== id),
          `whom ${id} knows`,
        );
      }
    }),
    { seed: SEED, numRuns: Number(process.env.RUNS ?? 500) },
  );
  assert.ok(sneaked > 50, `somebody slept, and was met: ${sneaked} times`);
});

const hears = (own: Knowledge, id: string, theirs: Knowledge, from: string, now: number): Knowledge => {
  const known = merge(own, told(theirs, from, id), now);
  return { ...known, roster: without(known.roster, id) };
};

test("who names members to one that slept, or makes them up in gossip, stays behind it no longer than before", () => {
  const bea = begun(["ana", "sam"], 0);
  const ana = rotated(begun(["bea"], 0), "ana", "second", 10);
  const told1 = hears(bea, "bea", ana, "ana", 11);
  const met = spoken(begun(["bea"], 0), "x", 20);
  const word = { group: "g", from: "x", secret: met.secret, roster: [sight("ana", 20)], vouches: [], removed: [] };
  const named = merge(met, word, 21);
  assert.equal(named.roster.get("ana")?.from, "x");
  const seen = withMember(met, sight("ana", 20), true, 21);
  assert.equal(seen.roster.get("ana")?.from, null);
  for (const sam of [met, named, seen]) {
    const woken = hears(sam, "sam", told1, "bea", 30);
    assert.deepEqual([woken.secret.hash, [...woken.roster.keys()].sort()], [ana.secret.hash, ["ana", "bea"]]);
    // By one that never spoke to it, it is not told: who that is may be made up as well.
    const unheard = hears(sam, "sam", ana, "ana", 30);
    assert.equal(unheard.secret.hash, sam.secret.hash);
  }
});

test("who came to one that slept before it met the maker of a later secret, asleep as well, is forgotten all the same", () => {
  const [ana, bea] = [begun(["bea", "sam", "mia"], 0), begun(["ana", "sam", "mia"], 0)];
  const second = rotated(ana, "ana", "second", 10);
  const sam = spoken(spoken(begun(["ana", "bea"], 0), "x", 20), "mia", 21);
  const mia = hears(spoken(begun(["ana", "bea"], 0), "sam", 21), "mia", second, "ana", 22);
  const third = rotated(mia, "mia", "third", 23);
  const known = hears(bea, "bea", hears(second, "ana", third, "mia", 24), "ana", 25);
  const woken = hears(sam, "sam", known, "bea", 26);
  assert.deepEqual([woken.secret.hash, [...woken.roster.keys()].sort()], [third.secret.hash, ["ana", "bea", "mia"]]);
});

test("whom the maker of a secret never met stays known to those who were in touch with both", () => {
  // Dan came and went while Fay was away; then Fay was with Ana, and asked her whom she knows.
  const ana = spoken(begun(["dan"], 0), "fay", 10);
  const fay = hears(begun(["ana"], 5), "fay", ana, "ana", 11);
  const second = rotated(fay, "fay", "second", 12);
  const followed = hears(ana, "ana", second, "fay", 13);
  assert.deepEqual([...followed.roster.keys()].sort(), ["dan", "fay"]);
  const dan = hears(begun(["ana"], 0), "dan", followed, "ana", 20);
  assert.deepEqual([dan.secret.hash, needsNew(dan)], [second.secret.hash, false]);
});

test("whom a secret was told with goes on with it, through whoever has it, also unknown ones", () => {
  const of = (id: string) =>
    begun(
      ["ana", "bob", "mia", "sam"].filter((one) => one !== id),
      0,
    );
  const ana = rotated(of("ana"), "ana", "second", 10);
  // By an old invite X is with Sam, who makes two more secrets; Bob has them of Mia, and never heard of X.
  const sam = rotated(rotated(spoken(of("sam"), "x", 20), "sam", "one", 22), "sam", "two", 23);
  const bob = hears(of("bob"), "bob", hears(of("mia"), "mia", sam, "sam", 30), "mia", 31);
  assert.ok(!bob.roster.has("x"));
  const asked = hears(ana, "ana", bob, "bob", 40);
  assert.ok(needsNew(asked), "somebody may have that whom Ana does not know");
  const last = rotated(asked, "ana", "last", 41);
  const woken = hears(sam, "sam", last, "ana", 42);
  assert.deepEqual([woken.secret.hash, [...woken.roster.keys()].sort()], [last.secret.hash, ["ana", "bob", "mia"]]);
});

test("a removal that is signed by somebody who is not known here is believed of nobody that has another secret", () => {
  const ana = rotated(begun(["bob", "sam"], 0), "ana", "second", 10);
  const word = { ...told(begun(["bob"], 0), "sam", "ana"), removed: [removal("bob", "x")] };
  assert.ok(!merge(ana, word, 20).removed.has("bob"));
  assert.ok(
    merge(ana, { ...word, secret: ana.secret }, 20).removed.has("bob"),
    "a member in good standing may know more",
  );
});
