import { Decoder } from "@msgpack/msgpack";
import { WIRE_LIMITS } from "./limits.ts";

/** What memberlist puts into its maps. undefined: left out. */
export type FieldValue = string | number | boolean | Uint8Array | null | undefined;

const utf8 = new TextEncoder();

/**
 * A map as go-msgpack writes it: keys sorted, and the old "raw" family for strings and bytes alike, so that our bytes are
 * the same as a Go member's (SWIM-WIRE §2.2). The library writes the newer types, which have other lengths.
 */
export function encodeMap(fields: Record<string, FieldValue>): Uint8Array {
  const present = Object.keys(fields)
    .filter((key) => fields[key] !== undefined)
    .sort();
  const out = [0x80 | present.length];
  for (const key of present) {
    raw(out, utf8.encode(key));
    const value = fields[key];
    if (value === null || value === undefined) out.push(0xc0);
    else if (typeof value === "boolean") out.push(value ? 0xc3 : 0xc2);
    else if (typeof value === "number") unsigned(out, value);
    else raw(out, typeof value === "string" ? utf8.encode(value) : value);
  }
  return Uint8Array.from(out);
}

function raw(out: number[], bytes: Uint8Array): void {
  const { length } = bytes;
  if (length < 32) out.push(0xa0 | length);
  else if (length < 0x1_0000) out.push(0xda, length >>> 8, length & 0xff);
  else out.push(0xdb, length >>> 24, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff);
  for (const byte of bytes) out.push(byte);
}

function unsigned(out: number[], value: number): void {
  if (value < 0x80) out.push(value);
  else if (value < 0x100) out.push(0xcc, value);
  else if (value < 0x1_0000) out.push(0xcd, value >>> 8, value & 0xff);
  else out.push(0xce, value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const decoders = new Map<number, Decoder>();

/** rawStrings: on this wire strings and bytes look alike, so the field decides (SWIM-WIRE §2.3). */
function decoder(ceiling: number): Decoder {
  const known = decoders.get(ceiling);
  if (known !== undefined) return known;
  const made = new Decoder({
    rawStrings: true,
    maxStrLength: ceiling,
    maxBinLength: ceiling,
    maxExtLength: 1_024,
    maxArrayLength: 64,
    maxMapLength: WIRE_LIMITS.fields,
  });
  decoders.set(ceiling, made);
  return made;
}

/** The fields of one map, each read as what it should be. Missing ones are zero or empty; `fits` tells of wrong ones. */
export class Fields {
  readonly #values: Record<string, unknown>;
  /** Every field read so far was of its kind and size. */
  fits = true;

  private constructor(values: Record<string, unknown>) {
    this.#values = values;
  }

  /** The map that is exactly these bytes; null where they are anything else. No string in it is above `ceiling`. */
  static of(bytes: Uint8Array, ceiling: number): Fields | null {
    try {
      const value = decoder(ceiling).decode(bytes);
      if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
      return new Fields(value as Record<string, unknown>);
    } catch {
      return null;
    }
  }

  uint(key: string, max: number): number {
    const value = this.#values[key] ?? 0;
    if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= max) return value;
    this.fits = false;
    return 0;
  }

  /** A copy, which keeps nothing else of the packet alive. */
  bytes(key: string, ceiling: number): Uint8Array {
    const value = this.#values[key];
    if (value === undefined || value === null) return new Uint8Array();
    if (value instanceof Uint8Array && value.length <= ceiling) return new Uint8Array(value);
    if (Array.isArray(value) && value.every((item) => Number.isInteger(item) && item >= 0 && item < 256)) {
      return Uint8Array.from(value);
    }
    this.fits = false;
    return new Uint8Array();
  }

  text(key: string, ceiling: number): string {
    try {
      return strict.decode(this.bytes(key, ceiling));
    } catch {
      this.fits = false;
      return "";
    }
  }

  flag(key: string): boolean {
    const value = this.#values[key] ?? false;
    if (typeof value === "boolean") return value;
    this.fits = false;
    return false;
  }
}
