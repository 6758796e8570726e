import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf } from "../simulation/member.ts";
import { alive, OneMember } from "./one-member.ts";

/* SWIM-WIRE §3.11, and what DESIGN §6 adds: a goodbye to an address that a member leaves. */

/** m0 beside five of whom none proves an identity, so that it says goodbye before it moves. */
function moving(): OneMember {
  const one = new OneMember();
  one.hear(...[1, 2, 3, 4, 5].map((index) => alive(index)));
  one.drain();
  one.feed({ kind: "address", address: addressOf(7) });
  return one;
}

/** Rounds of gossip until `left` comes, each of which tells the goodbye to some; and how often it was told. */
function toldUntilLeft(one: OneMember): number {
  let told = 0;
  for (let rounds = 0; rounds < 100; rounds++) {
    told += one.sent.filter(([, parts]) => parts.some((part) => part.kind === "dead" && part.node === "m0")).length;
    if (one.wishes("left").length > 0) return told;
    one.fire("gossip");
  }
  return Number.POSITIVE_INFINITY;
}

test("who leaves while it says goodbye to an address says the final one as often as one that does not move", () => {
  const still = new OneMember();
  still.hear(...[1, 2, 3, 4, 5].map((index) => alive(index)));
  still.drain();
  still.feed({ kind: "leave", farewell: null });
  const usual = toldUntilLeft(still);
  assert.ok(usual >= 4 && usual < 100, `${usual}`);
  for (const rounds of [0, 1]) {
    const one = moving();
    for (let i = 0; i < rounds; i++) one.fire("gossip");
    one.feed({ kind: "leave", farewell: null });
    assert.equal(toldUntilLeft(one), usual);
  }
});

test("a second address within the goodbye to the first is where the member is then, after another goodbye", () => {
  const one = moving();
  one.feed({ kind: "address", address: addressOf(8) });
  assert.deepEqual(one.swim.member("m0")?.address, addressOf(0));
  one.drain();
  one.fire("moved");
  assert.deepEqual(one.swim.member("m0")?.address, addressOf(8));
});
