/**
 * Where to cut a run of encoded changes into segments: `[start, end)` of each, in order, none empty.
 * No part is longer than `maxBytes` together, unless one change alone is, nor has more than `maxCount` changes.
 */
export function cut(lengths: readonly number[], maxBytes: number, maxCount: number): [number, number][] {
  const parts: [number, number][] = [];
  let start = 0;
  let bytes = 0;
  for (const [at, length] of lengths.entries()) {
    if (at > start && (bytes + length > maxBytes || at - start >= maxCount)) {
      parts.push([start, at]);
      start = at;
      bytes = 0;
    }
    bytes += length;
  }
  if (start < lengths.length) parts.push([start, lengths.length]);
  return parts;
}
