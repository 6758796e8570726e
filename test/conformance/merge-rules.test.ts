import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf } from "../simulation/member.ts";
import { accuse, alive, listed, meta, OneMember } from "./one-member.ts";

/* SWIM-WIRE §5.1, Merge rules. */

test("an unknown member is listed by an alive claim, and by nothing else", () => {
  const one = new OneMember();
  one.hear(accuse("suspect", 1), accuse("dead", 1), alive(2, 0), alive(3, 1, { vsn: Uint8Array.of(0, 0, 2, 2, 5, 4) }));
  one.hear(alive(4, 1, { meta: new Uint8Array(513) }), alive(66));
  assert.deepEqual(
    one.swim.members().map(({ name }) => name),
    ["m0"],
  );
  one.hear(alive(1, 1));
  assert.equal(one.state(1), "alive");
});

/** At the same incarnation: dead and left over suspect over alive; alive must be newer, accusations as new. */
for (const [first, second, incarnation, result] of [
  ["suspect", "alive", 5, "suspect"],
  ["suspect", "alive", 6, "alive"],
  ["alive", "suspect", 4, "alive"],
  ["alive", "suspect", 5, "suspect"],
  ["alive", "dead", 4, "alive"],
  ["alive", "dead", 5, "dead"],
  ["suspect", "dead", 5, "dead"],
  ["dead", "suspect", 9, "dead"],
  ["dead", "alive", 5, "dead"],
  ["dead", "alive", 6, "alive"],
] as const) {
  test(`a member ${first} at 5 is ${result} after "${second}" at ${incarnation}`, () => {
    const one = new OneMember();
    one.hear(alive(1, 5));
    if (first !== "alive") one.hear(accuse(first, 1, 5));
    one.hear(second === "alive" ? alive(1, incarnation) : accuse(second, 1, incarnation));
    assert.equal(one.state(1), result);
  });
}

test("a member that says itself that it is dead has left", () => {
  const one = new OneMember();
  one.hear(alive(1, 5), accuse("dead", 1, 5, "m1"));
  assert.equal(one.state(1), "left");
  one.hear(alive(1, 5));
  assert.equal(one.state(1), "left", "an old claim does not bring it back");
});

test("a known member's other address is refused and told once, but for one that left", () => {
  const one = new OneMember();
  one.hear(alive(1, 5));
  const moved = alive(1, 9, { address: addressOf(7) });
  one.hear(moved);
  const ours = addressOf(1);
  assert.deepEqual(one.wishes("conflict"), [{ kind: "conflict", name: "m1", self: false, ours, theirs: addressOf(7) }]);
  assert.deepEqual(one.hear(moved), []);
  assert.deepEqual(one.swim.member("m1")?.address, ours);
  one.hear(accuse("dead", 1, 5, "m1"), alive(1, 2, { address: addressOf(7) }));
  assert.equal(one.state(1), "alive");
  assert.deepEqual(one.swim.member("m1")?.address, addressOf(7));
});

test("the address of one that is dead is taken over only after the time for it, where there is one", () => {
  for (const [deadReclaim, waited, taken] of [
    [0, 20_000, false],
    [10_000, 9_000, false],
    [10_000, 11_000, true],
  ] as const) {
    const one = new OneMember({ profile: { deadReclaim } });
    one.hear(alive(1, 5), accuse("dead", 1));
    one.pass(waited);
    one.hear(alive(1, 2, { address: addressOf(7) }));
    assert.equal(one.state(1), taken ? "alive" : "dead");
  }
});

test("a member that carries its identity moves at a higher incarnation, and never back", () => {
  const one = new OneMember({ config: { identity: ({ name, meta }) => `${name} ${meta[0]}` } });
  one.hear(alive(1, 5), alive(1, 5, { address: addressOf(7) }));
  assert.deepEqual(one.swim.member("m1")?.address, addressOf(1));
  one.hear(alive(1, 6, { address: addressOf(7) }));
  assert.deepEqual(one.swim.member("m1")?.address, addressOf(7));
  one.hear(accuse("dead", 1, 6, "m1"), alive(1, 5));
  assert.equal(one.state(1), "left", "an old claim at the old address does not bring it back");
  one.hear(alive(1, 8, { address: addressOf(8), meta: Uint8Array.of(9) }));
  assert.equal(one.state(1), "left", "nor does another identity");
});

test("an accusation of this member is refuted above it, at once, and costs health", () => {
  const one = new OneMember();
  one.hear(alive(1));
  one.hear(accuse("suspect", 0, 40));
  const refuted = one.sent.flatMap(([, messages]) => messages).find((message) => message.kind === "alive");
  assert.deepEqual(refuted, alive(0, 41, { meta }));
  assert.equal(one.state(0), "alive");
  assert.equal(one.swim.health, 1);
  one.hear(accuse("dead", 0, 41));
  assert.equal(one.swim.member("m0")?.incarnation, 42);
  one.hear(accuse("dead", 0, 41));
  assert.equal(one.swim.member("m0")?.incarnation, 42, "an old accusation needs no answer");
});

test("an accusation near the end of all numbers does not silence this member", () => {
  const one = new OneMember();
  one.hear(accuse("suspect", 0, 0xffff_ffff));
  assert.equal(one.swim.member("m0")?.incarnation, 10);
});

test("this member's own claim with other meta is outdone, the same one is not", () => {
  const one = new OneMember();
  one.hear(alive(0, 10));
  assert.equal(one.swim.member("m0")?.incarnation, 10);
  one.hear(alive(0, 10, { meta: new Uint8Array() }));
  assert.equal(one.swim.member("m0")?.incarnation, 11);
});

test("a suspicion ends in death in time, at once with enough accusers, and not after a refutation", () => {
  const one = new OneMember();
  one.hear(...[1, 2, 3, 4].map((index) => alive(index)));
  one.hear(accuse("suspect", 1, 5, "m2"));
  const wait = (): number => one.effects.reduce((ms, effect) => (effect.kind === "wake" ? effect.afterMs : ms), -1);
  assert.equal(wait(), 9_600);
  one.hear(accuse("suspect", 1, 5, "m2"));
  assert.equal(wait(), -1, "the same accuser again");
  one.hear(accuse("suspect", 1, 5, "m3"));
  assert.equal(Math.round(wait()), 4_552);
  one.hear(accuse("suspect", 1, 5, "m4"));
  assert.equal(wait(), 1_600);
  one.hear(alive(1, 6));
  one.fire("suspicion");
  assert.equal(one.state(1), "alive");
  one.hear(accuse("suspect", 1, 6, "m2"), accuse("suspect", 1, 6, "m3"), accuse("suspect", 1, 6, "m4"));
  one.fire("suspicion");
  assert.equal(one.state(1), "dead");
});

test("a suspicion that is over while this member slept gives the suspect time to answer", () => {
  const one = new OneMember();
  one.hear(alive(1), accuse("suspect", 1));
  one.now += 60_000;
  one.fire("suspicion");
  assert.equal(one.state(1), "suspect");
  one.pass(1_500);
  one.fire("suspicion");
  assert.equal(one.state(1), "dead");
});

test("a repeated claim, or an old one, changes nothing and is not spread", () => {
  const one = new OneMember();
  one.hear(alive(1), alive(2));
  one.drain();
  assert.deepEqual(one.hear(alive(1), alive(1, 4), accuse("suspect", 1, 4), accuse("dead", 1, 4)), []);
  one.hear(accuse("dead", 1));
  one.drain();
  assert.deepEqual(one.hear(accuse("dead", 1), accuse("suspect", 1), accuse("dead", 1, 5, "m1")), []);
  assert.equal(one.swim.load.news, 0);
});

test("a change of meta is taken over and told, at a higher incarnation only", () => {
  const one = new OneMember();
  one.hear(alive(1));
  one.hear(alive(1, 5, { meta: Uint8Array.of(9) }));
  assert.deepEqual(one.swim.member("m1")?.meta, meta);
  const [told] = one.hear(alive(1, 6, { meta: Uint8Array.of(9) }));
  assert.ok(told?.kind === "changed");
  assert.deepEqual([told.before?.meta, told.member.meta], [meta, Uint8Array.of(9)]);
});

test("a claim that replaces a suspicion ends its timer, and is spread", () => {
  const one = new OneMember();
  one.hear(alive(1), alive(2), accuse("suspect", 1));
  one.drain();
  one.hear(alive(1, 6));
  assert.equal(one.swim.load.suspicions, 0);
  assert.equal(one.swim.load.news, 1);
});

test("one that speaks of itself in words too old to be believed is told of what it must outdo", () => {
  const one = new OneMember();
  one.hear(alive(1, 100), accuse("dead", 1, 100));
  one.feed({ kind: "packet", from: addressOf(1), messages: [alive(1, 1)] });
  assert.deepEqual(one.sent, [[1, [accuse("dead", 1, 100, "m0")]]]);
  one.pass(1_000);
  assert.deepEqual(one.hear(alive(1, 1)), [], "but not for what others still say");
});

test("one whose identity fits is told so whatever its packets come from, but not with every packet", () => {
  const one = new OneMember({ config: { identity: ({ name }) => name } });
  one.hear(alive(1, 100), accuse("suspect", 1, 100));
  one.drain();
  const told = [[1, [accuse("suspect", 1, 100, "m0")]]];
  one.hear(alive(1, 100), alive(1, 99), alive(1, 98));
  assert.deepEqual(one.sent, told);
  assert.deepEqual(one.hear(alive(1, 99)), []);
  one.pass(300);
  one.drain();
  one.hear(alive(1, 99));
  assert.deepEqual(one.sent, told);
});

test("second-hand deaths in a list are suspicions of our own, second-hand leaves are leaves", () => {
  const one = new OneMember();
  one.hear(alive(1), alive(2), alive(3));
  one.swap([listed(1, "dead"), listed(2, "left"), listed(3, "suspect"), listed(4, "alive"), listed(5, "dead")]);
  assert.deepEqual(
    [1, 2, 3, 4, 5].map((index) => one.state(index)),
    ["suspect", "left", "suspect", "alive", undefined],
  );
  const voices = one.swim.load.news;
  one.swap([listed(1, "dead"), listed(1, "suspect")]);
  assert.equal(one.swim.load.news, voices, "and they are not counted as further accusers");
});

test("a list with a veto, or of members that speak other versions, is answered with words and not taken in", () => {
  for (const [name, vsn, why] of [
    ["m66", alive(1).vsn, /m66 is there/],
    ["m1", Uint8Array.of(1, 5, 2, 0, 0, 0), /delegate version/],
    ["m1", Uint8Array.of(3, 5, 4, 2, 5, 4), /protocol version/],
  ] as const) {
    const one = new OneMember();
    one.swap([{ ...listed(1, "alive"), name, vsn }], true);
    const said = one.effects.find((effect) => effect.kind === "say");
    assert.ok(said?.message.kind === "failure");
    assert.match(said.message.text, why);
    assert.equal(one.swim.members().length, 1);
  }
});

test("what is said of this member while it leaves changes nothing", () => {
  const one = new OneMember();
  one.hear(alive(1));
  one.feed({ kind: "leave", farewell: null });
  assert.equal(one.state(0), "left");
  one.hear(alive(0, 50), accuse("suspect", 0, 50), accuse("dead", 0, 50));
  one.feed({ kind: "meta", meta: new Uint8Array() });
  assert.equal(one.state(0), "left");
  assert.equal(one.swim.member("m0")?.incarnation, 10);
});

test("an incarnation is given out to be stored at least once in a thousand", () => {
  const one = new OneMember();
  const stored: number[] = [];
  for (let i = 0; i < 2_500; i++) {
    for (const effect of one.feed({ kind: "meta", meta: Uint8Array.of(i & 0xff) })) {
      if (effect.kind === "store") stored.push(effect.incarnation);
    }
  }
  assert.deepEqual(stored, [1_010, 2_010]);
});
