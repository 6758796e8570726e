import { hash, webcrypto } from "node:crypto";
import { decode, Encoder } from "@msgpack/msgpack";
import { fromHex, toHex } from "../shared/hex.ts";
import { LIMITS } from "../shared/limits.ts";
import { isWholeValue } from "./core/shape.ts";

/**
 * A run of one member's changes, numbered `from` to `to`, signed by it: what is stored, sent and relayed, byte for byte.
 * On the wire a msgpack map with sorted keys, at most LIMITS.segment bytes:
 * `{entries: bin, from: int, sha256: bin 32, sig: bin 64, to: int}`, an entry for each number. The map itself is not signed:
 * there is one form of it, and keys are only added within entries.
 */
export interface Segment {
  readonly from: number;
  readonly to: number;
  readonly entries: Uint8Array;
  /** SHA-256 of `entries`. */
  readonly sha256: Uint8Array;
  /** ECDSA P-256 with SHA-256 over `signedBytes`, r and s of 32 bytes each (IEEE P1363). */
  readonly sig: Uint8Array;
}

/** What is left for entries in a segment: the envelope takes under 200 bytes. */
export const MAX_ENTRIES_BYTES = LIMITS.segment - 256;
/** Changes in one segment, so that its private notes fit a journal frame too. */
export const MAX_SEGMENT_CHANGES = 10_000;

/** Bytes of each entry of a segment, taken all together: the longest path, and as much again for what may be added. */
const MAX_ENTRY_BYTES = 2 * LIMITS.path;

const encoder = new Encoder();
/** Keys in the order of the wire; to let the encoder sort them costs more than all else. */
const inOrder = ({ entries, from, sha256, sig, to }: Segment): Segment => ({ entries, from, sha256, sig, to });

const CONTEXT = new TextEncoder().encode("groupshare catalog 1");

/** "groupshare catalog 1", member id (32 bytes), epoch (8), from and to (unsigned, 8, big-endian), SHA-256 of the entries (32). */
export function signedBytes(
  member: string,
  epoch: string,
  segment: Pick<Segment, "from" | "to" | "sha256">,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(CONTEXT.length + 88);
  const view = new DataView(bytes.buffer, CONTEXT.length);
  bytes.set(CONTEXT);
  bytes.set(fromHex(member, 32) ?? [], CONTEXT.length);
  bytes.set(fromHex(epoch, 8) ?? [], CONTEXT.length + 32);
  view.setBigUint64(40, BigInt(segment.from));
  view.setBigUint64(48, BigInt(segment.to));
  bytes.set(segment.sha256, CONTEXT.length + 56);
  return bytes;
}

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(hash("sha256", bytes, "buffer"));

/** Signs entries as the segment `from`..`to` of a list. */
export async function makeSegment(
  list: { member: string; epoch: string; sign(bytes: Uint8Array): Promise<Uint8Array> },
  from: number,
  to: number,
  entries: Uint8Array,
): Promise<Uint8Array> {
  const digest = sha256(entries);
  const sig = await list.sign(signedBytes(list.member, list.epoch, { from, to, sha256: digest }));
  return encoder.encode(inOrder({ entries, from, sha256: digest, sig, to }));
}

/**
 * Reads a segment's envelope and proves that its entries are whole; its signature is `Verifier`'s to check. Total.
 * Whatever the signature does not cover is as `makeSegment` writes it: others keep and hand on every byte.
 */
export function decodeSegment(bytes: Uint8Array): Segment | { refused: string } {
  if (bytes.length > LIMITS.segment) return { refused: "a segment is longer than 1 MiB" };
  if (!isWholeValue(bytes, 4)) return { refused: "a segment is not one whole value" };
  let value: unknown;
  try {
    value = decode(bytes, { maxMapLength: 32, maxArrayLength: 64 });
  } catch {
    return { refused: "a segment is not msgpack" };
  }
  if (typeof value !== "object" || value === null) return { refused: "a segment is no map" };
  const { entries, from, to, sha256: digest, sig } = value as Record<string, unknown>;
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to)) return { refused: "a segment has no numbers" };
  if (typeof from !== "number" || typeof to !== "number" || from < 1 || to < from) {
    return { refused: "a segment's numbers are out of range" };
  }
  if (!(entries instanceof Uint8Array) || !(digest instanceof Uint8Array) || !(sig instanceof Uint8Array)) {
    return { refused: "a segment lacks a field" };
  }
  if (sig.length !== 64) return { refused: "a segment's signature has a wrong length" };
  const count = to - from + 1;
  // The array's head takes a byte, and each entry at least one.
  if (entries.length <= count) return { refused: "a segment has fewer entries than numbers" };
  if (entries.length > count * MAX_ENTRY_BYTES) return { refused: "a segment's entries are longer than any change" };
  if (toHex(digest) !== hash("sha256", entries, "hex")) return { refused: "a segment's entries are damaged" };
  const segment = inOrder({ entries, from, sha256: digest, sig, to });
  const same = Buffer.compare(encoder.encodeSharedRef(segment), bytes) === 0;
  return same ? segment : { refused: "a segment has not its one form" };
}

/** Proves that segments are a member's own, wherever they come from. */
export class Verifier {
  readonly #member: string;
  readonly #key: webcrypto.CryptoKey;

  private constructor(member: string, key: webcrypto.CryptoKey) {
    this.#member = member;
    this.#key = key;
  }

  /** `key`: SubjectPublicKeyInfo (DER). A member id is the SHA-256 of its key; null where it is not, or no P-256 key. */
  static async of(member: string, key: Uint8Array): Promise<Verifier | null> {
    if (key.length > 512 || hash("sha256", key, "hex") !== member) return null;
    try {
      const algorithm = { name: "ECDSA", namedCurve: "P-256" };
      const imported = await webcrypto.subtle.importKey("spki", new Uint8Array(key), algorithm, false, ["verify"]);
      return new Verifier(member, imported);
    } catch {
      return null;
    }
  }

  async proves(epoch: string, segment: Segment): Promise<boolean> {
    const algorithm = { name: "ECDSA", hash: "SHA-256" };
    const signed = signedBytes(this.#member, epoch, segment);
    try {
      return await webcrypto.subtle.verify(algorithm, this.#key, new Uint8Array(segment.sig), signed);
    } catch {
      return false;
    }
  }
}
