import { randomBytes } from "node:crypto";
import { concat } from "./codec.ts";
import { gcmOpen, gcmSeal } from "./gcm.ts";

/*
 * version:u8 | nonce:12 | ciphertext | tag:16, AES-GCM with the key's 128, 192 or 256 bits (SWIM-WIRE §1.4).
 * Version 0 pads to 16 bytes first, at least by one; version 1, the usual one, does not.
 */
const NONCE = 12;
const TAG = 16;
const BLOCK = 16;
const SMALLEST = { 0: 1 + NONCE + BLOCK + TAG, 1: 1 + NONCE + TAG } as const;

/** Why what nobody here has the key for is refused. */
export const UNREADABLE = "it is not encrypted with our key";

/** Bytes that version 1 adds. */
export const SEAL_OVERHEAD = SMALLEST[1];

export interface SealOptions {
  /** Authenticated, but not in the result. */
  readonly aad: Uint8Array;
  readonly version?: 0 | 1;
  /** Only for tests: a nonce must never be used twice. */
  readonly nonce?: Uint8Array;
}

export function isKey(key: Uint8Array): boolean {
  return key.length === 16 || key.length === 24 || key.length === 32;
}

export function seal(key: Uint8Array, plain: Uint8Array, { aad, version = 1, nonce }: SealOptions): Uint8Array {
  const used = nonce ?? randomBytes(NONCE);
  const padding = BLOCK - (plain.length % BLOCK);
  const padded = version === 1 ? plain : concat([plain, new Uint8Array(padding).fill(padding)]);
  const { text, tag } = gcmSeal(key, used, padded, aad);
  return concat([Uint8Array.of(version), used, text, tag]);
}

/** What was sealed with any of the keys, or null. */
export function unseal(keys: readonly Uint8Array[], block: Uint8Array, aad: Uint8Array): Uint8Array | null {
  const version = block[0];
  if ((version !== 0 && version !== 1) || block.length < SMALLEST[version]) return null;
  const nonce = block.subarray(1, 1 + NONCE);
  const sealed = { text: block.subarray(1 + NONCE, block.length - TAG), tag: block.subarray(block.length - TAG) };
  for (const key of keys) {
    const plain = gcmOpen(key, nonce, sealed, aad);
    if (plain !== null) return version === 1 ? plain : unpad(plain);
  }
  return null;
}

/** The pad length is checked, though whoever made it had the key: Go crashes on a bad one (SWIM-WIRE §5.2). */
function unpad(plain: Uint8Array): Uint8Array | null {
  const padding = plain[plain.length - 1] ?? 0;
  if (padding < 1 || padding > BLOCK || padding > plain.length) return null;
  return plain.subarray(0, plain.length - padding);
}
