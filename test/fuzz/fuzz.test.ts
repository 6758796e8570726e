import assert from "node:assert/strict";
import { memoryUsage } from "node:process";
import { test } from "node:test";
import { decodeTags } from "../../src/membership/meta.ts";
import { encodeMessage, encodeStreamMessage, TYPE } from "../../src/membership/wire/codec.ts";
import { compressed, type Wire } from "../../src/membership/wire/layers.ts";
import { WIRE_LIMITS } from "../../src/membership/wire/limits.ts";
import { compress, decompress } from "../../src/membership/wire/lzw.ts";
import { compound, unwrapPacket } from "../../src/membership/wire/packet.ts";
import { seal } from "../../src/membership/wire/seal.ts";
import { frame, StreamReader } from "../../src/membership/wire/stream.ts";
import { encodeMap } from "../../src/membership/wire/value.ts";
import { fuzz } from "./fuzz.ts";

/**
 * Fixed, so that a failure is the same everywhere. `make sim FUZZ=1 SEED=…` goes on from any other. Decoders ask little of
 * their runtime: on Deno one is enough.
 */
const SEEDS = "Deno" in globalThis ? [1] : [1, 2, 3, 4, 5];
const CASES = 40_000;

for (const seed of SEEDS) {
  test(`${CASES} datagrams and streams of seed ${seed} are messages or refusals, and throw nobody`, () => {
    const { understood, refused, ridden } = fuzz(seed, CASES);
    assert.ok(understood > CASES / 10, `${understood} were understood: too few to have come far`);
    assert.ok(refused > CASES / 4, `${refused} were refused: too few to have been wrong`);
    for (const count of ridden) assert.ok(count > 50, `${ridden}: too few made sense to have come far`);
  });
}

test("the same seed makes the same cases", () => {
  const [a, b] = [fuzz(9, 2_000), fuzz(9, 2_000)];
  assert.deepEqual([a.understood, a.refused], [b.understood, b.refused]);
});

const clear: Wire = { keys: [], label: new Uint8Array(), compress: false };
const key = new Uint8Array(32).fill(5);
const keyed: Wire = { ...clear, keys: [key] };
const bomb = compress(new Uint8Array(60_000_000));

/** Bytes that are in use while it runs, above those before; what is no longer in use may count. */
function grownBy(run: () => void): number {
  const before = memoryUsage().arrayBuffers + memoryUsage().heapUsed;
  run();
  return memoryUsage().arrayBuffers + memoryUsage().heapUsed - before;
}

test("a bomb in a datagram unpacks to no more than a datagram, sealed or not", () => {
  const packed = compressed(new Uint8Array(20_000_000)).subarray(0, 65_000);
  const grown = grownBy(() => {
    for (let i = 0; i < 100; i++) {
      assert.equal(unwrapPacket(packed, clear).messages.length, 0);
      assert.equal(unwrapPacket(seal(key, packed, { aad: clear.label }), keyed).messages.length, 0);
    }
  });
  assert.ok(grown < 100 * 2 * 4 * WIRE_LIMITS.datagram, `${grown} bytes`);
});

test("a bomb in a stream stops at its ceiling, without being held whole", () => {
  assert.deepEqual(decompress(bomb, WIRE_LIMITS.unpackedStream), {
    refused: `unpacks to more than ${WIRE_LIMITS.unpackedStream} bytes`,
  });
  const body = encodeMap({ Algo: 0, Buf: bomb }, TYPE.compress);
  for (const [wire, bytes] of [
    [clear, body],
    [keyed, frame(key, body, clear.label)],
  ] as const) {
    const read = new StreamReader(wire, true).push(bytes);
    assert.ok(typeof read === "object" && "refused" in read);
  }
});

test("bombs in bombs in compounds of 255 share one allowance", () => {
  const inner = compressed(new Uint8Array(60_000));
  const nested = compressed(compressed(inner));
  const began = performance.now();
  const { messages, refused } = unwrapPacket(compound(Array.from({ length: 255 }, () => nested)), clear);
  assert.deepEqual([messages.length, typeof refused], [0, "string"]);
  const many = compound(Array.from({ length: 255 }, () => inner.subarray(0, 250)));
  unwrapPacket(many, clear);
  assert.ok(performance.now() - began < 500);
});

test("a datagram full of empty parts, or of the smallest messages, is done in no time", () => {
  const nack = encodeMessage({ kind: "nack", seq: 1 });
  const full = compound(Array.from({ length: 255 }, () => compound(Array.from({ length: 20 }, () => nack))));
  const empty = compound(
    Array.from({ length: 255 }, () => compound(Array.from({ length: 100 }, () => new Uint8Array()))),
  );
  const began = performance.now();
  assert.equal(unwrapPacket(full, clear).messages.length, WIRE_LIMITS.packetMessages);
  assert.equal(unwrapPacket(empty, clear).messages.length, 0);
  assert.ok(performance.now() - began < 500);
});

test("readers of streams that are cut off keep about what came, whatever that announces", () => {
  const list = { kind: "push-pull", join: true, userState: new Uint8Array() } as const;
  const vsn = Uint8Array.of(1, 5, 2, 2, 5, 4);
  const address = { host: new Uint8Array(4), port: 1 };
  const states = Array.from({ length: 20 }, (_, i) => {
    return { name: `m${i}`, address, meta: new Uint8Array(200), incarnation: 1, state: "alive" as const, vsn };
  });
  const whole = encodeStreamMessage({ ...list, states });
  // Announces as many members as there may be, and bytes near the ceiling.
  const u32 = (value: number) => [0xce, value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
  const text = (value: string) => [0xa0 | value.length, ...new TextEncoder().encode(value)];
  const nodes = Uint8Array.of(6, 0x81, ...text("Nodes"), ...u32(WIRE_LIMITS.states), ...whole.subarray(40));
  const user = Uint8Array.of(8, 0x81, ...text("UserMsgLen"), ...u32(WIRE_LIMITS.stream), ...whole);
  const sealed = Uint8Array.of(10, ...u32(WIRE_LIMITS.stream).slice(1), ...whole);
  const readers: StreamReader[] = [];
  const grown = grownBy(() => {
    for (let i = 0; i < 500; i++) {
      for (const [bytes, wire] of [
        [whole.subarray(0, -1), clear],
        [nodes, clear],
        [user, clear],
        [sealed, keyed],
      ] as const) {
        const reader = new StreamReader(wire, true);
        for (let at = 0; at < bytes.length; at += 700) reader.push(bytes.subarray(at, at + 700));
        readers.push(reader);
      }
    }
  });
  const came = readers.reduce((sum, { size }) => sum + size, 0);
  assert.ok(came > 2_000 * 4_000 && grown < 8 * came, `${grown} bytes for ${came}`);
});

test("a meta that announces arrays in arrays of millions is no meta, and costs nothing", () => {
  const level = [0xdd, 0x00, 0xff, 0xff, 0xff];
  const bytes = Uint8Array.of(0xff, ...Array.from({ length: 100 }, () => level).flat());
  const began = performance.now();
  const grown = grownBy(() => {
    for (let i = 0; i < 100; i++) assert.equal(decodeTags(bytes).size, 0);
  });
  assert.ok(performance.now() - began < 500 && grown < 50_000_000, `${grown} bytes`);
});

test("maps nested without end, and with more keys than bytes, are refused", () => {
  for (const body of [
    new Uint8Array(60_000).fill(0x81),
    new Uint8Array(60_000).fill(0x91),
    Uint8Array.of(0xdf, 255, 255, 255, 255),
  ]) {
    assert.equal(unwrapPacket(Uint8Array.of(4, ...body), clear).messages.length, 0);
    const read = new StreamReader(clear, true).push(Uint8Array.of(6, ...body));
    assert.ok(read === "more" || "refused" in read);
  }
});

test("a stream that comes byte by byte costs no more than its length", () => {
  const list = { kind: "push-pull", join: false, userState: new Uint8Array() } as const;
  const state = {
    name: "m1",
    address: { host: new Uint8Array(4), port: 1 },
    meta: new Uint8Array(300),
    incarnation: 1,
  };
  const vsn = Uint8Array.of(1, 5, 2, 2, 5, 4);
  const states = Array.from({ length: 300 }, () => ({ ...state, state: "alive" as const, vsn }));
  const reader = new StreamReader(clear, true);
  const bytes = encodeStreamMessage({ ...list, states });
  const began = performance.now();
  for (let at = 0; at < bytes.length; at++) {
    const read = reader.push(bytes.subarray(at, at + 1));
    if (at < bytes.length - 1) assert.equal(read, "more");
    else assert.ok(read !== "more" && !("refused" in read));
  }
  assert.ok(bytes.length > 100_000 && performance.now() - began < 5_000);
});
