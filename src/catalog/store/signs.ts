/*
 * Three signs of a name, by which a search passes over most of those that cannot have a word: whatever bits the word's own
 * signs have, those of every name with it have too. The other way round it need not be so.
 */

/** A bit for each letter from a to z, one for every two digits, one for all beyond ASCII. What else is there has none. */
const LETTERS = new Int32Array(256);
for (let byte = 0; byte < 256; byte++) {
  if (byte >= 0x61 && byte <= 0x7a) LETTERS[byte] = 1 << (byte - 0x61);
  else if (byte >= 0x30 && byte <= 0x39) LETTERS[byte] = 1 << (26 + ((byte - 0x30) >> 1));
  else if (byte >= 0x80) LETTERS[byte] = 1 << 31;
}

/** The letters in a run of folded UTF-8. */
export function lettersOf(text: Uint8Array, from: number, to: number): number {
  let sign = 0;
  for (let at = from; at < to; at++) sign |= LETTERS[text[at] as number] as number;
  return sign;
}

/** The letters that words in it begin with: what follows on another letter begins none. */
export function initialsOf(text: Uint8Array, from: number, to: number): number {
  let sign = 0;
  let before = 0;
  for (let at = from; at < to; at++) {
    const letter = LETTERS[text[at] as number] as number;
    if (before === 0) sign |= letter;
    before = letter;
  }
  return sign;
}

/** Letters and digits, and all that is beyond ASCII. */
export const isLetter = (byte: number): boolean => LETTERS[byte] !== 0;

/** The pairs of bytes that follow each other in it, spread over 32 bits. */
export function pairsOf(text: Uint8Array, from: number, to: number): number {
  let sign = 0;
  let before = text[from] as number;
  for (let at = from + 1; at < to; at++) {
    const byte = text[at] as number;
    sign |= 1 << (Math.imul((before << 8) | byte, 0x9e3779b1) >>> 27);
    before = byte;
  }
  return sign;
}
