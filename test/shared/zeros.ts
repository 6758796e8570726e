import { createHash } from "node:crypto";

const BLOCK = 16 * 1024;

const sha256 = (...parts: Uint8Array[]): Buffer => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/**
 * Pieces root and piece layer of `zeros` bytes of zero, a power of two, and one more: by the rule of BEP 52 alone. Equal
 * subtrees have equal roots, so that each height costs three hashes, however large the file. `piece`: bytes of a piece.
 */
export function zerosAndOne(zeros: number, piece: number): { root: string; layer: Buffer } {
  let full = sha256(new Uint8Array(BLOCK));
  let padding: Buffer = Buffer.alloc(32);
  let last = sha256(new Uint8Array(1));
  let layer: Buffer = Buffer.alloc(0);
  for (let size = BLOCK; ; size *= 2) {
    if (size === piece) layer = Buffer.concat([...Array.from({ length: zeros / piece }, () => full), last]);
    if (size === zeros) return { root: sha256(full, last).toString("hex"), layer };
    full = sha256(full, full);
    last = sha256(last, padding);
    padding = sha256(padding, padding);
  }
}
