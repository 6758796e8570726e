import { BREAK, type Columns } from "./columns.ts";
import { initialsOf, isLetter, lettersOf, pairsOf } from "./signs.ts";

const encoder = new TextEncoder();

/** Words that are looked for in names. Those of a name are told as a set: a bit each, in their order. */
export class Words {
  readonly #columns: Columns;
  readonly #words: readonly Uint8Array[];
  /** The signs of each set of them. */
  readonly letters: Int32Array;
  readonly pairs: Int32Array;
  /** What all of them begin with. */
  readonly #initials: number;

  constructor(columns: Columns, words: readonly string[]) {
    this.#columns = columns;
    this.#words = words.map((word) => encoder.encode(word));
    this.letters = this.#signs(lettersOf);
    this.pairs = this.#signs(pairsOf);
    this.#initials = this.#words.reduce((sum, word) => sum | initialsOf(word, 0, 1), 0);
  }

  /** Which of them the name has. */
  of(place: number): number {
    let set = 0;
    for (let at = 0; at < this.#words.length; at++) if (this.hasAll(place, 1 << at)) set |= 1 << at;
    return set;
  }

  /** Whether the name has all of a set. Most that have not are sorted out by the caller, by the set's signs. */
  hasAll(place: number, set: number): boolean {
    const { letters, pairs, text, starts } = this.#columns;
    const [wantedLetters, wantedPairs] = [this.letters[set] as number, this.pairs[set] as number];
    if (((letters[place] as number) & wantedLetters) !== wantedLetters) return false;
    if (((pairs[place] as number) & wantedPairs) !== wantedPairs) return false;
    const start = starts[place] as number;
    const end = (starts[place + 1] as number) - 1;
    const words = this.#words;
    for (let at = 0; at < words.length; at++) {
      if ((set & (1 << at)) !== 0 && find(text, start, end, words[at] as Uint8Array) === -1) return false;
    }
    return true;
  }

  /** Whether the name has one at least. */
  hasAny(place: number): boolean {
    for (let at = 0; at < this.#words.length; at++) if (this.hasAll(place, 1 << at)) return true;
    return false;
  }

  /** Whether each of them is where a word of the name begins. */
  begin(place: number): boolean {
    const { initials, text, starts } = this.#columns;
    if (((initials[place] as number) & this.#initials) !== this.#initials) return false;
    const start = starts[place] as number;
    const end = (starts[place + 1] as number) - 1;
    for (const word of this.#words) {
      let at = find(text, start, end, word);
      while (at !== -1 && isLetter(text[at - 1] as number)) at = find(text, at + 1, end, word);
      if (at === -1) return false;
    }
    return true;
  }

  #signs(of: (text: Uint8Array, from: number, to: number) => number): Int32Array {
    const signs = this.#words.map((word) => of(word, 0, word.length));
    return Int32Array.from({ length: 1 << signs.length }, (_, set) =>
      signs.reduce((sum, sign, at) => ((set & (1 << at)) === 0 ? sum : sum | sign), 0),
    );
  }
}

/** Where a word is in the bytes from `start` to `end`, for the first time; -1 where it is not. */
function find(text: Uint8Array, start: number, end: number, word: Uint8Array): number {
  const first = word[0];
  const length = word.length;
  const last = end - length;
  for (let at = start; at <= last; at++) {
    if (text[at] !== first) continue;
    let same = 1;
    while (same < length && text[at + same] === word[same]) same++;
    if (same === length) return at;
  }
  return -1;
}

/** How well a name fits that has what is asked for: 0 it is the question, with or without its ending, 1 begins with it, 2 neither. */
export function gradeOf({ text, starts }: Columns, place: number, whole: Uint8Array): number {
  const start = starts[place] as number;
  for (let i = 0; i < whole.length; i++) if (text[start + i] !== whole[i]) return 2;
  const next = start + whole.length;
  if (text[next] === BREAK) return 0;
  if (text[next] !== 0x2e) return 1;
  for (let at = next + 1; text[at] !== BREAK; at++) if (text[at] === 0x2e) return 1;
  return 0;
}
