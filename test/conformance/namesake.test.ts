import assert from "node:assert/strict";
import { test } from "node:test";
import type { PacketMessage } from "../../src/membership/core/message.ts";
import { addressOf } from "../simulation/member.ts";
import { alive, OneMember } from "./one-member.ts";

/* SWIM-WIRE §5.1, Merge rules: conflictDelegate. What ours does beyond memberlist, which never notices its own double. */

const payload = new Uint8Array();
/** When m0's run began, as the first byte of its meta says. */
const BEGAN = 1;
const began = (at: number): { readonly meta: Uint8Array } => ({ meta: Uint8Array.of(at, 2, 3) });

/** m0, began at 1 with incarnation 10, hears that m0 is at another address; the number of the ping it sends there. */
function claimed(incarnation: number, at: number, address = 7): { readonly one: OneMember; readonly seq: number } {
  const one = new OneMember({ config: { began: ({ meta }) => meta[0] ?? null, identity: ({ name }) => name } });
  one.hear(alive(1));
  one.drain();
  one.hear(alive(0, incarnation, { address: addressOf(address), ...began(at) }));
  const [to, [ping]] = one.sent[0] ?? [0, []];
  assert.equal(to, address);
  assert.ok(ping?.kind === "ping" && ping.node === "m0");
  return { one, seq: ping.seq };
}

/** What a living one says: what it is, and that it heard. */
const answer = (one: OneMember, seq: number, self: Partial<{ incarnation: number; at: number; from: number }> = {}) => {
  const { incarnation = 5, at, from = 7 } = self;
  const words: PacketMessage[] = [{ kind: "ack", seq, payload }];
  if (at !== undefined) words.unshift(alive(0, incarnation, { address: addressOf(from), ...began(at) }));
  return one.feed({ kind: "packet", from: addressOf(from), messages: words });
};

test("who answers to this member's name and began earlier makes this one stop, however low its incarnation", () => {
  for (const incarnation of [9, 12, 100_000]) {
    const { one, seq } = claimed(incarnation, BEGAN - 1);
    answer(one, seq, { incarnation, at: BEGAN - 1 });
    const { meta } = began(BEGAN - 1);
    assert.deepEqual(one.wishes("conflict"), [
      { kind: "conflict", name: "m0", self: true, ours: addressOf(0), theirs: addressOf(7), meta },
    ]);
  }
});

/** What a liar does: it claims more than was refuted, 25 times in 5 s; how often it was to prove what it says. */
function claimAgain(one: OneMember, address: number): number {
  let proofs = 0;
  for (let times = 0; times < 25; times++) {
    const above = (one.swim.member("m0")?.incarnation ?? 0) + 1;
    one.hear(alive(0, above, { address: addressOf(address), ...began(BEGAN - 1) }));
    proofs += one.wishes("conflict").length;
    const ping = one.sent.flatMap(([to, parts]) => (to === address ? parts : [])).find(({ kind }) => kind === "ping");
    if (ping?.kind === "ping") {
      answer(one, ping.seq, { from: address });
      proofs += one.wishes("conflict").length;
    }
    one.pass(200);
  }
  return proofs;
}

test("who does not prove that it has this member's key is refuted, told of once, and not asked again for a minute", () => {
  const { one, seq } = claimed(12, BEGAN - 1);
  answer(one, seq, { incarnation: 12, at: BEGAN - 1 });
  assert.equal(one.wishes("conflict").length, 1);
  one.feed({ kind: "unproven", address: addressOf(7) });
  assert.equal(one.swim.member("m0")?.incarnation, 13);
  assert.deepEqual(one.swim.member("m0")?.address, addressOf(0));
  assert.deepEqual(
    one.wishes("note").map(({ level }) => level),
    ["warn"],
  );
  for (let round = 0; round < 10; round++) assert.equal(claimAgain(one, 7), 0);
  // Refuted all the while, but not as often as it claims.
  const { incarnation = 0 } = one.swim.member("m0") ?? {};
  assert.ok(incarnation > 13 + 40 && incarnation < 13 + 2 * 60, `${incarnation}`);
  one.pass(15_000);
  assert.equal(claimAgain(one, 7), 1);
  one.feed({ kind: "unproven", address: addressOf(7) });
  assert.deepEqual(one.wishes("note"), []);
});

test("while one proof is waited for, no other is wished for; and of many addresses only a few in a minute are", () => {
  const { one, seq } = claimed(12, BEGAN - 1);
  answer(one, seq, { incarnation: 12, at: BEGAN - 1 });
  assert.equal(one.wishes("conflict").length, 1);
  assert.equal(claimAgain(one, 20), 0);
  one.feed({ kind: "unproven", address: addressOf(7) });
  let proofs = 1;
  for (let address = 30; address < 40; address++) {
    proofs += claimAgain(one, address);
    one.feed({ kind: "unproven", address: addressOf(address) });
  }
  assert.equal(proofs, 6);
});

test("one that began later is outdone and told so, however low its incarnation, and this one goes on", () => {
  for (const [incarnation, then] of [
    [9, 10],
    [12, 13],
    [100_000, 100_001],
  ] as const) {
    const { one, seq } = claimed(incarnation, BEGAN + 1);
    answer(one, seq, { incarnation, at: BEGAN + 1 });
    assert.deepEqual(one.wishes("conflict"), []);
    assert.equal(one.swim.member("m0")?.incarnation, then);
    assert.deepEqual(one.swim.member("m0")?.address, addressOf(0));
    const told = one.sent.flatMap(([to, parts]) => (to === 7 ? parts : []));
    assert.ok(told.some((part) => part.kind === "alive" && part.node === "m0" && part.incarnation === then));
  }
});

test("of two that began at the same time, or do not say when, the one at the lower address goes on", () => {
  for (const at of [BEGAN, undefined]) {
    const { one, seq } = claimed(12, BEGAN);
    answer(one, seq, at === undefined ? {} : { at });
    assert.equal(one.wishes("conflict").length, 0);
  }
  const one = new OneMember({ config: { identity: ({ name }) => name } });
  one.hear(alive(1));
  one.hear(alive(0, 12, { address: { ...addressOf(0), port: 80 } }));
  const ping = one.sent[0]?.[1][0];
  assert.ok(ping?.kind === "ping");
  const from = { ...addressOf(0), port: 80 };
  one.feed({ kind: "packet", from, messages: [{ kind: "ack", seq: ping.seq, payload }] });
  assert.equal(one.wishes("conflict").length, 1);
});

test("what counts is what it answers, not what others remember of an earlier run there", () => {
  const restarted = claimed(9, BEGAN - 1);
  answer(restarted.one, restarted.seq, { incarnation: 9, at: BEGAN + 1 });
  assert.deepEqual(restarted.one.wishes("conflict"), []);
  const other = claimed(9, BEGAN + 1);
  answer(other.one, other.seq, { incarnation: 9, at: BEGAN - 1 });
  assert.equal(other.one.wishes("conflict").length, 1);
});

test("who does not answer is asked three times; an old claim is then forgotten, a newer one outdone at once", () => {
  const old = claimed(9, BEGAN - 1);
  for (const more of [1, 1, 0]) {
    old.one.fire("namesake");
    const asked = old.one.sent.filter(([to, [first]]) => to === 7 && first?.kind === "ping");
    assert.equal(asked.length, more);
  }
  assert.equal(old.one.swim.member("m0")?.incarnation, 10);
  const newer = claimed(12, BEGAN - 1);
  newer.one.fire("namesake");
  assert.equal(newer.one.swim.member("m0")?.incarnation, 13);
});

test("one whose answers do not come through, but which goes beyond what outdid it, is alive: the later one stops", () => {
  for (const at of [BEGAN - 1, BEGAN + 1]) {
    const { one } = claimed(12, at);
    let stopped = 0;
    for (let round = 0; round < 4 && stopped === 0; round++) {
      one.fire("namesake");
      one.pass(6_000);
      const above = (one.swim.member("m0")?.incarnation ?? 0) + 1;
      one.hear(alive(0, above, { address: addressOf(7), ...began(at) }));
      stopped += one.wishes("conflict").length;
    }
    assert.equal(stopped, at < BEGAN ? 1 : 0);
  }
});

test("an answer from anywhere else, or this member's own voice, is none", () => {
  const elsewhere = claimed(9, BEGAN - 1);
  answer(elsewhere.one, elsewhere.seq, { from: 8 });
  assert.deepEqual(elsewhere.one.wishes("conflict"), []);
  const echo = claimed(9, BEGAN - 1);
  const ping = { kind: "ping", seq: echo.seq, node: "m0", replyTo: addressOf(0), source: "m0" } as const;
  assert.deepEqual(echo.one.hear(ping), []);
});

test("a copy that counts in step is answered like any other: with what this member is, then the answer", () => {
  const { one, seq } = claimed(9, BEGAN + 1);
  one.hear({ kind: "ping", seq, node: "m0", replyTo: addressOf(7), source: "m0" });
  const [[to, parts] = [0, []]] = one.sent;
  assert.equal(to, 7);
  assert.deepEqual(
    parts.map(({ kind }) => kind),
    ["alive", "ack"],
  );
});

test("who claims this member's name with another identity is refused, and neither asked nor obeyed", () => {
  const one = new OneMember({ config: { identity: ({ meta }) => String(meta[0]) } });
  one.hear(alive(0, 12, { address: addressOf(7), meta: Uint8Array.of(66) }));
  assert.deepEqual(one.sent, []);
  assert.deepEqual(one.wishes("refused"), [
    { kind: "refused", name: "m0", address: addressOf(7), why: "it is this member's name" },
  ]);
});
