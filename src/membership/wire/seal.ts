import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { concat } from "./codec.ts";

/*
 * version:u8 | nonce:12 | ciphertext | tag:16, AES-GCM with the key's 128, 192 or 256 bits (SWIM-WIRE §1.4).
 * Version 0 pads to 16 bytes first, at least by one; version 1, the usual one, does not.
 */
const NONCE = 12;
const TAG = 16;
const BLOCK = 16;
const SMALLEST = { 0: 1 + NONCE + BLOCK + TAG, 1: 1 + NONCE + TAG } as const;

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
  const cipher = createCipheriv(algorithm(key), key, used);
  if (aad.length > 0) cipher.setAAD(aad);
  const padding = BLOCK - (plain.length % BLOCK);
  const padded = version === 1 ? plain : concat([plain, new Uint8Array(padding).fill(padding)]);
  const sealed = [cipher.update(padded), cipher.final(), cipher.getAuthTag()];
  return concat([Uint8Array.of(version), used, ...sealed]);
}

/** What was sealed with any of the keys, or null. */
export function unseal(keys: readonly Uint8Array[], block: Uint8Array, aad: Uint8Array): Uint8Array | null {
  const version = block[0];
  if ((version !== 0 && version !== 1) || block.length < SMALLEST[version]) return null;
  for (const key of keys) {
    const plain = tryKey(key, block, aad);
    if (plain !== null) return version === 1 ? plain : unpad(plain);
  }
  return null;
}

function tryKey(key: Uint8Array, block: Uint8Array, aad: Uint8Array): Uint8Array | null {
  try {
    const decipher = createDecipheriv(algorithm(key), key, block.subarray(1, 1 + NONCE));
    if (aad.length > 0) decipher.setAAD(aad);
    decipher.setAuthTag(block.subarray(block.length - TAG));
    const plain = decipher.update(block.subarray(1 + NONCE, block.length - TAG));
    return concat([plain, decipher.final()]);
  } catch {
    return null;
  }
}

/** The pad length is checked, though whoever made it had the key: Go crashes on a bad one (SWIM-WIRE §5.2). */
function unpad(plain: Uint8Array): Uint8Array | null {
  const padding = plain[plain.length - 1] ?? 0;
  if (padding < 1 || padding > BLOCK || padding > plain.length) return null;
  return plain.subarray(0, plain.length - padding);
}

function algorithm(key: Uint8Array): "aes-128-gcm" | "aes-192-gcm" | "aes-256-gcm" {
  return key.length === 16 ? "aes-128-gcm" : key.length === 24 ? "aes-192-gcm" : "aes-256-gcm";
}
