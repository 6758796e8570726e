/** Ends each folded name: in no name. */
const BREAK = 0;
const [ZERO, NINE] = [0x30, 0x39];
const isDigit = (byte: number): boolean => byte >= ZERO && byte <= NINE;

/**
 * Compares two folded names, UTF-8 bytes from a place up to the next 0, as people order them: numbers by what they
 * count, so that "2" comes before "10". 0 also for such as "1" and "01".
 */
export function compareFolded(a: Uint8Array, fromA: number, b: Uint8Array, fromB: number): number {
  let i = fromA;
  let j = fromB;
  for (;;) {
    const x = a[i] as number;
    const y = b[j] as number;
    if (isDigit(x) && isDigit(y)) {
      while (a[i] === ZERO) i++;
      while (b[j] === ZERO) j++;
      const ahead = i - j;
      const from = i;
      // The first digit that is another decides, where both numbers are as long.
      let difference = 0;
      while (isDigit(a[i] as number) && isDigit(b[i - ahead] as number)) {
        if (difference === 0) difference = (a[i] as number) - (b[i - ahead] as number);
        i++;
      }
      j += i - from;
      if (isDigit(a[i] as number)) return 1;
      if (isDigit(b[j] as number)) return -1;
      if (difference !== 0) return difference;
    } else if (x !== y) return x - y;
    else if (x === BREAK) return 0;
    else {
      i++;
      j++;
    }
  }
}

/** Compares names as their UTF-8 bytes do: UTF-16's order differs beyond the first plane. */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return byCodePoint(x) - byCodePoint(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for what comes after all other units. */
const byCodePoint = (unit: number): number => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);
