import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf } from "../simulation/member.ts";
import { alive, OneMember } from "./one-member.ts";

/* SWIM-WIRE §5.1, Merge rules: conflictDelegate. What ours does beyond memberlist, which never notices its own double. */

const payload = new Uint8Array();

/** m0, began at incarnation 10, hears that m0 is at another address; the number of the ping it sends there. */
function claimed(incarnation: number): { readonly one: OneMember; readonly seq: number } {
  const one = new OneMember();
  one.hear(alive(1));
  one.drain();
  one.hear(alive(0, incarnation, { address: addressOf(7) }));
  const [to, [ping]] = one.sent[0] ?? [0, []];
  assert.equal(to, 7);
  assert.ok(ping?.kind === "ping" && ping.node === "m0");
  return { one, seq: ping.seq };
}

const answer = (one: OneMember, seq: number, from = 7): unknown =>
  one.feed({ kind: "packet", from: addressOf(from), messages: [{ kind: "ack", seq, payload }] });

test("who answers to this member's name and began earlier makes this one stop", () => {
  const { one, seq } = claimed(9);
  answer(one, seq);
  assert.deepEqual(one.wishes("conflict"), [
    { kind: "conflict", name: "m0", self: true, ours: addressOf(0), theirs: addressOf(7) },
  ]);
});

test("one that began later is outdone, and this one goes on", () => {
  const { one, seq } = claimed(12);
  answer(one, seq);
  assert.deepEqual(one.wishes("conflict"), []);
  assert.equal(one.swim.member("m0")?.incarnation, 13);
  assert.deepEqual(one.swim.member("m0")?.address, addressOf(0));
});

test("who came first is judged by the first claim, whatever was outdone since", () => {
  const { one } = claimed(9);
  one.fire("namesake");
  one.pass(10_000);
  one.hear(alive(0, 500, { address: addressOf(7) }));
  const ping = one.sent[0]?.[1][0];
  assert.ok(ping?.kind === "ping");
  answer(one, ping.seq);
  assert.equal(one.wishes("conflict").length, 1);
});

test("where nobody answers, an old claim is forgotten and a newer one outdone", () => {
  const old = claimed(9);
  assert.deepEqual(old.one.fire("namesake"), []);
  const newer = claimed(12);
  newer.one.fire("namesake");
  assert.equal(newer.one.swim.member("m0")?.incarnation, 13);
});

test("an answer from anywhere else, or this member's own voice, is none", () => {
  const elsewhere = claimed(9);
  answer(elsewhere.one, elsewhere.seq, 8);
  assert.deepEqual(elsewhere.one.wishes("conflict"), []);
  const echo = claimed(9);
  const ping = { kind: "ping", seq: echo.seq, node: "m0", replyTo: addressOf(0), source: "m0" } as const;
  assert.deepEqual(echo.one.hear(ping), []);
  assert.deepEqual(
    echo.one.hear({ ...ping, seq: echo.seq + 1 }).map(({ kind }) => kind),
    ["send"],
  );
});
