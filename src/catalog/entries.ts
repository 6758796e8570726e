import { decode, Encoder } from "@msgpack/msgpack";
import { bytesOf, hexOf } from "./bytes.ts";
import type { ListChange } from "./core/change.ts";
import { isWholeValue } from "./core/shape.ts";

/*
 * The entries of a segment: a msgpack array of maps, one a change, in order.
 *
 * k  kind: "s" share, "u" unshare, "d" folder, "f" file, "x" gone      m  mtime, whole milliseconds since 1970
 * s  share id, bin of 8 bytes                                           z  size in bytes
 * p  path below the share, str                                          r  root of the content, bin of 32, or not there
 * n  share name, str                                                    o  online, bool
 *
 * Keys are sorted. Unknown keys and unknown kinds are passed over; keys are only added, meanings never change.
 */

const encoder = new Encoder({ sortKeys: true });
/** Levels of an entries array that anything to come may need; a decoder's cost grows with them. */
const MAX_DEPTH = 6;

/** One change as the bytes of its map. It must have passed `checkChange`. */
export function encodeChange(change: ListChange): Uint8Array {
  const s = bytesOf(change.share);
  switch (change.kind) {
    case "share":
      return encoder.encode({ k: "s", s, n: change.name, o: change.online });
    case "unshare":
      return encoder.encode({ k: "u", s });
    case "folder":
      return encoder.encode({ k: "d", s, p: change.path, m: change.mtime });
    case "gone":
      return encoder.encode({ k: "x", s, p: change.path });
    case "file": {
      const file = { k: "f", s, p: change.path, z: change.size, m: change.mtime };
      return encoder.encode(change.root === null ? file : { ...file, r: bytesOf(change.root) });
    }
  }
}

/** The array of encoded changes. */
export function joinChanges(encoded: readonly Uint8Array[]): Uint8Array {
  const count = encoded.length;
  const head = count < 16 ? [0x90 | count] : count < 0x10000 ? [0xdc, count >> 8, count & 0xff] : null;
  if (head === null) throw new RangeError(`Cannot put ${count} changes into one segment`);
  const all = new Uint8Array(encoded.reduce((sum, { length }) => sum + length, head.length));
  all.set(head);
  let at = head.length;
  for (const bytes of encoded) {
    all.set(bytes, at);
    at += bytes.length;
  }
  return all;
}

export interface Decoded {
  /** In order; null where an entry is no change that this version knows. */
  readonly changes: readonly (ListChange | null)[];
  /** Entries that are not what they should be. */
  readonly malformed: number;
}

/** Reads the entries of a segment. Total: whatever the bytes are, the result is what could be read, or a refusal. */
export function decodeEntries(bytes: Uint8Array): Decoded | { refused: string } {
  if (!isWholeValue(bytes, MAX_DEPTH)) return { refused: "its entries are not one whole value" };
  let value: unknown;
  try {
    value = decode(bytes);
  } catch {
    return { refused: "its entries are not msgpack" };
  }
  if (!Array.isArray(value)) return { refused: "its entries are no list" };
  const read = value.map(readChange);
  const malformed = read.filter((change) => change === "malformed").length;
  return { changes: read.map((change) => (typeof change === "string" ? null : change)), malformed };
}

function readChange(value: unknown): ListChange | "malformed" | "unknown" {
  if (typeof value !== "object" || value === null) return "malformed";
  const { k, s, p, m, z, r, n, o } = value as Record<string, unknown>;
  if (typeof k !== "string") return "malformed";
  if (!"sudfx".includes(k) || k.length !== 1) return "unknown";
  if (!(s instanceof Uint8Array) || s.length !== 8) return "malformed";
  const share = hexOf(s);
  if (k === "u") return { kind: "unshare", share };
  if (k === "s") {
    return typeof n === "string" && typeof o === "boolean" ? { kind: "share", share, name: n, online: o } : "malformed";
  }
  if (typeof p !== "string") return "malformed";
  if (k === "x") return { kind: "gone", share, path: p };
  if (typeof m !== "number") return "malformed";
  if (k === "d") return { kind: "folder", share, path: p, mtime: m };
  if (typeof z !== "number") return "malformed";
  const root = r === undefined || r === null ? null : r instanceof Uint8Array && r.length === 32 ? hexOf(r) : undefined;
  return root === undefined ? "malformed" : { kind: "file", share, path: p, size: z, mtime: m, root };
}
