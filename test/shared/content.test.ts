import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { BLOCK, ContentHasher, pieceLength, rootOfLayer } from "../../src/shared/content.ts";
import { zerosAndOne } from "./zeros.ts";

const sha256 = (...parts: Uint8Array[]): Buffer => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** The pieces root straight from the text of BEP 52: all leaves, padded with zeros to a power of two, folded level by level. */
function rootByTheBook(bytes: Uint8Array): string {
  let nodes: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += BLOCK) nodes.push(sha256(bytes.subarray(at, at + BLOCK)));
  while (Math.log2(nodes.length) % 1 !== 0) nodes.push(Buffer.alloc(32));
  while (nodes.length > 1) {
    nodes = nodes.flatMap((node, index) => (index % 2 === 0 ? [sha256(node, nodes[index + 1] as Buffer)] : []));
  }
  return (nodes[0] as Buffer).toString("hex");
}

function bytesOf(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => (index * 31 + (index >> 8)) & 255);
}

function digestOf(bytes: Uint8Array, cut = bytes.length) {
  const hasher = new ContentHasher(bytes.length);
  for (let at = 0; at < bytes.length; at += Math.max(cut, 1)) hasher.update(bytes.subarray(at, at + cut));
  return hasher.digest();
}

test("an empty file has no content", () => {
  assert.equal(new ContentHasher(0).digest(), null);
});

const PIECE = pieceLength(1);
for (const size of [1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * BLOCK, PIECE - 1, PIECE, PIECE + 1, 5 * PIECE + 7]) {
  test(`the root of ${size} bytes is BEP 52's pieces root`, () => {
    const bytes = bytesOf(size);
    const digest = digestOf(bytes);
    assert.equal(digest?.root, rootByTheBook(bytes));
    assert.equal(digest?.layer === null, size <= PIECE, "a file of one piece has no layer");
    if (digest?.layer) {
      assert.equal(digest.layer.length, 32 * Math.ceil(size / PIECE));
      assert.equal(rootOfLayer(digest.layer, size), digest.root);
    }
  });
}

test("the root and the piece layer of gigabytes of zeros and one byte more are those that the tree's rule gives", () => {
  const small = 2 ** 24;
  const { root, layer } = zerosAndOne(small, pieceLength(small + 1));
  assert.equal(root, rootByTheBook(new Uint8Array(small + 1)));
  assert.deepEqual(digestOf(new Uint8Array(small + 1), 1 << 20), { root, layer, size: small + 1 });
  for (const size of [2 ** 29, 2 ** 32, 2 ** 35]) {
    const large = zerosAndOne(size, pieceLength(size + 1));
    assert.equal(large.layer.length, 32 * (size / pieceLength(size + 1) + 1));
    assert.equal(rootOfLayer(large.layer, size + 1), large.root, `${size} bytes and one`);
  }
});

test("a file made of two leaf hashes has the root of the file that they belong to, and another content: its size tells", () => {
  const whole = bytesOf(2 * BLOCK);
  const leaves = Buffer.concat([sha256(whole.subarray(0, BLOCK)), sha256(whole.subarray(BLOCK))]);
  assert.equal(leaves.length, 64);
  const [one, other] = [digestOf(whole), digestOf(leaves)];
  assert.equal(one?.root, other?.root);
  assert.deepEqual([one?.size, other?.size], [2 * BLOCK, 64]);
});

test("how the bytes are cut on their way changes nothing", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 600_000 }), fc.integer({ min: 1, max: 100_000 }), (size, cut) => {
      const bytes = bytesOf(size);
      assert.deepEqual(digestOf(bytes, cut), digestOf(bytes));
    }),
    { numRuns: 40 },
  );
});

test("a piece is at least 256 KiB, at most 16 MiB, and a file has at most 2 048 of them between", () => {
  const KiB = 1024;
  const GiB = KiB ** 3;
  assert.equal(pieceLength(1), 256 * KiB);
  assert.equal(pieceLength(512 * KiB * KiB), 256 * KiB);
  assert.equal(pieceLength(512 * KiB * KiB + 1), 512 * KiB);
  assert.equal(pieceLength(32 * GiB), 16 * KiB * KiB);
  assert.equal(pieceLength(1000 * GiB), 16 * KiB * KiB);
});
