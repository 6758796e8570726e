import { Decoder } from "@msgpack/msgpack";
import { WIRE_LIMITS } from "./limits.ts";

/** What memberlist puts into its maps. undefined: left out. */
export type FieldValue = string | number | boolean | Uint8Array | null | undefined;

const utf8 = new TextEncoder();
/** Where maps are written. It grows for a large one, and is then given back; only copies are seen from outside. */
const KEPT = 64 * 1024;
let page = new Uint8Array(KEPT);
let at = 0;

/**
 * A map as go-msgpack writes it: keys sorted, and the old "raw" family for strings and bytes alike, so that our bytes are
 * the same as a Go member's (SWIM-WIRE §2.2). The library writes the newer types, which have other lengths. `type` goes
 * before it.
 */
export function encodeMap(fields: Record<string, FieldValue>, type: number | null = null): Uint8Array {
  const present: string[] = [];
  for (const key in fields) if (fields[key] !== undefined) present.push(key);
  present.sort();
  at = 0;
  reserve(2);
  if (type !== null) page[at++] = type;
  page[at++] = 0x80 | present.length;
  for (const key of present) {
    text(key);
    const value = fields[key];
    if (typeof value === "string") text(value);
    else if (value instanceof Uint8Array) raw(value);
    else {
      reserve(5);
      if (typeof value === "number") unsigned(value);
      else page[at++] = value === true ? 0xc3 : value === false ? 0xc2 : 0xc0;
    }
  }
  const whole = page.slice(0, at);
  if (page.length > KEPT) page = new Uint8Array(KEPT);
  return whole;
}

function text(value: string): void {
  if (!shortAscii(value)) raw(utf8.encode(value));
}

/** Writes what is short and plain, as nearly all of it is, without the encoder, which costs more than the copying. */
function shortAscii(value: string): boolean {
  const { length } = value;
  if (length >= 32) return false;
  reserve(length + 1);
  const start = at;
  page[at++] = 0xa0 | length;
  for (let i = 0; i < length; i++) {
    const code = value.charCodeAt(i);
    page[at++] = code;
    if (code < 0x80) continue;
    at = start;
    return false;
  }
  return true;
}

function raw(bytes: Uint8Array): void {
  const { length } = bytes;
  reserve(length + 5);
  if (length < 32) page[at++] = 0xa0 | length;
  else if (length < 0x1_0000) big(0xda, length, 2);
  else big(0xdb, length, 4);
  page.set(bytes, at);
  at += length;
}

function unsigned(value: number): void {
  if (value < 0x80) page[at++] = value;
  else if (value < 0x100) big(0xcc, value, 1);
  else if (value < 0x1_0000) big(0xcd, value, 2);
  else big(0xce, value, 4);
}

/** A tag and a number of so many bytes, the highest first. */
function big(tag: number, value: number, bytes: 1 | 2 | 4): void {
  page[at++] = tag;
  for (let shift = (bytes - 1) * 8; shift >= 0; shift -= 8) page[at++] = value >>> shift;
}

function reserve(bytes: number): void {
  if (at + bytes <= page.length) return;
  const larger = new Uint8Array((at + bytes) * 2);
  larger.set(page);
  page = larger;
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
