/*
 * LZW as Go's compress/lzw does it: least significant bit first, literals of 8 bits (SWIM-WIRE §1.6).
 * Codes: 0–255 literals, 256 clear, 257 end, then the dictionary; 9 to 12 bits wide.
 */
const CLEAR = 256;
const END = 257;
const FIRST_WIDTH = 9;
const MAX_WIDTH = 12;
const LAST_CODE = (1 << MAX_WIDTH) - 1;

export function compress(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(Math.ceil((bytes.length + 3) * 1.5) + 16);
  let length = 0;
  let bits = 0;
  let held = 0;
  let width = FIRST_WIDTH;
  let last = END;
  let table = new Map<number, number>();
  const emit = (code: number): void => {
    bits |= code << held;
    for (held += width; held >= 8; held -= 8) {
      out[length++] = bits & 0xff;
      bits >>>= 8;
    }
  };
  /** Counts one code more; false where that filled the table, which is then cleared. */
  const grow = (): boolean => {
    last += 1;
    if (last === 1 << width) width += 1;
    if (last < LAST_CODE) return true;
    emit(CLEAR);
    table = new Map();
    width = FIRST_WIDTH;
    last = END;
    return false;
  };
  emit(CLEAR);
  let prefix = -1;
  for (const byte of bytes) {
    const known = prefix < 0 ? byte : table.get((prefix << 8) | byte);
    if (known !== undefined) {
      prefix = known;
      continue;
    }
    emit(prefix);
    if (grow()) table.set((prefix << 8) | byte, last);
    prefix = byte;
  }
  if (prefix >= 0) {
    emit(prefix);
    grow();
  }
  emit(END);
  if (held > 0) out[length++] = bits & 0xff;
  return out.subarray(0, length);
}

/** The bytes again, or a refusal in words: what is not LZW, has no end, or unpacks to more than `ceiling`. */
export function decompress(bytes: Uint8Array, ceiling: number): Uint8Array | { readonly refused: string } {
  let out = new Uint8Array(Math.min(ceiling, Math.max(256, bytes.length * 3)));
  let length = 0;
  // A code stands for the code before it and one byte more; its text is written from its end.
  const prefixes = new Uint16Array(LAST_CODE + 1);
  const suffixes = new Uint8Array(LAST_CODE + 1);
  const lengths = new Uint16Array(LAST_CODE + 1);
  let at = 0;
  let bits = 0;
  let held = 0;
  let width = FIRST_WIDTH;
  let last = END;
  let previous = -1;
  for (;;) {
    for (; held < width; held += 8) {
      const byte = bytes[at++];
      if (byte === undefined) return { refused: "compressed bytes end too early" };
      bits |= byte << held;
    }
    const code = bits & ((1 << width) - 1);
    bits >>>= width;
    held -= width;
    if (code === END) return out.subarray(0, length);
    if (code === CLEAR) {
      width = FIRST_WIDTH;
      last = END;
      previous = -1;
      continue;
    }
    const repeats = code === last && previous >= 0;
    if (code > CLEAR && !repeats && code >= last) return { refused: "compressed bytes name a code before it exists" };
    const size = repeats ? lengthOf(lengths, previous) + 1 : lengthOf(lengths, code);
    if (length + size > ceiling) return { refused: `unpacks to more than ${ceiling} bytes` };
    if (length + size > out.length) {
      const larger = new Uint8Array(Math.min(ceiling, Math.max(out.length * 2, length + size)));
      larger.set(out);
      out = larger;
    }
    let walk = repeats ? previous : code;
    let write = length + size - (repeats ? 2 : 1);
    for (; walk > END; walk = prefixes[walk] as number) out[write--] = suffixes[walk] as number;
    out[write] = walk;
    if (repeats) out[length + size - 1] = walk;
    if (previous >= 0 && last <= LAST_CODE) {
      prefixes[last] = previous;
      suffixes[last] = walk;
      lengths[last] = lengthOf(lengths, previous) + 1;
    }
    length += size;
    previous = code;
    if (last > LAST_CODE) continue;
    last += 1;
    if (last === 1 << width && width < MAX_WIDTH) width += 1;
  }
}

function lengthOf(lengths: Uint16Array, code: number): number {
  return code < CLEAR ? 1 : (lengths[code] as number);
}
