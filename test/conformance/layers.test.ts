import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeMessage, encodeMessage } from "../../src/membership/wire/codec.ts";
import { compressed, labelHeader, packetOverhead, type Wire } from "../../src/membership/wire/layers.ts";
import { WIRE_LIMITS } from "../../src/membership/wire/limits.ts";
import { compress, decompress } from "../../src/membership/wire/lzw.ts";
import { compound, unwrapPacket, wrapPacket } from "../../src/membership/wire/packet.ts";
import { seal, unseal } from "../../src/membership/wire/seal.ts";
import { encodeStream, StreamReader } from "../../src/membership/wire/stream.ts";
import { fromHex, toHex } from "../../src/shared/hex.ts";

/* SWIM-WIRE §5.1, Codec and layers, Labels, Keys. */

const none = new Uint8Array();
const label = new TextEncoder().encode("lab1");
const key = new Uint8Array(32).fill(5);
const clear: Wire = { keys: [], label: none, compress: false };
const nackMessage = { kind: "nack", seq: 7 } as const;
const nack = encodeMessage(nackMessage);
const local = { host: Uint8Array.of(127, 0, 0, 1), port: 7_946 };

test("a compound has a count, all lengths, and then its parts", () => {
  const three = [nack, nack.subarray(0, 3), nack];
  const bytes = compound(three);
  assert.deepEqual([...bytes.subarray(0, 8)], [7, 3, 0, 9, 0, 3, 0, 9]);
  assert.equal(bytes.length, 2 + 3 * 2 + 9 + 3 + 9);
});

test("of a compound cut off, the whole parts are taken; cut off in its lengths, none", () => {
  const bytes = compound([nack, nack, nack]);
  assert.equal(unwrapPacket(bytes.subarray(0, bytes.length - 1), clear).messages.length, 2);
  assert.equal(unwrapPacket(bytes.subarray(0, 7), clear).messages.length, 0);
});

test("255 parts are read, and a count that does not fit is refused", () => {
  assert.equal(unwrapPacket(compound(Array.from({ length: 255 }, () => nack)), clear).messages.length, 255);
  assert.equal(unwrapPacket(Uint8Array.of(7, 0x80), clear).refused, "its parts are cut off");
  assert.equal(unwrapPacket(new Uint8Array(), clear).refused, "it is empty");
});

test("parts nested too deeply are left out, their neighbours are not", () => {
  let deep = compound([nack]);
  for (let i = 0; i < 6; i++) deep = compound([deep]);
  const { messages, refused } = unwrapPacket(compound([nack, deep, nack]), clear);
  assert.equal(messages.length, 2);
  assert.equal(refused, "it is nested too deeply");
});

test("a decompression bomb stops at the ceiling", () => {
  const bomb = compress(new Uint8Array(4_000_000));
  assert.deepEqual(decompress(bomb, 65_536), { refused: "unpacks to more than 65536 bytes" });
  const nested = compressed(compressed(compressed(new Uint8Array(60_000))));
  const many = compound(Array.from({ length: 255 }, () => nested));
  assert.equal(unwrapPacket(many, clear).messages.length, 0);
});

test("a compressed message is taken whether we compress or not, and what unpacks to nothing is refused", () => {
  const packed = compressed(nack);
  for (const on of [true, false])
    assert.deepEqual(unwrapPacket(packed, { ...clear, compress: on }).messages, [nackMessage]);
  assert.equal(unwrapPacket(compressed(none), clear).refused, "it unpacks to nothing");
  const other = packed.slice();
  other[other.indexOf(0)] = 1;
  assert.equal(unwrapPacket(other, clear).refused, "it is compressed in an unknown way");
});

test("a packet is compressed only where that is smaller, a stream always", () => {
  const wire = { ...clear, compress: true };
  const long = encodeMessage({ kind: "user", bytes: new Uint8Array(500) });
  assert.deepEqual(wrapPacket([nack], wire, false), nack);
  assert.ok(wrapPacket([long], wire, false).length < 100);
  assert.equal(encodeStream({ kind: "ack", seq: 7, payload: none }, wire, true)[0], 9);
});

test("a checksum is taken where it is right, and left out where it is not there", () => {
  const summed = wrapPacket([nack], clear, true);
  assert.deepEqual(unwrapPacket(summed, clear).messages, [nackMessage]);
  assert.deepEqual(unwrapPacket(nack, clear).messages, [nackMessage]);
  summed[summed.length - 1] = (summed.at(-1) ?? 0) ^ 1;
  assert.equal(unwrapPacket(summed, clear).refused, "its checksum is wrong");
  assert.equal(unwrapPacket(compound([wrapPacket([nack], clear, true)]), clear).messages.length, 0, "nor inside");
});

test("an empty datagram and an unknown type are refused, and their neighbours taken", () => {
  assert.equal(unwrapPacket(none, clear).refused, "it is empty");
  const { messages, refused } = unwrapPacket(compound([nack, Uint8Array.of(99, 0x80), none, nack]), clear);
  assert.equal(messages.length, 2);
  assert.equal(refused, "a message of unknown type 99");
});

for (const version of [0, 1] as const) {
  for (const size of [16, 24, 32]) {
    test(`version ${version} with a key of ${size} bytes comes back, and not with a bit turned anywhere`, () => {
      const used = new Uint8Array(size).fill(9);
      for (const length of [0, 1, 15, 16, 17, 100]) {
        const plain = new Uint8Array(length).fill(length);
        const block = seal(used, plain, { aad: label, version });
        assert.equal(block.length, version === 1 ? 29 + length : 29 + length + 16 - (length % 16));
        assert.deepEqual(unseal([used], block, label), plain);
        assert.equal(unseal([used], block, none), null);
        for (let at = 1; at < block.length; at += 7) {
          const turned = block.slice();
          turned[at] = (turned[at] ?? 0) ^ 0x10;
          assert.equal(unseal([used], turned, label), null);
        }
      }
    });
  }
}

/** Test case 10 of the GCM specification. */
test("a key of 192 bits gives NIST's bytes, also where the runtime does not know it", () => {
  const text = fromHex("feffe9928665731c6d6a8f9467308308feffe9928665731c") ?? none;
  const nonce = fromHex("cafebabefacedbaddecaf888") ?? none;
  const plain =
    fromHex(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
    ) ?? none;
  const aad = fromHex("feedfacedeadbeeffeedfacedeadbeefabaddad2") ?? none;
  const sealed = seal(text, plain, { aad, version: 1, nonce });
  assert.equal(
    toHex(sealed.subarray(13)),
    "3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c7d773d00c144c525ac619d18c84a3f4718e2448b2fe324d9ccda2710" +
      "2519498e80f1478f37ba55bd6d27618c",
  );
  assert.deepEqual(unseal([text], sealed, aad), plain);
});

test("version 0 is padded to 16 bytes, always by at least one, and a bad pad is refused", () => {
  for (const [length, padded] of [
    [0, 16],
    [1, 16],
    [15, 16],
    [16, 32],
  ] as const) {
    assert.equal(seal(key, new Uint8Array(length), { aad: none, version: 0 }).length, 29 + padded);
  }
  for (const last of [0, 17, 255]) {
    const plain = new Uint8Array(16);
    plain[15] = last;
    const block = seal(key, plain, { aad: none, version: 1 });
    // Sealed as version 1, which pads nothing, and passed off as version 0: the tag does not cover the version.
    block[0] = 0;
    assert.equal(unseal([key], block, none), null);
  }
});

test("any key of the ring opens, the first one seals", () => {
  const [a, b, c] = [1, 2, 3].map((fill) => new Uint8Array(16).fill(fill)) as [Uint8Array, Uint8Array, Uint8Array];
  const old = wrapPacket([nack], { ...clear, keys: [a] }, false);
  const ring = { ...clear, keys: [b, c, a] };
  assert.deepEqual(unwrapPacket(old, ring).messages, [nackMessage]);
  assert.deepEqual(unwrapPacket(wrapPacket([nack], ring, false), { ...clear, keys: [b] }).messages, [nackMessage]);
  assert.equal(unwrapPacket(old, { ...clear, keys: [b, c] }).refused, "it is not encrypted with our key");
});

test("a wrong key, a wrong label and a missing seal are told apart", () => {
  const labelled = { ...clear, label };
  const unlabelled = { ...clear, keys: [key] };
  const keyed = { ...unlabelled, label };
  const other = { ...unlabelled, keys: [new Uint8Array(32).fill(6)] };
  assert.equal(unwrapPacket(wrapPacket([nack], other, false), unlabelled).refused, "it is not encrypted with our key");
  assert.equal(unwrapPacket(wrapPacket([nack], clear, false), unlabelled).refused, "it is not encrypted with our key");
  assert.equal(unwrapPacket(wrapPacket([nack], clear, false), labelled).refused, "it has no label");
  assert.equal(unwrapPacket(wrapPacket([nack], labelled, false), clear).refused, "it has another label");
  assert.equal(unwrapPacket(Uint8Array.of(0xf4, 4, 0x6c), keyed).refused, "its label is cut off");
  assert.deepEqual(new StreamReader(unlabelled, true).push(nack), { refused: "it is not encrypted" });
});

test("a label of 1 to 255 bytes goes before everything, and must be ours to the byte", () => {
  for (const length of [1, 2, 255]) {
    const wire: Wire = { keys: [key], label: new Uint8Array(length).fill(65), compress: true };
    const packet = wrapPacket([nack], wire, true);
    assert.deepEqual([packet[0], packet[1]], [0xf4, length]);
    assert.deepEqual(unwrapPacket(packet, wire).messages, [nackMessage]);
    assert.equal(packetOverhead(wire), 5 + 2 + length + 29);
    assert.ok(packet.length <= nack.length + packetOverhead(wire));
  }
  assert.deepEqual(labelHeader(none), none);
  assert.equal(unwrapPacket(Uint8Array.of(0xf4, 0, ...nack), clear).refused, "its label is empty");
});

test("a stream's label may come in pieces, and before anything else may come nothing", () => {
  const wire: Wire = { keys: [], label, compress: false };
  const bytes = encodeStream({ kind: "ack", seq: 7, payload: none }, wire, true);
  const reader = new StreamReader(wire, false);
  for (const byte of bytes.subarray(0, -1)) assert.equal(reader.push(Uint8Array.of(byte)), "more");
  assert.deepEqual(reader.push(bytes.subarray(-1)), { kind: "ack", seq: 7, payload: none });
  assert.deepEqual(new StreamReader(wire, false).push(bytes.subarray(6)), { refused: "it has no label" });
  assert.equal(new StreamReader(wire, false).push(none), "more");
  assert.deepEqual(new StreamReader(clear, false).push(bytes), { refused: "it has another label" });
});

test("pings and lists come through a stream in any coat, labelled and sealed or not", () => {
  const ping = { kind: "ping", seq: 9, node: "n1", replyTo: local, source: "n0" } as const;
  const list = { kind: "push-pull", join: true, states: [], userState: Uint8Array.of(1) } as const;
  for (const keys of [[], [key]]) {
    for (const tag of [none, label]) {
      for (const packed of [false, true]) {
        const wire: Wire = { keys, label: tag, compress: packed };
        for (const dialled of [true, false]) {
          for (const message of [ping, list]) {
            assert.deepEqual(new StreamReader(wire, !dialled).push(encodeStream(message, wire, dialled)), message);
          }
        }
      }
    }
  }
});

test("lengths near 2^32 are refused or waited for, never reserved", () => {
  const huge = Uint8Array.of(8, 0x81, 0xaa, ...new TextEncoder().encode("UserMsgLen"), 0xce, 0xff, 0xff, 0xff, 0xff);
  assert.ok("refused" in Object(new StreamReader(clear, true).push(huge)));
  const keyed = { ...clear, keys: [key] };
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
  assert.equal(new StreamReader(clear, true).push(bin), "more");
});

test("a list of more members than any group has, or with state above its ceiling, is refused", () => {
  const head = (nodes: number, user: number): Uint8Array => {
    const u32 = (value: number): number[] => [
      0xce,
      value >>> 24,
      (value >>> 16) & 255,
      (value >>> 8) & 255,
      value & 255,
    ];
    const text = (value: string): number[] => [0xa0 | value.length, ...new TextEncoder().encode(value)];
    return Uint8Array.of(6, 0x82, ...text("Nodes"), ...u32(nodes), ...text("UserStateLen"), ...u32(user));
  };
  const read = (nodes: number, user: number): unknown => new StreamReader(clear, true).push(head(nodes, user));
  assert.equal(read(WIRE_LIMITS.states, 5), "more");
  assert.ok("refused" in Object(read(WIRE_LIMITS.states + 1, 0)));
  assert.equal(read(0, WIRE_LIMITS.stream), "more");
  assert.ok("refused" in Object(read(0, WIRE_LIMITS.stream + 1)));
});

test("one odd member of a list is left out of it, and counted; the others are read", () => {
  const vsn = Uint8Array.of(1, 5, 2, 2, 5, 4);
  const good = { name: "n1", address: local, meta: none, incarnation: 1, state: "alive", vsn } as const;
  const last = { ...good, name: "n2" };
  for (const odd of [
    { ...good, name: "n".repeat(513) },
    { ...good, meta: new Uint8Array(4_097) },
    { ...good, address: { ...local, host: new Uint8Array(5) } },
    { ...good, vsn: new Uint8Array(17) },
  ]) {
    const message = { kind: "push-pull", join: true, states: [good, odd, last], userState: Uint8Array.of(7) } as const;
    for (const wire of [clear, { ...clear, compress: true, keys: [key] }]) {
      const reader = new StreamReader(wire, true);
      assert.deepEqual(reader.push(encodeStream(message, wire, false)), { ...message, states: [good, last] });
      assert.equal(reader.leftOut, 1);
    }
  }
  const list = { kind: "push-pull", join: true, states: [good, last], userState: none } as const;
  const notText = encodeStream(list, clear, false);
  notText.set(
    [0xff, 0xfe],
    notText.findIndex((byte, i) => byte === 0x6e && notText[i + 1] === 0x31),
  );
  assert.deepEqual(new StreamReader(clear, true).push(notText), { ...list, states: [last] });
});

test("a field of another kind, a name that is no text and half an address are refused, an array for bytes is not", () => {
  const key = (text: string): number[] => [0xa0 | text.length, ...new TextEncoder().encode(text)];
  const refused = (...body: number[]): boolean => "refused" in decodeMessage(Uint8Array.from(body));
  assert.ok(refused(11, 0x81, ...key("SeqNo"), 0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0), "1.5");
  assert.ok(refused(11, 0x81, ...key("SeqNo"), 0xff), "-1");
  assert.ok(refused(11, 0x81, ...key("SeqNo"), 0xcf, 0, 0, 0, 1, 0, 0, 0, 0), "2^32");
  assert.ok(refused(0, 0x81, ...key("Node"), 0xa1, 0xff), "no UTF-8");
  assert.ok(refused(4, 0x82, ...key("Node"), 0xa1, 0x61, ...key("Addr"), 0xa3, 1, 2, 3), "three bytes of address");
  assert.ok(!refused(2, 0x82, ...key("SeqNo"), 7, ...key("Payload"), 0x92, 1, 2));
  assert.ok(!refused(11, 0x82, ...key("SeqNo"), 7, ...key("Later"), 0xd4, 1, 2), "unknown keys are for newer members");
});
