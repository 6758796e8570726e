import type { FileHandle } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { decode, encode } from "@msgpack/msgpack";
import { LIMITS } from "../shared/limits.ts";
import { isWholeValue } from "./core/shape.ts";

/*
 * A journal on disk: 8 bytes of magic, then frames, each
 *   u32 BE length of the payload · u8 kind · u32 BE CRC-32 of kind and payload · payload
 * The first frame is the header. Frames of unknown kinds are passed over; kinds are only added.
 */
const MAGIC = new TextEncoder().encode("GSJOURNL");
const FORMAT = 1;
export const FRAME_HEAD = 9;
/** Payloads are segments, or notes about one. */
const MAX_PAYLOAD = LIMITS.segment + 1024;

/** Kinds of frames. Append only. */
export const KIND = {
  header: 0,
  /** A signed segment, as it travels. */
  segment: 1,
  /** What the file system says of files in the segment that follows (`encodeNotes`); never leaves this machine. */
  notes: 2,
} as const;

/** Whose list a journal holds. `key` is the SubjectPublicKeyInfo whose SHA-256 is the member id. */
export interface JournalHeader {
  readonly member: string;
  readonly epoch: string;
  readonly key: Uint8Array;
}

export interface Frame {
  readonly kind: number;
  readonly payload: Uint8Array;
  /** Offset of the payload in the file. */
  readonly offset: number;
}

export function encodeFrame(kind: number, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(FRAME_HEAD + payload.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, payload.length);
  view.setUint8(4, kind);
  view.setUint32(5, crc32(payload, crc32(frame.subarray(4, 5))));
  frame.set(payload, FRAME_HEAD);
  return frame;
}

export function encodeHeader(header: JournalHeader): Uint8Array {
  const { member, epoch, key } = header;
  const frame = encodeFrame(KIND.header, encode({ format: FORMAT, member, epoch, key }, { sortKeys: true }));
  const bytes = new Uint8Array(MAGIC.length + frame.length);
  bytes.set(MAGIC);
  bytes.set(frame, MAGIC.length);
  return bytes;
}

function decodeHeader(payload: Uint8Array): JournalHeader | null {
  if (!isWholeValue(payload, 4)) return null;
  try {
    const value = decode(payload);
    if (typeof value !== "object" || value === null) return null;
    const { format, member, epoch, key } = value as Record<string, unknown>;
    if (format !== FORMAT || typeof member !== "string" || typeof epoch !== "string") return null;
    return key instanceof Uint8Array ? { member, epoch, key: new Uint8Array(key) } : null;
  } catch {
    return null;
  }
}

/** What reading a journal from end to end found. */
export interface Scanned {
  /** null where not even that can be read. */
  readonly header: JournalHeader | null;
  /** `torn`: it ends within a frame; `hurt`: a frame is not what was written. */
  readonly end: "whole" | "torn" | "hurt";
  /** Where the last sound frame ends. */
  readonly length: number;
}

/** Reads a journal in pieces of 1 MiB and gives each sound frame to `each`, up to the first that is not. */
export async function scanJournal(
  file: FileHandle,
  each: (frame: Frame, header: JournalHeader) => Promise<void>,
): Promise<Scanned> {
  const window = new Window(file);
  if ((await window.peek(MAGIC.length))?.every((byte, i) => byte === MAGIC[i]) !== true) {
    return { header: null, end: "hurt", length: 0 };
  }
  window.skip(MAGIC.length);
  let header: JournalHeader | null = null;
  for (;;) {
    const length = window.at;
    const head = await window.peek(FRAME_HEAD);
    if (head === null) return { header, end: window.rest === 0 ? "whole" : "torn", length };
    const view = new DataView(head.buffer, head.byteOffset);
    const size = view.getUint32(0);
    if (size > MAX_PAYLOAD) return { header, end: "hurt", length };
    const frame = await window.peek(FRAME_HEAD + size);
    if (frame === null) return { header, end: "torn", length };
    const kind = view.getUint8(4);
    const payload = frame.slice(FRAME_HEAD);
    if (crc32(payload, crc32(new Uint8Array([kind]))) !== view.getUint32(5)) return { header, end: "hurt", length };
    if (header === null) {
      header = kind === KIND.header ? decodeHeader(payload) : null;
      if (header === null) return { header, end: "hurt", length };
    } else await each({ kind, payload, offset: length + FRAME_HEAD }, header);
    window.skip(FRAME_HEAD + size);
  }
}

/** A moving window over a file. */
class Window {
  readonly #file: FileHandle;
  #bytes = new Uint8Array(0);
  /** Offset in the file of what comes next. */
  at = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Bytes left after a `peek` that was refused. */
  get rest(): number {
    return this.#bytes.length;
  }

  /** The next `length` bytes, or null where the file ends before. Valid until the next call. */
  async peek(length: number): Promise<Uint8Array | null> {
    while (this.#bytes.length < length) {
      const piece = new Uint8Array(1 << 20);
      const { bytesRead } = await this.#file.read(piece, 0, piece.length, this.at + this.#bytes.length);
      if (bytesRead === 0) return null;
      const more = new Uint8Array(this.#bytes.length + bytesRead);
      more.set(this.#bytes);
      more.set(piece.subarray(0, bytesRead), this.#bytes.length);
      this.#bytes = more;
    }
    return this.#bytes.subarray(0, length);
  }

  skip(length: number): void {
    this.#bytes = this.#bytes.subarray(length);
    this.at += length;
  }
}
