/**
 * Characters of a text that a person cannot see, or that turn the text around them: controls, line and paragraph
 * separators, bidi embeddings, overrides, isolates and marks, and spaces without width. Joiners stay: emoji and
 * several scripts are written with them. All lie below U+10000. A name may hold them, and keeps them; it is shown without.
 */
export const ODD =
  /[\p{Cc}\p{Zl}\p{Zp}\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/u;

const EACH = new RegExp(ODD.source, "gu");

/**
 * A text as a terminal may get it: odd characters written as `\u202e`, so that none is a command or hides what is there.
 * In JSON the text means the same as before.
 */
export function escapeOdd(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(EACH, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
