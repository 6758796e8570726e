import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { decodeEntries, encodeChange, joinChanges } from "../../src/catalog/entries.ts";
import { decodeHeader, encodeHeader, frames, readFrames } from "../../src/catalog/exchange/wire.ts";
import { decodeNotes } from "../../src/catalog/notes.ts";
import { decodeSegment, signedBytes, Verifier } from "../../src/catalog/segments.ts";
import { toHex } from "../../src/shared/hex.ts";
import { EPOCH, sealed } from "./forge.ts";
import { file, folder, gone, newIdentity, ROOT, SHARE, share } from "./support.ts";

test("changes come back from their entries as they went in, but for what stays on this machine", () => {
  const changes = [
    share("Mü"),
    folder("a", -1),
    file("a/b", 2 ** 40, ROOT),
    file("empty", 0),
    gone("c"),
    { kind: "unshare", share: SHARE } as const,
  ];
  const decoded = decodeEntries(joinChanges(changes.map(encodeChange)));
  assert.ok(!("refused" in decoded));
  const expected = changes.map((change) => {
    if (change.kind !== "file") return change;
    const { stat: _, ...rest } = change;
    return rest;
  });
  assert.deepEqual(decoded, { changes: expected, malformed: 0 });
});

test("the bytes of an entry are what they were in the first release", () => {
  const hex = toHex(encodeChange(file("é", 300, ROOT, 1_700_000_000_123)));
  const expected = `86a16ba166a16dcf0000018bcfe5687ba170a2c3a9a172c420${ROOT}a173c408${SHARE}a17acd012c`;
  assert.equal(hex, expected);
});

test("what is signed is the context, member, epoch, numbers and sum, in fixed widths", () => {
  const bytes = signedBytes("ab".repeat(32), EPOCH, { from: 1, to: 258, sha256: new Uint8Array(32).fill(7) });
  const expected = `${toHex(new TextEncoder().encode("groupshare catalog 1"))}${"ab".repeat(32)}${EPOCH}`;
  assert.equal(toHex(bytes), `${expected}${"00".repeat(7)}01${"00".repeat(6)}0102${"07".repeat(32)}`);
});

test("a segment is a map with sorted keys that only its member's key proves", async () => {
  const identity = newIdentity();
  const bytes = await sealed(identity, 5, [share(), folder("x")]);
  assert.deepEqual(Object.keys(decode(bytes) as object), ["entries", "from", "sha256", "sig", "to"]);
  const segment = decodeSegment(bytes);
  assert.ok(!("refused" in segment));
  assert.deepEqual([segment.from, segment.to], [5, 6]);
  const verifier = await Verifier.of(identity.id, identity.publicKey);
  assert.equal(await verifier?.proves(EPOCH, segment), true);
  assert.equal(await verifier?.proves("f".repeat(16), segment), false);
  assert.equal(await verifier?.proves(EPOCH, { ...segment, to: 7 }), false);
  assert.equal(await Verifier.of(identity.id, newIdentity().publicKey), null);
});

test("no bytes make a decoder throw", async () => {
  const seed = await sealed(newIdentity(), 1, [share(), file("a", 3, ROOT)]);
  const entries = joinChanges([share(), file("a", 3, ROOT)].map(encodeChange));
  const header = encodeHeader({
    format: 1,
    member: "m",
    epoch: EPOCH,
    floor: 0,
    from: 1,
    to: 2,
    key: new Uint8Array(91),
  });
  const mutated = (bytes: Uint8Array) =>
    fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 4 }).map((edits) => {
      const copy = bytes.slice();
      for (const [at, byte] of edits) copy[at] = byte;
      return copy;
    });
  const any = fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated(seed), mutated(entries), mutated(header));
  const property = fc.property(any, (bytes) => {
    for (const decoder of [decodeSegment, decodeEntries, decodeHeader, decodeNotes])
      assert.equal(typeof decoder(bytes), "object");
  });
  fc.assert(property, { numRuns: 2_000 });
  assert.ok("refused" in decodeEntries(encode({ __proto__x: 1 })));
});

test("frames come out whole, wherever the network cuts them", async () => {
  const payloads = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 8 });
  const property = fc.asyncProperty(
    payloads,
    fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
    async (sent, cuts) => {
      const bytes = frames(sent);
      const pieces = async function* (): AsyncGenerator<Uint8Array> {
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const end = at + (cuts[i % cuts.length] ?? 1);
          yield bytes.subarray(at, end);
          at = end;
        }
      };
      const received: Uint8Array[] = [];
      for await (const batch of readFrames(pieces())) received.push(...batch);
      assert.deepEqual(received, sent);
    },
  );
  await fc.assert(property);
});

test("a frame that announces more than a segment may be, or is cut, is an error", async () => {
  const read = async (bytes: number[]): Promise<void> => {
    for await (const _ of readFrames(
      (async function* () {
        yield new Uint8Array(bytes);
      })(),
    ));
  };
  await assert.rejects(read([0xff, 0xff, 0xff, 0xff, 0]), /longer than 1 MiB/);
  await assert.rejects(read([0, 0, 0, 9, 1]), /cut off/);
  await assert.rejects(read([0, 0]), /cut off/);
});
