import { decode, encode } from "@msgpack/msgpack";
import { LIMITS } from "../../shared/limits.ts";
import type { Header } from "../core/answer.ts";
import { isWholeValue } from "../core/shape.ts";

/*
 * The answer to `GET /v1/catalog/{member id}?epoch=E&since=S`: frames of u32 BE length and that many bytes. The first is
 * the header, a msgpack map `{epoch, floor, format: 1, from, key, member, to}`; the others are segments, in order,
 * numbered `from` to `to` without gaps. With `encoding=gzip` in the query the whole is compressed. Unknown keys of the
 * header are passed over; keys are only added.
 */
export const FORMAT = 1;
const MAX_FRAME = LIMITS.segment;
const MAX_HEADER = 4_096;

/** Frames as they go out. */
export function frames(payloads: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(payloads.reduce((sum, { length }) => sum + 4 + length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const payload of payloads) {
    view.setUint32(at, payload.length);
    bytes.set(payload, at + 4);
    at += 4 + payload.length;
  }
  return bytes;
}

export const encodeHeader = (header: Header): Uint8Array => encode(header, { sortKeys: true });

/** Total: a header, or why there is none. */
export function decodeHeader(bytes: Uint8Array): Header | { refused: string } {
  if (bytes.length > MAX_HEADER || !isWholeValue(bytes, 4)) return { refused: "its header is not one whole value" };
  let value: unknown;
  try {
    value = decode(bytes);
  } catch {
    return { refused: "its header is not msgpack" };
  }
  if (typeof value !== "object" || value === null) return { refused: "its header is no map" };
  const { format, member, epoch, floor, from, to, key } = value as Record<string, unknown>;
  if (format !== FORMAT) return { refused: `its format is not ${FORMAT}` };
  if (typeof member !== "string" || typeof epoch !== "string" || !/^[0-9a-f]{16}$/.test(epoch)) {
    return { refused: "its header does not say whose list it is" };
  }
  if (!isNumber(floor) || !isNumber(from) || !isNumber(to) || from < 1) {
    return { refused: "its header's numbers are out of range" };
  }
  if (!(key instanceof Uint8Array)) return { refused: "its header has no key" };
  return { format, member, epoch, floor, from, to, key: new Uint8Array(key) };
}

const isNumber = (value: unknown): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;

/**
 * Takes an answer apart as it comes: for each piece that arrives, the frames that it completes. Each is a copy of its own.
 * Throws where a frame is longer than a segment may be, or the answer ends within one.
 */
export async function* readFrames(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array[]> {
  let pending: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body) {
    pending.push(piece);
    length += piece.length;
    if (length < needed(pending)) continue;
    const bytes = Buffer.concat(pending, length);
    const complete: Uint8Array[] = [];
    let at = 0;
    while (bytes.length - at >= 4 && bytes.length - at >= 4 + size(bytes, at)) {
      const end = at + 4 + size(bytes, at);
      complete.push(new Uint8Array(bytes.subarray(at + 4, end)));
      at = end;
    }
    pending = at === bytes.length ? [] : [bytes.subarray(at)];
    length = bytes.length - at;
    if (complete.length > 0) yield complete;
  }
  if (length > 0) throw new Error("it was cut off");
}

function size(bytes: Buffer, at: number): number {
  const length = bytes.readUInt32BE(at);
  if (length > MAX_FRAME) throw new Error("a segment is longer than 1 MiB");
  return length;
}

/** Bytes that make the first frame whole, as far as is known: so that pieces are joined once, not each time. */
function needed(pending: Uint8Array[]): number {
  const first = pending[0];
  if (first === undefined) return 4;
  if (first.length >= 4) return 4 + size(Buffer.from(first.buffer, first.byteOffset, first.length), 0);
  return 4;
}
