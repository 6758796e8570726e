import { createCipheriv, createDecipheriv, getCiphers, timingSafeEqual } from "node:crypto";

/*
 * AES-GCM as the runtime has it; where it has none for a key's length, as Deno for 192 bits, the same put together from
 * AES-CTR and GHASH (NIST SP 800-38D), slower, since few groups have such keys.
 */

const BLOCK = 16;
/** The reduction polynomial of GHASH, in its first byte. */
const REDUCTION = 0xe1000000;
const known = new Set(getCiphers());

export interface Sealed {
  readonly text: Uint8Array;
  /** 16 bytes. */
  readonly tag: Uint8Array;
}

/** `nonce`: 12 bytes. */
export function gcmSeal(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array, aad: Uint8Array): Sealed {
  const algorithm = algorithmOf(key);
  if (!known.has(algorithm)) {
    const text = counted(key, nonce, plain);
    return { text, tag: tagOf(key, nonce, text, aad) };
  }
  const cipher = createCipheriv(algorithm, key, nonce);
  if (aad.length > 0) cipher.setAAD(aad);
  const text = cipher.update(plain);
  cipher.final();
  return { text, tag: cipher.getAuthTag() };
}

/** What was sealed, or null where the tag does not fit. */
export function gcmOpen(key: Uint8Array, nonce: Uint8Array, { text, tag }: Sealed, aad: Uint8Array): Uint8Array | null {
  const algorithm = algorithmOf(key);
  if (!known.has(algorithm))
    return timingSafeEqual(tagOf(key, nonce, text, aad), tag) ? bare(counted(key, nonce, text)) : null;
  try {
    const decipher = createDecipheriv(algorithm, key, nonce);
    if (aad.length > 0) decipher.setAAD(aad);
    decipher.setAuthTag(tag);
    const plain = decipher.update(text);
    decipher.final();
    return bare(plain);
  } catch {
    return null;
  }
}

function algorithmOf({ length }: Uint8Array): "aes-128-gcm" | "aes-192-gcm" | "aes-256-gcm" {
  return length === 16 ? "aes-128-gcm" : length === 24 ? "aes-192-gcm" : "aes-256-gcm";
}

/** The same bytes without what a Buffer adds, which would make two messages differ that are equal. */
function bare({ buffer, byteOffset, length }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}

/** Plain to sealed text, and back. */
function counted(key: Uint8Array, nonce: Uint8Array, text: Uint8Array): Uint8Array {
  return createCipheriv(`aes-${key.length * 8}-ctr`, key, counter(nonce, 2)).update(text);
}

function counter(nonce: Uint8Array, count: number): Uint8Array {
  const block = new Uint8Array(BLOCK);
  block.set(nonce);
  block[BLOCK - 1] = count;
  return block;
}

function tagOf(key: Uint8Array, nonce: Uint8Array, text: Uint8Array, aad: Uint8Array): Uint8Array {
  const zero = new Uint8Array(BLOCK);
  // The first block that a counter of zero gives is the hash's key; that of a counter of one hides the tag.
  const hashKey = createCipheriv(`aes-${key.length * 8}-ctr`, key, zero).update(zero);
  const hidden = createCipheriv(`aes-${key.length * 8}-ctr`, key, counter(nonce, 1)).update(zero);
  const sizes = new Uint8Array(BLOCK);
  const view = new DataView(sizes.buffer);
  view.setBigUint64(0, BigInt(aad.length) * 8n);
  view.setBigUint64(8, BigInt(text.length) * 8n);
  return ghash(hashKey, [aad, text, sizes]).map((byte, i) => byte ^ (hidden[i] ?? 0));
}

/** GHASH of these, each filled up with zeros to whole blocks. */
function ghash(key: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
  const factor = new DataView(key.buffer, key.byteOffset);
  const [h0, h1, h2, h3] = [factor.getInt32(0), factor.getInt32(4), factor.getInt32(8), factor.getInt32(12)];
  const sum = new Uint8Array(BLOCK);
  const view = new DataView(sum.buffer);
  for (const part of parts) {
    for (let at = 0; at < part.length; at += BLOCK) {
      for (let i = 0; i < BLOCK; i++) sum[i] = (sum[i] ?? 0) ^ (part[at + i] ?? 0);
      let [v0, v1, v2, v3] = [h0, h1, h2, h3];
      let [z0, z1, z2, z3] = [0, 0, 0, 0];
      for (let bit = 0; bit < 128; bit++) {
        if (((sum[bit >> 3] ?? 0) << (bit & 7)) & 0x80) {
          z0 ^= v0;
          z1 ^= v1;
          z2 ^= v2;
          z3 ^= v3;
        }
        const carry = v3 & 1;
        v3 = (v3 >>> 1) | (v2 << 31);
        v2 = (v2 >>> 1) | (v1 << 31);
        v1 = (v1 >>> 1) | (v0 << 31);
        v0 = (v0 >>> 1) ^ (carry === 1 ? REDUCTION : 0);
      }
      view.setInt32(0, z0);
      view.setInt32(4, z1);
      view.setInt32(8, z2);
      view.setInt32(12, z3);
    }
  }
  return sum;
}
