import assert from "node:assert/strict";
import { test } from "node:test";
import { Awareness } from "../../src/membership/core/awareness.ts";
import * as formulas from "../../src/membership/core/formulas.ts";
import { Suspicion } from "../../src/membership/core/suspicion.ts";
import { Timers } from "../../src/membership/core/timers.ts";

/*
 * Numbers of memberlist's own tests (SWIM-WIRE §5.1).
 */

test("suspicion grows with the logarithm of the group, from ten members on", () => {
  for (const [n, unit] of [
    [5, 1_000],
    [10, 1_000],
    [50, 1_698],
    [100, 2_000],
    [500, 2_698],
    [1_000, 3_000],
  ] as const) {
    assert.equal(formulas.suspicionMin(3, n, 1_000), 3 * unit);
  }
});

test("news is sent as often as the size of the group asks", () => {
  for (const [n, limit] of [
    [0, 0],
    [1, 3],
    [99, 6],
  ] as const) {
    assert.equal(formulas.retransmitLimit(3, n), limit);
  }
});

test("push/pulls get rarer above 32 members", () => {
  for (const [n, factor] of [
    [1, 1],
    [32, 1],
    [33, 2],
    [64, 2],
    [65, 3],
    [128, 3],
  ] as const) {
    assert.equal(formulas.pushPullInterval(1_000, n), factor * 1_000);
  }
});

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

test("a helper says nack before the asker gives up, with every profile", () => {
  assert.equal(formulas.nackDelay(1_000, 500), 400);
  assert.equal(formulas.nackDelay(5_000, 3_000), 1_600);
  assert.equal(formulas.nackDelay(400, 150), 150);
});

test("an accuser counts once, and only as long as one is wanted", () => {
  const suspicion = new Suspicion("me", 3, { min: 500, max: 2_000, now: 0 });
  const heard = ["me", "foo", "foo", "bar", "baz", "late"].map((from) => [suspicion.confirm(from), suspicion.left(0)]);
  assert.deepEqual(heard, [
    [false, 2_000],
    [true, 1_250],
    [false, 1_250],
    [true, 811],
    [true, 500],
    [false, 500],
  ]);
});

test("health stays between 0 and its ceiling, and stretches an interval by its points", () => {
  const health = new Awareness(8);
  assert.equal(health.scale(1_000), 1_000);
  health.apply(10);
  assert.equal(health.score, 7);
  assert.equal(health.scale(1_000), 8_000);
  health.apply(-20);
  assert.equal(health.score, 0);
});

test("a timer counts once, and not after another of its kind and key was set, or it was cleared", () => {
  const timers = new Timers();
  const first = timers.set("suspicion", "ana", 10);
  const second = timers.set("suspicion", "ana", 20);
  const other = timers.set("suspicion", "ben", 20);
  assert.equal(timers.accept(first), false);
  assert.equal(timers.accept(second), true);
  assert.equal(timers.accept(second), false);
  timers.clear("suspicion", "ben");
  assert.equal(timers.accept(other), false);
});
