import assert from "node:assert/strict";
import { test } from "node:test";
import type { PacketMessage, StreamMessage } from "../../src/membership/core/message.ts";
import { decodeMessage, encodeMessage, encodeStreamMessage } from "../../src/membership/wire/codec.ts";
import { labelHeader, type Wire } from "../../src/membership/wire/layers.ts";
import { compress, decompress } from "../../src/membership/wire/lzw.ts";
import { compound, unwrapPacket, wrapPacket } from "../../src/membership/wire/packet.ts";
import { seal, unseal } from "../../src/membership/wire/seal.ts";
import { encodeStream, frame, StreamReader } from "../../src/membership/wire/stream.ts";
import { Fields } from "../../src/membership/wire/value.ts";
import { fromHex, toHex } from "../../src/shared/hex.ts";

const hex = (text: string): Uint8Array => fromHex(text) ?? assert.fail(`not hex: ${text}`);
const utf8 = new TextEncoder();
const local = { host: Uint8Array.of(127, 0, 0, 1), port: 7_946 };
const vsn = Uint8Array.of(1, 5, 2, 0, 0, 0);
const empty = new Uint8Array();
const clear: Wire = { keys: [], label: empty, compress: false };

/** SWIM-WIRE §2.4: what real Go members write, type byte first. */
const messages: [string, PacketMessage][] = [
  [
    "0085a44e6f6465a26e31a55365714e6f07aa536f7572636541646472a47f000001aa536f757263654e6f6465a26e30aa536f75726365506f7274cd1f0a",
    { kind: "ping", seq: 7, node: "n1", replyTo: local, source: "n0" },
  ],
  ["0082a44e6f6465a26e31a55365714e6f07", { kind: "ping", seq: 7, node: "n1", replyTo: null, source: "" }],
  [
    "0188a44e61636bc3a44e6f6465a26e32a4506f7274cd1f0aa55365714e6f07aa536f7572636541646472a47f000001aa536f757263654e6f6465a26e30aa536f75726365506f7274cd1f0aa6546172676574a47f000001",
    { kind: "indirect-ping", seq: 7, target: local, node: "n2", nack: true, replyTo: local, source: "n0" },
  ],
  ["0282a75061796c6f6164c0a55365714e6f07", { kind: "ack", seq: 7, payload: empty }],
  ["0b81a55365714e6fce00011170", { kind: "nack", seq: 70_000 }],
  [
    "0383a446726f6da26e30ab496e6361726e6174696f6e01a44e6f6465a26e31",
    { kind: "suspect", incarnation: 1, node: "n1", from: "n0" },
  ],
  [
    "0583a446726f6da26e30ab496e6361726e6174696f6e01a44e6f6465a26e31",
    { kind: "dead", incarnation: 1, node: "n1", from: "n0" },
  ],
  [
    "0486a441646472a47f000001ab496e6361726e6174696f6e01a44d657461c0a44e6f6465a26e31a4506f7274cd1f0aa356736ea6010502000000",
    { kind: "alive", incarnation: 1, node: "n1", address: local, meta: empty, vsn },
  ],
];

for (const [bytes, message] of messages) {
  test(`${message.kind} ${bytes.slice(0, 12)}… is written as Go writes it, and read back`, () => {
    assert.equal(toHex(encodeMessage(message)), bytes);
    assert.deepEqual(decodeMessage(hex(bytes)), message);
    assert.deepEqual(decodeMessage(hex(`${bytes}ffff`)), message, "bytes after the map are ignored");
  });
}

test("an ack with an empty payload is an ack without one", () => {
  const read = decodeMessage(hex("0282a75061796c6f6164a0a55365714e6f07"));
  assert.deepEqual(read, { kind: "ack", seq: 7, payload: empty });
});

const state = { name: "n1", address: local, meta: empty, incarnation: 1, state: "left", vsn } as const;
const stateBytes =
  "87a441646472a47f000001ab496e6361726e6174696f6e01a44d657461c0a44e616d65a26e31a4506f7274cd1f0aa5537461746503a356736ea6010502000000";

test("a push/pull is written as Go 0.5 writes it", () => {
  const states = [state, state, state];
  const message: StreamMessage = { kind: "push-pull", join: true, states, userState: new Uint8Array(589) };
  const head = "0683a44a6f696ec3a54e6f64657303ac5573657253746174654c656ecd024d";
  assert.equal(toHex(encodeStreamMessage(message)), head + stateBytes.repeat(3) + "00".repeat(589));
});

for (const [codec, head] of [
  ["v0.5", "0683a44a6f696ec3a54e6f64657303ac5573657253746174654c656ecd024d"],
  ["v2", "0683a44a6f696ec3a54e6f64657303ac5573657253746174654c656ed1024d"],
] as const) {
  test(`a push/pull with ${codec} numbers is read, whatever pieces it comes in`, () => {
    const bytes = hex(head + stateBytes.repeat(3) + "07".repeat(589));
    const expected = { kind: "push-pull", join: true, states: [state, state, state] };
    for (const size of [1, 7, 100, bytes.length]) {
      const reader = new StreamReader(clear, true);
      for (let at = 0; at < bytes.length; at += size) {
        const read = reader.push(bytes.subarray(at, at + size));
        if (at + size < bytes.length) assert.equal(read, "more");
        else assert.deepEqual(read, { ...expected, userState: new Uint8Array(589).fill(7) });
      }
    }
  });
}

test("a header of 40 000 members and 70 000 bytes in Go v2 numbers is read, and is more than a list may have", () => {
  const header = hex("0683a44a6f696ec2a54e6f646573d200009c40ac5573657253746174654c656ed200011170");
  const fields = Fields.of(header.subarray(1), 100);
  assert.ok(fields !== null);
  const read = [fields.flag("Join"), fields.uint("Nodes", 2 ** 32), fields.uint("UserStateLen", 2 ** 32)];
  assert.deepEqual([...read, fields.fits], [false, 40_000, 70_000, true]);
  assert.ok("refused" in Object(new StreamReader(clear, true).push(header)));
});

test("a list of 3 members and 70 000 bytes of state in Go v2 numbers is read whole", () => {
  const head = "0683a44a6f696ec2a54e6f646573d200000003ac5573657253746174654c656ed200011170";
  const reader = new StreamReader(clear, true);
  assert.equal(reader.push(hex(head + stateBytes.repeat(3))), "more");
  assert.equal(reader.push(new Uint8Array(69_999).fill(9)), "more");
  const expected = { kind: "push-pull", join: false, states: [state, state, state] };
  assert.deepEqual(reader.push(Uint8Array.of(9)), { ...expected, userState: new Uint8Array(70_000).fill(9) });
});

test("a user message on a stream is read in both number styles, an error too", () => {
  for (const header of ["0881aa557365724d73674c656eccc8", "0881aa557365724d73674c656ed100c8"]) {
    const read = new StreamReader(clear, true).push(hex(header + "ab".repeat(200)));
    assert.deepEqual(read, { kind: "user", bytes: new Uint8Array(200).fill(0xab) });
  }
  const boom = "0d81a54572726f72a4626f6f6d";
  assert.deepEqual(new StreamReader(clear, true).push(hex(boom)), { kind: "failure", text: "boom" });
  assert.equal(toHex(encodeStreamMessage({ kind: "failure", text: "boom" })), boom);
  const user = encodeStreamMessage({ kind: "user", bytes: new Uint8Array(200) });
  assert.equal(toHex(user.subarray(0, 15)), "0881aa557365724d73674c656eccc8");
});

test("LZW gives Go's bytes, and takes them back", () => {
  for (const [text, bytes] of [
    ["", "000302"],
    ["A", "00830404"],
    ["AB", "0083080908"],
    ["AAAA", "0083080c1210"],
    ["TOBEORNOTTOBEORTOBEORNOT", "00a93c1152e48914274fa80824687061c183090302"],
  ] as const) {
    assert.equal(toHex(compress(utf8.encode(text))), bytes);
    assert.deepEqual(decompress(hex(bytes), 1_000), utf8.encode(text));
  }
});

/** SWIM-WIRE §1.9. */
const key = hex("000102030405060708090a0b0c0d0e0f");
const nonce = hex("101112131415161718191a1b");
const nack7 = "0b81a55365714e6f07";
const lab1 = utf8.encode("lab1");
const nackMessage = { kind: "nack", seq: 7 } as const;

test("the layers of a packet give the bytes computed for them", () => {
  const nack = hex(nack7);
  assert.equal(toHex(wrapPacket([nack], clear, true)), "0ce010f4620b81a55365714e6f07");
  const two = "0702000900090b81a55365714e6f070b81a55365714e6f07";
  assert.equal(toHex(compound([nack, nack])), two);
  assert.deepEqual(unwrapPacket(hex(two), clear), { messages: [nackMessage, nackMessage], refused: null });
  assert.deepEqual(unwrapPacket(hex("0ce010f4620b81a55365714e6f07"), clear).messages, [nackMessage]);
  assert.equal(unwrapPacket(hex("0ce010f4630b81a55365714e6f07"), clear).refused, "its checksum is wrong");
});

for (const [what, version, aad, sealed] of [
  ["v1, no label", 1, empty, "01101112131415161718191a1bcfafa6fc6a3ef88010d2ae89382c48feda409d5506f02284dc"],
  ["v1, label", 1, lab1, "01101112131415161718191a1bcfafa6fc6a3ef88010ea64ef2412ee4e2658dddf6f750b836c"],
  [
    "v0, no label",
    0,
    empty,
    "00101112131415161718191a1bcfafa6fc6a3ef88010da5af2c020ec39e73d9cf057826f115520aec0d6a74dc7",
  ],
] as const) {
  test(`encryption ${what} gives the bytes computed for it, and opens them`, () => {
    assert.equal(toHex(seal(key, hex(nack7), { aad, version, nonce })), sealed);
    assert.equal(toHex(unseal([new Uint8Array(16), key], hex(sealed), aad) ?? empty), nack7);
    assert.equal(unseal([new Uint8Array(16)], hex(sealed), aad), null);
    const header = aad.length === 0 ? "" : "f4046c616231";
    const wire: Wire = { keys: [key], label: aad, compress: false };
    assert.deepEqual(unwrapPacket(hex(header + sealed), wire).messages, [nackMessage]);
  });
}

test("the encrypted frame of a stream has its head, and the label, under the seal", () => {
  const plain = "0a0000002601101112131415161718191a1bcfafa6fc6a3ef880103d90250418c01a0a9a9c86e7d0f26f21";
  const labelled = "f4046c6162310a0000002601101112131415161718191a1bcfafa6fc6a3ef88010811c31bfabac90c99976328ff5b940ca";
  assert.equal(toHex(frame(key, hex(nack7), empty, nonce)), plain);
  assert.equal(toHex(labelHeader(lab1)) + toHex(frame(key, hex(nack7), lab1, nonce)), labelled);
});

test("the encrypted frames of §1.9 are opened, by who knows the label: what is in them is no message for a stream", () => {
  const plain = "0a0000002601101112131415161718191a1bcfafa6fc6a3ef880103d90250418c01a0a9a9c86e7d0f26f21";
  const labelled = "f4046c6162310a0000002601101112131415161718191a1bcfafa6fc6a3ef88010811c31bfabac90c99976328ff5b940ca";
  // A nack goes by datagram; that its type is told shows that the frame was opened.
  const opened = { refused: "a stream cannot hold a message of type 11" };
  const wire: Wire = { keys: [new Uint8Array(16), key], label: empty, compress: false };
  for (const [bytes, label, dialled] of [
    [plain, empty, true],
    [plain, empty, false],
    [labelled, lab1, false],
    [labelled.slice(12), lab1, true],
  ] as const) {
    const whole = hex(bytes);
    const reader = new StreamReader({ ...wire, label }, dialled);
    for (const byte of whole.subarray(0, -1)) assert.equal(reader.push(Uint8Array.of(byte)), "more");
    assert.deepEqual(reader.push(whole.subarray(-1)), opened);
  }
  const foreign = { refused: "it is not encrypted with our key" };
  assert.deepEqual(new StreamReader({ ...wire, label: lab1 }, true).push(hex(plain)), foreign);
  assert.deepEqual(new StreamReader({ ...wire, keys: [new Uint8Array(16)] }, true).push(hex(plain)), foreign);
});

test("only who dialled says the label on a stream", () => {
  const wire: Wire = { keys: [key], label: lab1, compress: true };
  const ping = { kind: "ping", seq: 9, node: "n1", replyTo: local, source: "n0" } as const;
  const dialled = encodeStream(ping, wire, true);
  const reply = encodeStream(ping, wire, false);
  assert.equal(toHex(dialled.subarray(0, 6)), "f4046c616231");
  assert.equal(reply[0], 0x0a);
  assert.deepEqual(new StreamReader(wire, false).push(dialled), ping);
  assert.deepEqual(new StreamReader(wire, true).push(reply), ping);
  assert.deepEqual(new StreamReader(wire, false).push(reply), { refused: "it has no label" });
});
