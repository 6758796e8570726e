import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { PacketMessage } from "../../src/membership/core/message.ts";
import { encodeMessage } from "../../src/membership/wire/codec.ts";
import { compressed, type Wire } from "../../src/membership/wire/layers.ts";
import { compress, decompress } from "../../src/membership/wire/lzw.ts";
import { compound, unwrapPacket, wrapPacket } from "../../src/membership/wire/packet.ts";
import { encodeStream, StreamReader } from "../../src/membership/wire/stream.ts";

const label = new TextEncoder().encode("lab1");
const key = new Uint8Array(32).fill(5);
const wires: Wire[] = [
  { keys: [], label: new Uint8Array(), compress: false },
  { keys: [], label, compress: true },
  { keys: [key], label, compress: true },
  { keys: [key], label: new Uint8Array(), compress: false },
];
const bytes = fc.uint8Array({ maxLength: 600 });
/** Plain objects: fast-check otherwise also makes some without a prototype, which are no messages of ours. */
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;
const host = fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }));
const address = record({ host, port: fc.integer({ min: 1, max: 0xffff }) });
const number = fc.integer({ min: 0, max: 0xffff_ffff });
const name = fc.string({ maxLength: 40, unit: "grapheme" });
const message: fc.Arbitrary<PacketMessage> = fc.oneof(
  record({ kind: fc.constant("ping" as const), seq: number, node: name, replyTo: fc.option(address), source: name }),
  record({ kind: fc.constant("ack" as const), seq: number, payload: fc.uint8Array({ maxLength: 300 }) }),
  record({
    kind: fc.constantFrom("suspect" as const, "dead" as const),
    incarnation: number,
    node: name,
    from: name,
  }),
  record({
    ...{ kind: fc.constant("alive" as const), incarnation: number, node: name, address },
    meta: bytes,
    vsn: host,
  }),
  record({ kind: fc.constant("user" as const), bytes }),
);

test("what is wrapped is unwrapped, in every combination of layers", () => {
  fc.assert(
    fc.property(
      fc.array(message, { minLength: 1, maxLength: 20 }),
      fc.constantFrom(...wires),
      fc.boolean(),
      (sent, wire, crc) => {
        const packet = wrapPacket(sent.map(encodeMessage), wire, crc);
        assert.deepEqual(unwrapPacket(packet, wire).messages, sent);
      },
    ),
    { numRuns: 200 },
  );
});

test("a push/pull comes through every combination of layers, cut anywhere", () => {
  const state = record({
    ...{ name, address, meta: bytes, incarnation: number, vsn: host },
    state: fc.constantFrom("alive" as const, "suspect" as const, "dead" as const, "left" as const),
  });
  const list = fc.array(state, { maxLength: 12 });
  fc.assert(
    fc.property(
      list,
      bytes,
      fc.constantFrom(...wires),
      fc.boolean(),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (states, userState, wire, dialled, at) => {
        const sent = { kind: "push-pull", join: dialled, states, userState } as const;
        const whole = encodeStream(sent, wire, dialled);
        const cut = Math.floor(at * (whole.length - 1));
        const reader = new StreamReader(wire, !dialled);
        assert.equal(reader.push(whole.subarray(0, cut)), "more");
        assert.deepEqual(reader.push(whole.subarray(cut)), sent);
      },
    ),
    { numRuns: 200 },
  );
});

test("no datagram makes the decoder throw", () => {
  const valid = fc.tuple(fc.array(message, { minLength: 1, maxLength: 5 }), fc.boolean()).map(([sent, crc]) => {
    return (wire: Wire) => wrapPacket(sent.map(encodeMessage), wire, crc);
  });
  const hit = record({ at: fc.nat(), to: fc.integer({ min: 0, max: 255 }) });
  fc.assert(
    fc.property(
      fc.constantFrom(...wires),
      valid,
      fc.array(hit, { maxLength: 6 }),
      fc.nat(),
      bytes,
      (wire, make, hits, cut, noise) => {
        const packet = make(wire);
        for (const { at, to } of hits) packet[at % packet.length] = to;
        for (const datagram of [packet, packet.subarray(0, cut % (packet.length + 1)), noise]) {
          unwrapPacket(datagram, wire);
          for (const dialled of [true, false]) new StreamReader(wire, dialled).push(datagram);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

test("LZW brings back what it packed, past a full dictionary too", () => {
  const wide = fc.tuple(fc.integer({ min: 1, max: 256 }), fc.integer({ min: 0, max: 30_000 }), fc.nat());
  fc.assert(
    fc.property(wide, ([alphabet, length, seed]) => {
      let state = seed;
      const plain = Uint8Array.from({ length }, () => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
        return (state >>> 16) % alphabet;
      });
      assert.deepEqual(decompress(compress(plain), length), plain);
    }),
    { numRuns: 60 },
  );
});

test("a decompression bomb stops at the ceiling", () => {
  const bomb = compress(new Uint8Array(4_000_000));
  assert.deepEqual(decompress(bomb, 65_536), { refused: "unpacks to more than 65536 bytes" });
  const nested = compressed(compressed(compressed(new Uint8Array(60_000))));
  const many = compound(Array.from({ length: 255 }, () => nested));
  const wire = wires[0] as Wire;
  assert.equal(unwrapPacket(many, wire).messages.length, 0);
});

test("255 parts are read, and a count that does not fit is refused", () => {
  const nack = encodeMessage({ kind: "nack", seq: 7 });
  const wire = wires[0] as Wire;
  assert.equal(unwrapPacket(compound(Array.from({ length: 255 }, () => nack)), wire).messages.length, 255);
  assert.equal(unwrapPacket(Uint8Array.of(7, 0x80), wire).refused, "its parts are cut off");
  assert.equal(unwrapPacket(new Uint8Array(), wire).refused, "it is empty");
});

test("parts nested too deeply are left out, their neighbours are not", () => {
  const nack = encodeMessage({ kind: "nack", seq: 7 });
  let deep = compound([nack]);
  for (let i = 0; i < 6; i++) deep = compound([deep]);
  const { messages, refused } = unwrapPacket(compound([nack, deep, nack]), wires[0] as Wire);
  assert.equal(messages.length, 2);
  assert.equal(refused, "it is nested too deeply");
});

test("lengths near 2^32 are refused or waited for, never reserved", () => {
  const wire = wires[0] as Wire;
  const huge = Uint8Array.of(8, 0x81, 0xaa, ...new TextEncoder().encode("UserMsgLen"), 0xce, 0xff, 0xff, 0xff, 0xff);
  assert.ok("refused" in Object(new StreamReader(wire, true).push(huge)));
  const keyed = wires[3] as Wire;
  assert.deepEqual(new StreamReader(keyed, true).push(Uint8Array.of(10, 0xff, 0xff, 0xff, 0xff)), {
    refused: "it is too long",
  });
  const bin = Uint8Array.of(
    9,
    0x82,
    0xa4,
    0x41,
    0x6c,
    0x67,
    0x6f,
    0,
    0xa3,
    0x42,
    0x75,
    0x66,
    0xc6,
    0xff,
    0xff,
    0xff,
    0xff,
  );
  assert.equal(new StreamReader(wire, true).push(bin), "more");
});

test("a wrong key, a wrong label and a missing seal are told apart", () => {
  const [clear, labelled, keyed, unlabelled] = wires as [Wire, Wire, Wire, Wire];
  const nack = [encodeMessage({ kind: "nack", seq: 7 })];
  const other = { ...unlabelled, keys: [new Uint8Array(32).fill(6)] };
  assert.equal(unwrapPacket(wrapPacket(nack, other, false), unlabelled).refused, "it is not encrypted with our key");
  assert.equal(unwrapPacket(wrapPacket(nack, clear, false), unlabelled).refused, "it is not encrypted with our key");
  assert.equal(unwrapPacket(wrapPacket(nack, clear, false), labelled).refused, "it has no label");
  assert.equal(unwrapPacket(wrapPacket(nack, labelled, false), clear).refused, "it has another label");
  assert.equal(unwrapPacket(Uint8Array.of(0xf4, 4, 0x6c), keyed).refused, "its label is cut off");
  assert.deepEqual(new StreamReader(unlabelled, true).push(nack[0] as Uint8Array), { refused: "it is not encrypted" });
});
