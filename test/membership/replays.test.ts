import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { encodeMessage } from "../../src/membership/wire/codec.ts";
import type { Wire } from "../../src/membership/wire/layers.ts";
import { unwrapPacket, wrapPacket } from "../../src/membership/wire/packet.ts";
import { Replays } from "../../src/membership/wire/replays.ts";
import { seal } from "../../src/membership/wire/seal.ts";
import { until as eventually } from "../support/until.ts";
import { Members, seedOf, until } from "./member.ts";

const key = new Uint8Array(32).fill(4);
const none = new Uint8Array();
const wire: Wire = { keys: [key], label: none, compress: false };
const nack = encodeMessage({ kind: "nack", seq: 7 });

test("a sealed datagram is opened once within a minute, and its copies are counted", () => {
  let now = 5_000;
  const replays = new Replays(() => now);
  const packets = Array.from({ length: 3 }, () => wrapPacket([nack], wire, true));
  const opened = (packet: Uint8Array | undefined) => unwrapPacket(packet ?? none, wire, replays).messages.length;
  assert.deepEqual(packets.map(opened), [1, 1, 1]);
  assert.deepEqual(packets.map(opened), [0, 0, 0]);
  now += 59_999;
  assert.deepEqual(packets.map(opened), [0, 0, 0]);
  assert.equal(unwrapPacket(packets[0] ?? none, wire, replays).refused, "it came before");
  assert.equal(replays.dropped, 7);
  now += 60_001;
  assert.deepEqual(packets.map(opened), [1, 1, 1], "memory ends");
});

test("who came late in a window is remembered for as long as who came early", () => {
  let now = 0;
  const replays = new Replays(() => now);
  const early = wrapPacket([nack], wire, true);
  const late = wrapPacket([nack], wire, true);
  unwrapPacket(early, wire, replays);
  now = 59_000;
  unwrapPacket(late, wire, replays);
  now = 59_000 + 59_999;
  assert.equal(unwrapPacket(late, wire, replays).refused, "it came before");
});

test("another version byte, which no seal covers, does not make an old datagram a new one", () => {
  const replays = new Replays(() => 0);
  // Read as version 0, its last byte says how much to strip.
  const sealed = seal(key, Uint8Array.of(...nack, ...new Uint8Array(16).fill(1)), { aad: none });
  assert.equal(unwrapPacket(sealed, wire, replays).messages.length, 1);
  sealed[0] = 0;
  assert.equal(unwrapPacket(sealed, wire).messages.length, 1, "it would be opened");
  assert.equal(unwrapPacket(sealed, wire, replays).refused, "it came before");
});

test("what is not authentic is not remembered, and what is takes no more room than for 131 072", () => {
  const replays = new Replays(() => 0);
  const packet = wrapPacket([nack], wire, true);
  for (let i = 0; i < 1_000; i++) {
    const forged = packet.slice();
    forged.set([i >> 8, i & 255], 1);
    assert.equal(unwrapPacket(forged, wire, replays).messages.length, 0);
  }
  assert.equal(replays.size, 0);
  const block = new Uint8Array(29);
  const view = new DataView(block.buffer);
  for (let i = 0; i < 200_000; i++) {
    view.setUint32(1, i);
    assert.equal(replays.first(block), true);
    assert.ok(replays.size <= 131_072);
  }
  for (const [i, first] of [
    [199_999, false],
    [199_999 - 65_536, false],
    [0, true],
  ] as const) {
    view.setUint32(1, i);
    assert.equal(replays.first(block), first, `number ${i}`);
  }
});

test("all that a member heard, said to it again within a minute, changes nothing", { timeout: 30_000 }, async (t) => {
  const members = await Members.of(t);
  const heard: Uint8Array[] = [];
  const gossipKeys = [key];
  const [ana, eve] = await Promise.all([members.open("Ana", { gossipKeys }), members.open("Eve", { gossipKeys })]);
  const ben = await members.open("Ben", {
    gossipKeys,
    through(sockets) {
      const start = sockets.start.bind(sockets);
      sockets.start = (listener) => {
        const packet: typeof listener.packet = (bytes, from) => {
          heard.push(Uint8Array.from(bytes));
          listener.packet(bytes, from);
        };
        start({ ...listener, packet });
      };
      return sockets;
    },
  });
  await ben.join([seedOf(ana)]);
  await eve.join([seedOf(ana)]);
  const all = [ana, ben, eve];
  await Promise.all(all.map((one) => until(one, () => one.members().length === 3)));
  ana.announce({ sequence: 3 });
  await until(ben, () => ben.members().some(({ sequence }) => sequence === 3));
  await eve.leave();
  await eve.stop();
  const isGone = () => ben.members().some(({ name, state }) => name === "Eve" && state === "left");
  await until(ben, isGone);
  const changes: unknown[] = [];
  ben.on("changed", ({ name, state }, before) => changes.push([name, before?.state, state]));
  const recorded = [...heard];
  assert.ok(recorded.length > 5);
  const socket = createSocket("udp4");
  t.after(() => socket.close());
  socket.bind(0, "127.0.0.66");
  await once(socket, "listening");
  for (const bytes of recorded) {
    await new Promise((resolve) => socket.send(bytes, ben.bound.port, ben.bound.host, resolve));
  }
  await eventually("all of it is known to be old", () => (ben.counters().gossipReplays ?? 0) >= recorded.length);
  assert.deepEqual(changes, []);
});
