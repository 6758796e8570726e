import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf } from "../simulation/member.ts";
import { accuse, alive, OneMember } from "./one-member.ts";
import { probing } from "./probing.ts";

const payload = new Uint8Array();

/* SWIM-WIRE §5.1, Probe. */

test("a ping names its target and where to answer", () => {
  const { one, target, seq } = probing();
  assert.deepEqual(one.sent, [
    [target, [{ kind: "ping", seq, node: `m${target}`, replyTo: addressOf(0), source: "m0" }]],
  ]);
});

test("an ack ends a probe and gives its round-trip time; its timers then mean nothing", () => {
  const { one, target, seq } = probing();
  one.now += 7;
  one.hear({ kind: "ack", seq, payload });
  assert.equal(one.swim.member(`m${target}`)?.rtt, 7);
  assert.deepEqual(one.fire("probe-direct"), []);
  assert.deepEqual(one.fire("probe-end"), []);
});

test("without an ack, three others are asked with the same number, and TCP at the same time", () => {
  const { one, target, seq } = probing();
  one.fire("probe-direct");
  assert.equal(one.sent.length, 3);
  for (const [helper, [asked]] of one.sent) {
    assert.notEqual(helper, target);
    assert.ok(asked?.kind === "indirect-ping");
    assert.equal(asked.seq, seq);
    assert.equal(asked.nack, true);
    assert.deepEqual(asked.target, addressOf(target));
  }
  const dial = one.effects.find((effect) => effect.kind === "dial");
  assert.deepEqual(dial?.to, addressOf(target));
  assert.equal(dial?.timeoutMs, 250);
});

test("a failed probe makes a suspect, at the incarnation it had when the probe began", () => {
  const { one, target } = probing();
  one.fire("probe-direct");
  one.fire("probe-end");
  assert.equal(one.state(target), "suspect");
  const other = probing();
  other.one.hear(alive(other.target, 6));
  other.one.fire("probe-direct");
  other.one.fire("probe-end");
  assert.equal(other.one.state(other.target), "alive", "of a newer one it knows nothing bad");
});

test("a late ack, through a helper or not, is good enough", () => {
  const { one, target, seq } = probing();
  one.fire("probe-direct");
  one.now += 200;
  one.hear({ kind: "ack", seq, payload });
  one.fire("probe-end");
  assert.equal(one.state(target), "alive");
  assert.equal(one.swim.member(`m${target}`)?.rtt, null, "its time says nothing of the way there");
});

test("an answer over TCP keeps a member alive", () => {
  const { one, target, seq } = probing();
  one.fire("probe-direct");
  const stream = one.effects.find((effect) => effect.kind === "dial")?.stream ?? 0;
  one.feed({ kind: "connected", stream });
  const said = one.effects.find((effect) => effect.kind === "say");
  assert.deepEqual(said?.message, { kind: "ping", seq, node: `m${target}`, replyTo: addressOf(0), source: "m0" });
  one.feed({ kind: "answered", stream, message: { kind: "ack", seq, payload } });
  one.fire("probe-end");
  assert.equal(one.state(target), "alive");
});

test("a target too old for it is not pinged over TCP", () => {
  const { one } = probing({ vsn: Uint8Array.of(1, 2, 2, 2, 5, 4) });
  one.fire("probe-direct");
  assert.deepEqual(one.wishes("dial"), []);
});

test("a probe during which this member stood still accuses nobody, whether it was told so or finds out", () => {
  const told = probing();
  told.one.fire("probe-direct");
  told.one.pass(200);
  told.one.feed({ kind: "lag", ms: 180 });
  told.one.fire("probe-end");
  assert.equal(told.one.state(told.target), "alive");
  assert.equal(told.one.swim.health, 1, "but its health pays");
  const late = probing();
  late.one.now += 2_000;
  late.one.fire("probe-direct");
  late.one.fire("probe-end");
  assert.equal(late.one.state(late.target), "alive");
});

test("an answer read after a standstill gives no round-trip time", () => {
  const { one, target, seq } = probing();
  one.now += 60_000;
  one.hear({ kind: "ack", seq, payload });
  assert.equal(one.state(target), "alive");
  assert.equal(one.swim.member(`m${target}`)?.rtt, null);
});

test("a helper asked to ping port 0 pings its own", () => {
  const one = new OneMember();
  const target = { ...addressOf(5), port: 0 };
  one.hear({ kind: "indirect-ping", seq: 77, target, node: "m5", nack: true, replyTo: null, source: "" });
  assert.deepEqual(
    one.wishes("send").map(({ to }) => to),
    [{ ...addressOf(5), port: addressOf(0).port }],
  );
});

test("a member that was away longer than suspicions last says at once that it is here, and asks for lists", () => {
  const one = new OneMember();
  one.hear(...[1, 2, 3].map((index) => alive(index)));
  one.drain();
  one.now += 60_000;
  one.feed({ kind: "lag", ms: 60_000 });
  assert.equal(one.swim.member("m0")?.incarnation, 11);
  const told = one.sent.filter(([, messages]) => messages.some((message) => message.kind === "alive"));
  assert.equal(told.length, 3);
  assert.equal(one.wishes("dial").length, 2);
});

test("a datagram that the network did not take asks the others at once", () => {
  const { one, seq } = probing();
  one.feed({ kind: "unsent", seq });
  assert.equal(one.sent.length, 3);
  assert.deepEqual(one.feed({ kind: "unsent", seq }), []);
});

test("a suspect is told so with its ping, and nothing else", () => {
  const one = new OneMember();
  one.hear(alive(1), accuse("suspect", 1, 5, "m7"));
  one.fire("probe");
  const [[to, messages] = [0, []]] = one.sent;
  assert.equal(to, 1);
  assert.deepEqual(
    messages.map(({ kind }) => kind),
    ["ping", "suspect"],
  );
  assert.deepEqual(messages[1], accuse("suspect", 1, 5, "m0"));
  assert.equal(one.wishes("send")[0]?.crc, true);
  const lifeguard = { probe: true, suspicion: true, buddy: false, lag: true };
  const unkind = new OneMember({ config: { lifeguard } });
  unkind.hear(alive(1), alive(2), accuse("suspect", 1, 5, "m7"));
  unkind.drain();
  unkind.fire("probe");
  assert.equal(unkind.sent[0]?.[1].length, 1, "without the buddy system it is just a ping");
});

test("a tick that comes while a probe is under way starts the next one as soon as that ends", () => {
  const { one } = probing();
  one.fire("probe-direct");
  assert.deepEqual(one.fire("probe"), []);
  one.fire("probe-end");
  one.fire("probe");
  assert.equal(one.sent[0]?.[1][0]?.kind, "ping");
});

test("every member is probed once in each round, and no tick is lost", () => {
  const one = new OneMember();
  one.hear(alive(1), alive(2), alive(3));
  const seen: number[] = [];
  for (let i = 0; i < 12; i++) {
    one.fire("probe");
    const ping = one.sent.find(([, [message]]) => message?.kind === "ping");
    const first = ping?.[1][0];
    assert.ok(ping !== undefined && first?.kind === "ping", `tick ${i} was lost`);
    seen.push(ping[0]);
    one.hear({ kind: "ack", seq: first.seq, payload });
  }
  for (let round = 1; round < 4; round++) assert.equal(new Set(seen.slice(round * 3, round * 3 + 3)).size, 3);
});

test("a ping for another name is not answered, one for anybody is, at the address it names", () => {
  const one = new OneMember();
  assert.deepEqual(one.hear({ kind: "ping", seq: 1, node: "m5", replyTo: null, source: "" }), []);
  one.hear({ kind: "ping", seq: 2, node: "", replyTo: null, source: "" });
  assert.deepEqual(
    one.sent.map(([to, [message]]) => [to, message]),
    [[99, { kind: "ack", seq: 2, payload }]],
  );
  one.hear({ kind: "ping", seq: 3, node: "m0", replyTo: addressOf(4), source: "m4" });
  assert.equal(one.sent[0]?.[0], 4);
  assert.deepEqual(
    one.feed({ kind: "asked", stream: -1, message: { kind: "ping", seq: 4, node: "m5", replyTo: null, source: "" } }),
    [{ kind: "hang-up", stream: -1 }],
  );
});

test("a helper pings with its own number, passes an ack on with the asker's, and says nack early", () => {
  const asked = { kind: "indirect-ping", seq: 77, target: addressOf(5), node: "m5", nack: true } as const;
  const one = new OneMember();
  one.hear(alive(4));
  one.drain();
  one.hear({ ...asked, replyTo: addressOf(4), source: "m4" });
  const [to, [ping]] = one.sent[0] ?? [0, []];
  assert.equal(to, 5);
  assert.ok(ping?.kind === "ping" && ping.seq !== 77);
  const start = one.now;
  one.fire("relay-nack");
  assert.deepEqual(one.sent, [[4, [{ kind: "nack", seq: 77 }]]]);
  assert.ok(one.now - start < 250, "before the asker gives up");
  one.hear({ kind: "ack", seq: ping.seq, payload: Uint8Array.of(1) });
  assert.deepEqual(one.sent, [[4, [{ kind: "ack", seq: 77, payload }]]]);
  assert.deepEqual(one.hear({ kind: "ack", seq: ping.seq, payload }), []);
});
