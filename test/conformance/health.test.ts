import assert from "node:assert/strict";
import { test } from "node:test";
import { Awareness } from "../../src/membership/core/awareness.ts";
import { alive, OneMember } from "./one-member.ts";
import { probing } from "./probing.ts";

/* SWIM-WIRE §5.1, Health. */

test("health stays between 0 and its ceiling, and stretches an interval by its points", () => {
  const health = new Awareness(8);
  assert.equal(health.scale(1_000), 1_000);
  health.apply(10);
  assert.equal(health.score, 7);
  assert.equal(health.scale(1_000), 8_000);
  health.apply(-20);
  assert.equal(health.score, 0);
});

test("each point gives the next probe another interval, but not its direct ping", () => {
  const { one, seq } = probing({ health: 2 });
  const due = (kind: string): number => one.timers.filter((timer) => timer.kind === kind).at(-1)?.due ?? 0;
  assert.equal(due("probe-direct") - one.now, 150);
  assert.equal(due("probe-end") - one.now, 1_200);
  one.pass(1_100);
  one.hear({ kind: "ack", seq, payload: new Uint8Array() });
  assert.equal(one.swim.health, 1, "and an answer within it is good");
});

test("an answer takes a point away, down to none", () => {
  const { one, seq } = probing({ health: 1 });
  one.hear({ kind: "ack", seq, payload: new Uint8Array() });
  assert.equal(one.swim.health, 0);
});

test("each nack that did not come costs a point, but none if all came", () => {
  for (const [nacks, points] of [
    [3, 0],
    [2, 1],
    [0, 3],
  ] as const) {
    const { one, seq } = probing();
    one.fire("probe-direct");
    for (let i = 0; i < nacks; i++) one.hear({ kind: "nack", seq });
    one.fire("probe-end");
    assert.equal(one.swim.health, points);
  }
});

test("helpers too old for nacks are not asked for one; a failed probe then costs one point", () => {
  const { one } = probing({ vsn: Uint8Array.of(1, 3, 2, 2, 5, 4) });
  one.fire("probe-direct");
  assert.ok(one.sent.every(([, [asked]]) => asked?.kind === "indirect-ping" && !asked.nack));
  one.fire("probe-end");
  assert.equal(one.swim.health, 1);
});

test("a member whose versions make no sense is not listed", () => {
  const one = new OneMember();
  for (const bad of [[], [0, 5, 2, 0, 0, 0], [1, 0, 2, 0, 0, 0], [3, 2, 2, 0, 0, 0], [1, 5]]) {
    one.hear(alive(1, 5, { vsn: Uint8Array.from(bad) }));
    assert.equal(one.state(1), undefined, `[${bad}]`);
  }
});

test("a standstill costs a point, and no more than one in a probe interval", () => {
  const one = new OneMember();
  one.hear(alive(1));
  one.feed({ kind: "lag", ms: 100 });
  assert.equal(one.swim.health, 0, "shorter than a probe timeout it is none");
  one.pass(1_000);
  one.feed({ kind: "lag", ms: 300 });
  assert.equal(one.swim.health, 1);
  one.pass(350);
  one.feed({ kind: "lag", ms: 300 });
  assert.equal(one.swim.health, 1);
  one.pass(350);
  one.feed({ kind: "lag", ms: 300 });
  assert.equal(one.swim.health, 2);
});

test("with local health switched off, nothing costs a point and no nack is asked for", () => {
  const { one } = probing({ lifeguard: { probe: false, suspicion: true, buddy: true, lag: true } });
  one.fire("probe-direct");
  assert.ok(one.sent.every(([, [asked]]) => asked?.kind === "indirect-ping" && !asked.nack));
  one.fire("probe-end");
  assert.equal(one.swim.health, 0);
});
