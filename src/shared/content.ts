import { hash } from "node:crypto";
import { toHex } from "./hex.ts";

/** Bytes of a leaf of the tree (BEP 52 "block"). */
export const BLOCK = 16 * 1024;
const MIN_PIECE = 256 * 1024;
const MAX_PIECE = 16 * 1024 * 1024;
const MAX_PIECES = 2_048;

const sha256 = (bytes: Uint8Array): Uint8Array => hash("sha256", bytes, "buffer");
const joined = Buffer.allocUnsafe(64);
function parent(left: Uint8Array, right: Uint8Array): Uint8Array {
  joined.set(left, 0);
  joined.set(right, 32);
  return sha256(joined);
}

const zeros: Uint8Array[] = [new Uint8Array(32)];
/** Root of a subtree of the given height whose leaves are all zero: what stands for blocks past the end of a file. */
function zeroSubtree(height: number): Uint8Array {
  for (let h = zeros.length; h <= height; h++)
    zeros.push(parent(zeros[h - 1] as Uint8Array, zeros[h - 1] as Uint8Array));
  return zeros[height] as Uint8Array;
}

/** Bytes of a piece, the transfer unit: the smallest power of two from 256 KiB to 16 MiB that gives at most 2 048 pieces. */
export function pieceLength(size: number): number {
  let length = MIN_PIECE;
  while (length < MAX_PIECE && size / length > MAX_PIECES) length *= 2;
  return length;
}

/** What hashing found: a file's pieces root as hex, its piece layer (32 bytes a piece) where it has more than one piece. */
export interface Digest {
  readonly root: string;
  readonly layer: Uint8Array | null;
  /** Bytes hashed. */
  readonly size: number;
}

/**
 * Computes a BEP 52 pieces root while a file's bytes pass, in memory that grows only with its piece layer.
 * Subtrees are folded as soon as they are full, like the carries of a binary counter.
 */
export class ContentHasher {
  readonly #pieceHeight: number;
  readonly #expected: number;
  /** The bytes of a block that is not full yet: no longer than they can become, as most files are small. */
  #partial: Uint8Array = new Uint8Array(0);
  #filled = 0;
  #size = 0;
  #pending: { height: number; node: Uint8Array }[] = [];
  #layer: Uint8Array[] = [];

  /** `size`: the file's size in bytes, which decides the height of its piece layer. */
  constructor(size: number) {
    this.#expected = size;
    this.#pieceHeight = Math.log2(pieceLength(size) / BLOCK);
  }

  update(bytes: Uint8Array): void {
    this.#size += bytes.length;
    let at = 0;
    if (this.#filled > 0) {
      at = Math.min(BLOCK - this.#filled, bytes.length);
      this.#hold(bytes.subarray(0, at));
      if (this.#filled < BLOCK) return;
      this.#push(sha256(this.#partial));
      this.#filled = 0;
    }
    for (; at + BLOCK <= bytes.length; at += BLOCK) this.#push(sha256(bytes.subarray(at, at + BLOCK)));
    this.#hold(bytes.subarray(at));
  }

  #hold(bytes: Uint8Array): void {
    const filled = this.#filled + bytes.length;
    if (filled > this.#partial.length) {
      const larger = Buffer.allocUnsafe(filled > this.#expected ? BLOCK : Math.min(BLOCK, this.#expected));
      larger.set(this.#partial.subarray(0, this.#filled));
      this.#partial = larger;
    }
    this.#partial.set(bytes, this.#filled);
    this.#filled = filled;
  }

  /** Ends the hashing; null for no bytes at all, which have no content. */
  digest(): Digest | null {
    if (this.#size === 0) return null;
    if (this.#filled > 0) this.#push(sha256(this.#partial.subarray(0, this.#filled)));
    this.#filled = 0;
    const multiple = this.#size > pieceLength(this.#expected);
    while (multiple && this.#lowest() < this.#pieceHeight) this.#pad();
    const layer = multiple ? Buffer.concat(this.#layer) : null;
    while (this.#pending.length > 1) this.#pad();
    return { root: toHex((this.#pending[0] as { node: Uint8Array }).node), layer, size: this.#size };
  }

  #lowest(): number {
    return this.#pending.at(-1)?.height ?? Number.POSITIVE_INFINITY;
  }

  #pad(): void {
    const height = this.#lowest();
    this.#push(zeroSubtree(height), height);
  }

  #push(leaf: Uint8Array, at = 0): void {
    let node = leaf;
    let height = at;
    if (height === this.#pieceHeight) this.#keep(node);
    while (this.#lowest() === height) {
      node = parent((this.#pending.pop() as { node: Uint8Array }).node, node);
      height += 1;
      if (height === this.#pieceHeight) this.#keep(node);
    }
    this.#pending.push({ height, node });
  }

  #keep(node: Uint8Array): void {
    if (this.#layer.length < Math.ceil(this.#size / (BLOCK * 2 ** this.#pieceHeight))) this.#layer.push(node);
  }
}

/** The root that a piece layer leads to: what proves a layer that came from another member. */
export function rootOfLayer(layer: Uint8Array, size: number): string {
  let height = Math.log2(pieceLength(size) / BLOCK);
  let nodes: Uint8Array[] = [];
  for (let at = 0; at < layer.length; at += 32) nodes.push(layer.subarray(at, at + 32));
  while (nodes.length > 1) {
    if (nodes.length % 2 === 1) nodes.push(zeroSubtree(height));
    const above: Uint8Array[] = [];
    for (let i = 0; i < nodes.length; i += 2) above.push(parent(nodes[i] as Uint8Array, nodes[i + 1] as Uint8Array));
    nodes = above;
    height += 1;
  }
  return toHex(nodes[0] ?? zeroSubtree(height));
}
