import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { versionConflict } from "../../src/membership/core/versions.ts";
import { addressOf } from "../simulation/member.ts";
import { accuse, alive, listed, OneMember } from "./one-member.ts";

/* SWIM-WIRE §5.1, Life cycle: what of it the core decides. The rest needs real sockets: test/membership, test/networks. */

const farewell = { kind: "user", bytes: Uint8Array.of(0, 1) } as const;

test("a join succeeds with the other's list, and fails with the reason", () => {
  const one = new OneMember();
  const [dial] = one.feed({ kind: "join", request: 4, to: addressOf(1) });
  assert.ok(dial?.kind === "dial");
  one.feed({ kind: "connected", stream: dial.stream });
  const [said] = one.wishes("say");
  assert.ok(said?.message.kind === "push-pull" && said.message.join);
  const states = [listed(1, "alive"), listed(2, "alive")];
  const message = { kind: "push-pull", join: true, states, userState: new Uint8Array() } as const;
  one.feed({ kind: "answered", stream: dial.stream, message });
  assert.deepEqual(one.wishes("joined"), [{ kind: "joined", request: 4, failed: null }]);
  assert.deepEqual([one.state(1), one.state(2)], ["alive", "alive"]);
});

for (const [what, input, why] of [
  ["nobody listens", { kind: "failed", why: "nobody listens there" }, "nobody listens there"],
  ["the other says why not", { kind: "answered", message: { kind: "failure", text: "go away" } }, "go away"],
  ["the other talks of something else", { kind: "answered", message: farewell }, 'it answered with "user"'],
] as const) {
  test(`a join fails where ${what}`, () => {
    const one = new OneMember();
    const [dial] = one.feed({ kind: "join", request: 4, to: addressOf(1) });
    assert.ok(dial?.kind === "dial");
    one.feed({ ...input, stream: dial.stream });
    assert.deepEqual(one.wishes("joined"), [{ kind: "joined", request: 4, failed: why }]);
  });
}

/** VerifyProtocol: versions of two others beside ours, [1,5,2, 2,5,4]. */
for (const [what, a, b, fits] of [
  ["the same", [1, 5, 2, 2, 5, 4], [1, 5, 2, 2, 5, 4], true],
  ["wider ones", [0, 9, 2, 0, 9, 4], [1, 5, 3, 2, 5, 5], true],
  ["one that nobody else understands", [1, 9, 9, 2, 5, 4], [1, 5, 2, 2, 5, 4], false],
  ["one that does not understand the others", [3, 5, 3, 2, 5, 4], [1, 5, 2, 2, 5, 4], false],
  ["delegates too old", [1, 5, 2, 0, 3, 3], [1, 5, 2, 2, 5, 4], false],
  ["none at all", [], [1, 5, 2, 2, 5, 4], false],
] as const) {
  test(`members with versions of ${what} ${fits ? "are" : "are not"} one group with us`, () => {
    const members = [[1, 5, 2, 2, 5, 4], a, b].map((vsn, i) => {
      return { name: `m${i}`, state: "alive" as const, vsn: Uint8Array.from(vsn) };
    });
    assert.equal(versionConflict(members) === null, fits);
  });
}

test("the dead do not say what is understood, but must themselves be", () => {
  const ours = { name: "m0", state: "alive" as const, vsn: Uint8Array.of(1, 5, 2, 2, 5, 4) };
  const dead = (vsn: number[]) => ({ name: "m1", state: "dead" as const, vsn: Uint8Array.from(vsn) });
  assert.equal(versionConflict([ours, dead([4, 5, 4, 4, 5, 4])]), null);
  assert.match(versionConflict([ours, dead([1, 9, 9, 2, 5, 4])]) ?? "", /"m1" speaks protocol version 9/);
});

test("a leaving member says first what is to go before, then its goodbye, until that was sent often enough", () => {
  const one = new OneMember();
  one.hear(alive(1), alive(2));
  one.drain();
  one.feed({ kind: "leave", farewell });
  assert.deepEqual(
    one.sent.sort(([a], [b]) => a - b),
    [
      [1, [farewell]],
      [2, [farewell]],
    ],
  );
  assert.equal(one.state(0), "alive");
  one.fire("farewell");
  const goodbye = accuse("dead", 0, 10, "m0");
  assert.ok(one.sent.every(([, messages]) => messages.some((message) => isDeepStrictEqual(message, goodbye))));
  for (let round = 0; round < 3 && one.wishes("left").length === 0; round++) one.fire("gossip");
  assert.equal(one.wishes("left").length, 1);
  assert.equal(one.state(0), "left");
});

test("a leaving member answers pings until it is stopped, and says no second goodbye", () => {
  const one = new OneMember();
  one.hear(alive(1));
  one.feed({ kind: "leave", farewell: null });
  one.hear({ kind: "ping", seq: 3, node: "m0", replyTo: null, source: "" });
  assert.equal(one.sent[0]?.[1][0]?.kind, "ack");
  assert.deepEqual(one.feed({ kind: "leave", farewell: null }), []);
});

test("a goodbye that cannot be sent often enough ends after a second", () => {
  const one = new OneMember();
  one.hear(alive(1));
  one.feed({ kind: "leave", farewell: null });
  const timer = one.timers.find(({ kind }) => kind === "leave-end");
  assert.ok(timer !== undefined && timer.due === 1_000);
  assert.deepEqual(one.feed({ kind: "timer", timer }), [{ kind: "left" }]);
});

test("a member that moves just says so to those who know it by its identity", () => {
  const one = new OneMember({ config: { identity: ({ name }) => name } });
  one.hear(alive(1));
  one.drain();
  one.feed({ kind: "address", address: addressOf(7) });
  assert.deepEqual(one.sent, [[1, [alive(0, 11, { address: addressOf(7) })]]]);
});

test("a member that moves among strangers first says goodbye at the old address, and outdoes what came of that", () => {
  const one = new OneMember();
  one.hear(alive(1));
  one.drain();
  one.feed({ kind: "address", address: addressOf(7) });
  assert.deepEqual(one.sent, [[1, [accuse("dead", 0, 10, "m0")]]]);
  assert.equal(one.state(0), "alive", "for itself it is here all the time");
  assert.deepEqual(one.hear(accuse("dead", 0, 10, "m0"), accuse("suspect", 0, 20)), []);
  one.feed({ kind: "meta", meta: Uint8Array.of(9) });
  one.pass(300);
  one.fire("moved");
  assert.deepEqual(one.sent, [[1, [alive(0, 21, { address: addressOf(7), meta: Uint8Array.of(9) })]]]);
});
