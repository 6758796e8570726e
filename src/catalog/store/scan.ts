import { BREAK, type Columns } from "./columns.ts";

/** Bytes of names, and entries, that are gone through before whatever else waits has its turn: some 5 ms. */
const SPAN = 2 << 20;

/** Marks of the words that were looked for, a bit each, by place. */
export interface Marks {
  /** The name has it. */
  readonly has: Uint8Array;
  /** A word of the name begins with it. */
  readonly begins: Uint8Array;
}

/**
 * Marks all names that hold a word, by the search of Boyer, Moore and Horspool (1980). Yields between pieces; nothing may
 * have been moved meanwhile.
 */
export function* markWord(columns: Columns, word: Uint8Array, bit: number, marks: Marks): Generator<void> {
  const shifts = shiftsOf(word);
  const end = columns.length;
  const count = columns.count;
  let place = 0;
  for (let from = 0; from < end; from += SPAN) {
    if (from > 0) yield;
    place = markSpan(columns, word, shifts, { from, to: Math.min(end, from + SPAN), place, count }, bit, marks);
  }
}

function shiftsOf(word: Uint8Array): Uint16Array {
  const last = word.length - 1;
  const shifts = new Uint16Array(256).fill(word.length);
  for (let i = 0; i < last; i++) shifts[word[i] as number] = last - i;
  return shifts;
}

/** Marks what begins from `from` on and before `to`; the place of the last name that was hit. */
function markSpan(
  { text, starts }: Columns,
  word: Uint8Array,
  shifts: Uint16Array,
  span: { readonly from: number; readonly to: number; readonly place: number; readonly count: number },
  bit: number,
  { has, begins }: Marks,
): number {
  const last = word.length - 1;
  const final = word[last] as number;
  const stop = Math.min(span.to + last, starts[span.count] as number);
  let place = span.place;
  let at = span.from + last;
  while (at < stop) {
    const byte = text[at] as number;
    if (byte === final) {
      let i = last - 1;
      let j = at - 1;
      while (i >= 0 && text[j] === word[i]) {
        i--;
        j--;
      }
      if (i < 0) {
        const begin = j + 1;
        while ((starts[place + 1] as number) <= begin) place++;
        has[place] = (has[place] as number) | bit;
        if (!isLetter(text[j] as number)) {
          begins[place] = (begins[place] as number) | bit;
          // There is nothing better in this name: on with the next.
          at = (starts[place + 1] as number) + last;
          continue;
        }
      }
    }
    at += shifts[byte] as number;
  }
  return place;
}

/** Letters and digits, and all that is beyond ASCII. */
function isLetter(byte: number): boolean {
  return (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte >= 0x80;
}

/** How well a name fits whose words begin with those asked for: 0 it is the question, with or without its ending, 1 begins with it, 2 neither. */
export function gradeOf({ text, starts }: Columns, place: number, whole: Uint8Array): number {
  const start = starts[place] as number;
  for (let i = 0; i < whole.length; i++) if (text[start + i] !== whole[i]) return 2;
  const next = start + whole.length;
  if (text[next] === BREAK) return 0;
  if (text[next] !== 0x2e) return 1;
  for (let at = next + 1; text[at] !== BREAK; at++) if (text[at] === 0x2e) return 1;
  return 0;
}
