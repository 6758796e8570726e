import assert from "node:assert/strict";
import { test } from "node:test";
import * as formulas from "../../src/membership/core/formulas.ts";
import { NodeTable } from "../../src/membership/core/nodes.ts";
import { seeded } from "../../src/shared/random.ts";
import { addressOf, vsn } from "../simulation/member.ts";
import { accuse, alive, OneMember } from "./one-member.ts";

/* SWIM-WIRE §5.1, Formulas. */

const known = (count: number): NodeTable => {
  const nodes = new NodeTable(seeded(1));
  const rest = { meta: new Uint8Array(), vsn, incarnation: 1, state: "alive", changedAt: 0, rtt: null } as const;
  for (let i = 0; i < count; i++) nodes.put({ name: `m${i}`, address: addressOf(i), ...rest });
  return nodes;
};

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

test("a helper says nack before the asker gives up, with every profile", () => {
  assert.equal(formulas.nackDelay(1_000, 500), 400);
  assert.equal(formulas.nackDelay(5_000, 3_000), 1_600);
  assert.equal(formulas.nackDelay(400, 150), 150);
});

test("the three rounds begin at different moments, each within its own interval", () => {
  const begun = new Map<string, number>();
  const one = new OneMember();
  for (const { kind, due } of one.timers) begun.set(kind, due);
  assert.deepEqual([...begun.keys()], ["probe", "gossip", "push-pull"]);
  for (const [kind, interval] of [
    ["probe", 400],
    ["gossip", 200],
    ["push-pull", 30_000],
  ] as const) {
    assert.ok((begun.get(kind) ?? interval) < interval, kind);
  }
  assert.equal(new Set(begun.values()).size, 3);
});

test("the ring keeps all members and changes their order at each wrap", () => {
  const nodes = known(20);
  const rounds = Array.from({ length: 3 }, () => {
    return Array.from(
      { length: 20 },
      () =>
        nodes.next(
          () => true,
          () => false,
        )?.name,
    );
  });
  for (const round of rounds) assert.equal(new Set(round).size, 20);
  assert.notDeepEqual(rounds[0], rounds[1]);
  assert.notDeepEqual(rounds[1], rounds[2]);
});

test("of the dead and those who left, only those of half a minute ago are forgotten", () => {
  const one = new OneMember();
  one.hear(...[1, 2, 3, 4, 5].map((index) => alive(index)));
  one.hear(accuse("dead", 1), accuse("dead", 2, 5, "m2"));
  one.pass(20_000);
  one.hear(accuse("dead", 3), accuse("dead", 4, 5, "m4"));
  one.pass(10_100);
  for (let probes = 0; probes < 4; probes++) {
    one.fire("probe");
    const ping = one.sent.flatMap(([, messages]) => messages).find(({ kind }) => kind === "ping");
    if (ping?.kind === "ping") one.hear({ kind: "ack", seq: ping.seq, payload: new Uint8Array() });
  }
  const states = [1, 2, 3, 4, 5].map((index) => one.state(index));
  assert.deepEqual(states, [undefined, undefined, "dead", "left", "alive"]);
});

test("of those that fit, so many different ones are picked, and all where there are fewer", () => {
  const nodes = known(100);
  const even = ({ name }: { name: string }): boolean => Number(name.slice(1)) % 2 === 0;
  const picks = Array.from({ length: 3 }, () => nodes.some(3, even).map(({ name }) => name));
  for (const names of picks) {
    assert.equal(new Set(names).size, 3);
    assert.ok(names.every((name) => even({ name })));
  }
  assert.notDeepEqual(picks[0], picks[1]);
  assert.notDeepEqual(picks[1], picks[2]);
  assert.equal(nodes.some(3, ({ name }) => name === "m77").length, 1, "however rare it is");
  assert.equal(nodes.some(200, () => true).length, 100);
});
