import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { PacketMessage } from "../../src/membership/core/message.ts";
import { encodeMessage } from "../../src/membership/wire/codec.ts";
import type { Wire } from "../../src/membership/wire/layers.ts";
import { compress, decompress } from "../../src/membership/wire/lzw.ts";
import { unwrapPacket, wrapPacket } from "../../src/membership/wire/packet.ts";
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
/* SWIM-WIRE §5.1, Codec and layers: EncodeDecode, CompressDecompressPayload and the rest, for any message at all. */

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
