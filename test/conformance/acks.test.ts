import assert from "node:assert/strict";
import { test } from "node:test";
import type { PacketMessage } from "../../src/membership/core/message.ts";
import { Timers } from "../../src/membership/core/timers.ts";
import { addressOf } from "../simulation/member.ts";
import { alive, OneMember } from "./one-member.ts";
import { probing } from "./probing.ts";

/* SWIM-WIRE §5.1, Acks. */

const payload = new Uint8Array();

test("probes are numbered one after the other, from where others cannot know", () => {
  const one = new OneMember({ seed: 1 });
  one.hear(alive(1), alive(2));
  const numbers = [1, 2, 3].map(() => {
    one.fire("probe");
    const ping = one.sent.flatMap(([, messages]) => messages).find(({ kind }) => kind === "ping");
    assert.ok(ping?.kind === "ping");
    one.hear({ kind: "ack", seq: ping.seq, payload });
    return ping.seq;
  });
  const [first = 0] = numbers;
  assert.deepEqual(numbers, [first, first + 1, first + 2]);
  const another = new OneMember({ seed: 2 });
  another.hear(alive(1));
  another.fire("probe");
  const [[, messages]] = another.sent as [[number, PacketMessage[]]];
  assert.ok(messages.every((message) => message.kind !== "ping" || message.seq !== first));
});

test("an ack ends its probe once; whoever it comes from, and whatever rides in it", () => {
  const { one, seq } = probing({ health: 3 });
  one.feed({ kind: "packet", from: addressOf(77), messages: [{ kind: "ack", seq, payload: new Uint8Array(100) }] });
  assert.equal(one.swim.health, 2);
  one.hear({ kind: "ack", seq, payload });
  assert.equal(one.swim.health, 2);
});

test("acks and nacks of numbers that nobody waits for change nothing", () => {
  const { one, target, seq } = probing({ health: 3 });
  assert.deepEqual(one.hear({ kind: "ack", seq: seq + 1, payload }, { kind: "nack", seq: seq + 1 }), []);
  one.fire("probe-direct");
  one.fire("probe-end");
  assert.equal(one.state(target), "suspect", "the probe went on");
});

test("nacks end nothing: an ack after them is still good", () => {
  const { one, target, seq } = probing();
  one.fire("probe-direct");
  for (let i = 0; i < 3; i++) one.hear({ kind: "nack", seq });
  one.hear({ kind: "ack", seq, payload });
  assert.equal(one.state(target), "alive");
  assert.equal(one.swim.health, 0);
});

test("an ack and nacks after the end of a probe come too late", () => {
  const { one, target, seq } = probing();
  one.fire("probe-direct");
  one.fire("probe-end");
  const health = one.swim.health;
  assert.deepEqual(one.hear({ kind: "nack", seq }, { kind: "ack", seq, payload }), []);
  assert.equal(one.state(target), "suspect");
  assert.equal(one.swim.health, health);
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
