import assert from "node:assert/strict";
import { test } from "node:test";
import * as formulas from "../../src/membership/core/formulas.ts";
import { Suspicion } from "../../src/membership/core/suspicion.ts";
import { accuse, alive, OneMember } from "./one-member.ts";

/* SWIM-WIRE §5.1, Suspicion. */

test("each confirmation shortens a suspicion, down to the minimum", () => {
  for (const [confirmed, elapsed, left] of [
    [0, 0, 30_000],
    [1, 2_000, 14_000],
    [2, 3_000, 4_810],
    [3, 4_000, -2_000],
    [4, 5_000, -3_000],
  ] as const) {
    assert.equal(formulas.suspicionLeft(confirmed, 3, elapsed, { min: 2_000, max: 30_000 }), left);
  }
  assert.equal(formulas.suspicionLeft(0, 0, 100, { min: 500, max: 9_000 }), 400, "nobody to wait for");
});

test("a group too small for confirmations waits for none", () => {
  for (const [n, wanted] of [
    [2, 0],
    [3, 0],
    [4, 0],
    [5, 3],
    [6, 3],
  ] as const) {
    assert.equal(formulas.confirmationsWanted(5, n), wanted);
  }
});

test("an accuser counts once, and only as long as one is wanted", () => {
  const suspicion = new Suspicion("me", 3, { min: 500, max: 2_000, now: 0 });
  const heard = ["me", "foo", "foo", "bar", "baz", "late"].map((from) => [suspicion.confirm(from), suspicion.left(0)]);
  assert.deepEqual(heard, [
    [false, 2_000],
    [true, 1_250],
    [false, 1_250],
    [true, 811], // memberlist's own table says 810, of a clock that has run on
    [true, 500],
    [false, 500],
  ]);
});

test("where no confirmation is wanted, the time is the shortest at once, and no accuser changes it", () => {
  const suspicion = new Suspicion("me", 0, { min: 25, max: 30_000, now: 0 });
  assert.equal(suspicion.left(0), 25);
  assert.equal(suspicion.confirm("foo"), false);
  assert.equal(suspicion.left(0), 25);
});

test("a confirmation that comes after its time is over ends a suspicion at once", () => {
  const suspicion = new Suspicion("me", 1, { min: 100, max: 30_000, now: 0 });
  assert.equal(suspicion.left(200), 29_800);
  assert.equal(suspicion.confirm("foo"), true);
  assert.ok(suspicion.left(200) <= 0);
});

test("time in which this member heard nobody does not count, and some is left to hear an answer", () => {
  const suspicion = new Suspicion("me", 0, { min: 2_000, max: 9_000, now: 0 });
  suspicion.forgive(500, 1_900);
  assert.equal(suspicion.left(1_900), 600);
  suspicion.forgive(60_000, 62_500);
  assert.equal(suspicion.left(62_500), 2_000);
});

/** TestMemberList_ProbeNode_Suspect_Dogpile: 500 ms to 1 000 ms, three confirmations wanted. */
for (const [members, confirmed, ms] of [
  [2, 0, 500],
  [3, 0, 500],
  [4, 0, 500],
  [5, 0, 1_000],
  [6, 0, 1_000],
  [6, 1, 750],
  [6, 2, 603], // 604 in memberlist's table, which allows for a clock that has run on
  [6, 3, 500],
  [7, 4, 500],
] as const) {
  test(`in a group of ${members}, a suspect with ${confirmed} confirmations has ${ms} ms`, () => {
    const one = new OneMember({
      profile: { suspicionMult: 5, suspicionMaxMult: 2, probeInterval: 100, probeTimeout: 50 },
    });
    one.hear(...Array.from({ length: members - 1 }, (_, i) => alive(i + 1)));
    one.hear(accuse("suspect", 1, 5, "m0"));
    for (let i = 0; i < confirmed; i++) one.hear(accuse("suspect", 1, 5, `m${i + 2}`));
    one.pass(ms - 1);
    assert.equal(one.state(1), "suspect");
    const death = one.timers.filter(({ kind }) => kind === "suspicion").at(-1);
    assert.equal(Math.round(death?.due ?? 0), ms);
    one.fire("suspicion");
    assert.equal(one.state(1), "dead");
  });
}

/** Lets time go by in which nobody is heard, until m1 is dead for m0; how long that took. */
function unheard(one: OneMember): number {
  while (one.state(1) === "suspect") {
    assert.ok(one.now < 60_000);
    one.pass(100, false);
    const timer = one.timers.filter(({ kind, key }) => kind === "suspicion" && key === "m1").at(-1);
    if (timer !== undefined && timer.due <= one.now) one.feed({ kind: "timer", timer });
  }
  return one.now;
}

test("who hears nobody buries nobody for long, as long as there is one whom nobody accuses", () => {
  const one = new OneMember();
  one.hear(alive(1), alive(2), accuse("suspect", 1));
  const took = unheard(one);
  assert.ok(took > 2 * 9_600 && took < 2 * 9_600 + 600, `${took} ms`);
  const plain = new OneMember({ config: { lifeguard: { probe: true, suspicion: true, buddy: true, lag: false } } });
  plain.hear(alive(1), alive(2), accuse("suspect", 1));
  assert.equal(unheard(plain), 1_600);
});

test("where all others are accused, or there is only one, silence changes nothing", () => {
  const all = new OneMember();
  all.hear(alive(1), alive(2), accuse("suspect", 1), accuse("suspect", 2));
  assert.equal(unheard(all), 1_600);
  const two = new OneMember();
  two.hear(alive(1), accuse("suspect", 1));
  assert.equal(unheard(two), 1_600);
});

test("who hears others again after a silence gives suspects the time that it did not hear them", () => {
  const one = new OneMember();
  one.hear(alive(1), alive(2), accuse("suspect", 1));
  one.pass(1_500, false);
  one.hear({ kind: "nack", seq: 0 });
  const timer = one.timers.filter(({ kind }) => kind === "suspicion").at(-1);
  assert.equal(timer?.due, 1_500 + 1_600);
  assert.equal(one.swim.health, 1);
});
