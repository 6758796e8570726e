import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "@msgpack/msgpack";
import { SerfClock } from "../../src/membership/serf.ts";
import { toHex } from "../../src/shared/hex.ts";

const user = (type: number, body: unknown) => ({ kind: "user", bytes: Uint8Array.of(type, ...encode(body)) }) as const;

test("a leave intent is what Serf writes, newer each time, and never at 0", () => {
  const clock = new SerfClock(0);
  const first = clock.leaveIntent("ana");
  assert.equal(toHex(first.bytes), "0083a54c54696d6501a44e6f6465a3616e61a55072756e65c2");
  assert.equal(clock.time, 2);
  assert.equal(clock.hear(first), false, "one's own is not passed on");
});

test("the clock goes past every time it hears", () => {
  const clock = new SerfClock(1);
  clock.hear(user(1, { LTime: 41, Node: "oracle" }));
  assert.equal(clock.time, 42);
  const events = Array.from({ length: 512 }, (_, i) => (i === 3 ? { LTime: 9, Events: [{ Name: "a" }] } : null));
  const statuses = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`node-${i}`, i]));
  const state = { EventLTime: 9, Events: events, LTime: 99, LeftMembers: [], QueryLTime: 7, StatusLTimes: statuses };
  clock.hearState(Uint8Array.of(2, ...encode(state)));
  assert.equal(clock.time, 100);
  clock.hear(user(0, { LTime: 2 ** 32 - 1, Node: "liar" }));
  assert.equal(clock.time, 100, "a time that leaves no room is not believed");
});

test("a state whose clock is no number is passed over, however long it is", () => {
  const clock = new SerfClock(1);
  for (const time of [
    new Uint8Array(300_000),
    "9".repeat(300_000),
    Array.from({ length: 90_000 }, () => 1),
    { a: 1 },
  ]) {
    clock.hearState(Uint8Array.of(2, ...encode({ EventLTime: 9 }), 0));
    clock.hearState(Buffer.concat([Uint8Array.of(2), encode({ LTime: time })]));
  }
  assert.equal(clock.time, 1);
  clock.hearState(Buffer.concat([Uint8Array.of(2), encode({ LTime: 0xfff_ffff })]));
  assert.equal(clock.time, 0x1000_0000);
});

test("an order to leave is denied, newer than it, once for each; another's, or one while leaving, is passed on", () => {
  const clock = new SerfClock(1);
  const order = user(0, { LTime: 41, Node: "ana", Prune: false });
  assert.deepEqual(clock.answer(order, "ana"), user(1, { LTime: 42, Node: "ana" }));
  assert.equal(clock.answer(order, "ana"), null);
  assert.equal(clock.hear(user(1, { LTime: 42, Node: "ana" })), false, "one's own denial is not passed on");
  assert.deepEqual(clock.answer(user(0, { LTime: 50, Node: "ana" }), "ana"), user(1, { LTime: 51, Node: "ana" }));
  const another = user(0, { LTime: 60, Node: "ben", Prune: false });
  assert.equal(clock.answer(another, "ana"), another);
  const late = user(0, { LTime: 70, Node: "ana", Prune: false });
  assert.equal(clock.answer(late, null), late);
});

test("another's leave intent is passed on once", () => {
  const clock = new SerfClock(1);
  assert.equal(clock.hear(user(0, { LTime: 5, Node: "oracle", Prune: false })), true);
  assert.equal(clock.hear(user(0, { LTime: 5, Node: "oracle", Prune: false })), false);
  assert.equal(clock.hear(user(0, { LTime: 6, Node: "oracle", Prune: false })), true);
  assert.equal(clock.hear({ kind: "user", bytes: new Uint8Array() }), false);
  assert.equal(clock.hear({ kind: "user", bytes: Uint8Array.of(0, 0x83, 0xa5) }), false);
  for (const bytes of [[], [2], [2, 0x81], [2, 0x83, 0xa5, 0x4c], [2, 0xc1]]) clock.hearState(Uint8Array.from(bytes));
  assert.equal(clock.time, 7);
});

test("events and queries are passed on once, and answers, old ones and a query for some never", () => {
  const clock = new SerfClock(1);
  for (const type of [3, 4]) {
    const said = (LTime: number, Name: string, Flags = 0) => user(type, { LTime, Name, Flags });
    assert.equal(clock.hear(said(7, "deploy")), true);
    assert.equal(clock.hear(said(7, "deploy")), false);
    assert.equal(clock.hear(said(7, "another")), true, "two may say something at one time");
    assert.equal(clock.hear(said(7 + 512, "deploy")), true);
    assert.equal(clock.hear(said(7, "late")), false, "too old to know");
    for (let i = 0; i < 100; i++) clock.hear(said(8, `flood ${i}`));
    assert.equal(clock.hear(said(8, "one more")), false, "bounded");
  }
  assert.equal(clock.hear(user(4, { LTime: 9, Name: "few", Flags: 2 })), false);
  assert.equal(clock.hear(user(5, { LTime: 10, From: "oracle" })), false);
  assert.equal(clock.time, 1, "events and queries have clocks of their own");
});
