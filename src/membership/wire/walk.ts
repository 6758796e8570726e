/**
 * How long values with tags from 0xc0 are: bytes that tell its size, bytes besides, and what the size counts: bytes (0),
 * or so many values for each.
 */
type Shape = readonly [sized: number, besides: number, values: 0 | 1 | 2];

const bytes = (sized: number): Shape => [sized, 0, 0];
const extension = (sized: number): Shape => [sized, 1, 0];
const fixed = (besides: number): Shape => [0, besides, 0];

/** From 0xc4: bin, ext, float, uint, int, fixext, str, array, map. */
const SHAPES: readonly Shape[] = [
  ...[1, 2, 4].map(bytes),
  ...[1, 2, 4].map(extension),
  ...[4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 2, 3, 5, 9, 17].map(fixed),
  ...[1, 2, 4].map(bytes),
  [2, 0, 1],
  [4, 0, 1],
  [2, 0, 2],
  [4, 0, 2],
];

/** More parts than any message has: maps with this many are refused before they are looked at. */
const MAX_PARTS = 4_096;

/**
 * Where the msgpack value that starts at `at` ends; "short": the bytes end first; "bad": it is no value, or too rich.
 * Streams have no other sign of where a message ends (SWIM-WIRE §2.3).
 */
export function valueEnd(bytes: Uint8Array, at: number, maxParts = MAX_PARTS): number | "short" | "bad" {
  let wanted = 1;
  let seen = 0;
  let next = at;
  const number = (width: number): number => {
    let value = 0;
    for (let i = 0; i < width; i++) value = value * 256 + (bytes[next + 1 + i] ?? 0);
    return value;
  };
  for (; wanted > 0; wanted--) {
    const tag = bytes[next];
    if (tag === undefined) return "short";
    if (++seen > maxParts) return "bad";
    let inside = 0;
    let length = 0;
    if (tag < 0x80 || tag >= 0xe0 || tag === 0xc0 || tag === 0xc2 || tag === 0xc3) length = 1;
    else if (tag < 0x90) [length, inside] = [1, (tag & 0x0f) * 2];
    else if (tag < 0xa0) [length, inside] = [1, tag & 0x0f];
    else if (tag < 0xc0) length = 1 + (tag & 0x1f);
    else {
      const shape = SHAPES[tag - 0xc4];
      if (shape === undefined) return "bad";
      const [sized, besides, times] = shape;
      if (next + 1 + sized > bytes.length) return "short";
      const size = number(sized);
      length = 1 + sized + besides + (times === 0 ? size : 0);
      inside = times * size;
    }
    if (inside > maxParts) return "bad";
    wanted += inside;
    next += length;
    if (next > bytes.length) return "short";
  }
  return next;
}
