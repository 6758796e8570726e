import { concat, type Refusal, TYPE } from "./codec.ts";
import { WIRE_LIMITS } from "./limits.ts";
import { compress, decompress } from "./lzw.ts";
import { SEAL_OVERHEAD } from "./seal.ts";
import { encodeMap, Fields } from "./value.ts";
import { valueEnd } from "./walk.ts";

/** What all members of a group have in common on the wire. */
export interface Wire {
  /** First is used to send, all to receive; none: in clear. 16, 24 or 32 bytes each. */
  readonly keys: readonly Uint8Array[];
  /** Up to 255 bytes that must be the same everywhere; empty: no label. */
  readonly label: Uint8Array;
  /** Whether what is sent is compressed; what comes may be, always. */
  readonly compress: boolean;
}

const CRC_OVERHEAD = 5;

/** Bytes that the layers may add to a datagram. memberlist forgets the checksum and exceeds its budget; ours does not. */
export function packetOverhead(wire: Wire): number {
  const label = wire.label.length === 0 ? 0 : 2 + wire.label.length;
  return CRC_OVERHEAD + label + (wire.keys.length === 0 ? 0 : SEAL_OVERHEAD);
}

export function labelHeader(label: Uint8Array): Uint8Array {
  return label.length === 0 ? label : concat([Uint8Array.of(TYPE.label, label.length), label]);
}

/** How many bytes the label takes at the start, where it is ours; "short": the bytes end first (SWIM-WIRE §1.2). */
export function labelEnd(bytes: Uint8Array, label: Uint8Array): number | "short" | Refusal {
  const labelled = bytes[0] === TYPE.label;
  if (!labelled) return label.length === 0 ? 0 : { refused: "it has no label" };
  const length = bytes[1];
  if (length === undefined) return "short";
  if (length === 0) return { refused: "its label is empty" };
  if (length !== label.length) return { refused: "it has another label" };
  if (bytes.length < 2 + length) return "short";
  if (label.some((byte, i) => byte !== bytes[2 + i])) return { refused: "it has another label" };
  return 2 + length;
}

/** A message of type compress around another. */
export function compressed(message: Uint8Array): Uint8Array {
  return encodeMap({ Algo: 0, Buf: compress(message) }, TYPE.compress);
}

/** What the message of type compress at the start of these bytes holds; "short": they end first. */
export function decompressed(bytes: Uint8Array, ceiling: number): Uint8Array | "short" | Refusal {
  const end = valueEnd(bytes, 1);
  if (end === "short") return end;
  const fields = end === "bad" ? null : Fields.of(bytes.subarray(1, end), WIRE_LIMITS.stream);
  if (fields === null) return { refused: "what is compressed is not a map" };
  const algorithm = fields.uint("Algo", 255);
  const packed = fields.bytes("Buf", WIRE_LIMITS.stream);
  if (!fields.fits || algorithm !== 0) return { refused: "it is compressed in an unknown way" };
  const plain = decompress(packed, ceiling);
  if (plain instanceof Uint8Array && plain.length === 0) return { refused: "it unpacks to nothing" };
  return plain;
}
