/**
 * Whether bytes are one whole msgpack value, at most `maxDepth` deep. Decoders make room for what a length announces
 * before they see it: this pass proves that all that is announced is there, so that decoding costs what was sent.
 *
 * No variable of the loop is shared with a closure: V8 14 (Node 26.10) miscompiles such a loop now and then, when Maglev
 * takes it over while it runs.
 */
export function isWholeValue(bytes: Uint8Array, maxDepth: number): boolean {
  /** Values still to come, on each level that is open. */
  const open: number[] = [1];
  let at = 0;
  while (open.length > 0) {
    const left = open.pop() as number;
    if (left === 0) continue;
    open.push(left - 1);
    const tag = bytes[at];
    if (tag === undefined || tag === 0xc1) return false;
    const width = lengthWidth(tag);
    const length = width === 0 ? 0 : lengthAt(bytes, at + 1, width);
    at += 1 + width + skipped(tag, length);
    const children = childrenOf(tag, length);
    if (children > bytes.length - at) return false;
    if (children > 0 && open.length > maxDepth) return false;
    if (children > 0) open.push(children);
  }
  return at === bytes.length;
}

/** Bytes of the length that follows a tag (msgpack specification, "formats"). */
function lengthWidth(tag: number): number {
  if (tag >= 0xc4 && tag <= 0xc6) return 2 ** (tag - 0xc4); // bin
  if (tag >= 0xc7 && tag <= 0xc9) return 2 ** (tag - 0xc7); // ext
  if (tag >= 0xd9 && tag <= 0xdb) return 2 ** (tag - 0xd9); // str
  if (tag === 0xdc || tag === 0xde) return 2; // array, map
  return tag === 0xdd || tag === 0xdf ? 4 : 0;
}

function lengthAt(bytes: Uint8Array, at: number, width: number): number {
  let value = 0;
  for (let i = at; i < at + width; i++) value = value * 256 + (bytes[i] ?? 0);
  return value;
}

/** Bytes of a value after its tag and length, those of values within it left out. */
function skipped(tag: number, length: number): number {
  if (tag >= 0xa0 && tag <= 0xbf) return tag & 0x1f; // fixstr
  if (tag >= 0xc4 && tag <= 0xc6) return length;
  if (tag >= 0xc7 && tag <= 0xc9) return length + 1;
  if (tag >= 0xca && tag <= 0xd3) return NUMBERS[tag - 0xca] as number;
  if (tag >= 0xd4 && tag <= 0xd8) return 2 ** (tag - 0xd4) + 1; // fixext
  return tag >= 0xd9 && tag <= 0xdb ? length : 0;
}

/** Values within a value. */
function childrenOf(tag: number, length: number): number {
  if (tag >= 0x80 && tag <= 0x8f) return 2 * (tag & 0x0f); // fixmap
  if (tag >= 0x90 && tag <= 0x9f) return tag & 0x0f; // fixarray
  if (tag === 0xdc || tag === 0xdd) return length;
  return tag === 0xde || tag === 0xdf ? 2 * length : 0;
}

/** Bytes after the tags 0xca to 0xd3: float 32 and 64, uint 8 to 64, int 8 to 64. */
const NUMBERS = [4, 8, 1, 2, 4, 8, 1, 2, 4, 8];
