/** Letters that are no letter with a mark, and are typed as others where a keyboard lacks them. */
const ALIKE: Readonly<Record<string, string>> = {
  ß: "ss",
  ẞ: "ss",
  ø: "o",
  Ø: "o",
  æ: "ae",
  Æ: "ae",
  œ: "oe",
  Œ: "oe",
  ł: "l",
  Ł: "l",
  đ: "d",
  Đ: "d",
  ð: "d",
  Ð: "d",
  þ: "th",
  Þ: "th",
  ı: "i",
  ς: "σ",
};
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what it is for
const PLAIN = /^[\u0000-\u007f]*$/;

/**
 * Text as it is searched: without case, and without the marks above and below letters, so that "Zürich" is found as
 * "zurich", composed or not, and "Straße" as "strasse".
 */
export function fold(text: string): string {
  if (PLAIN.test(text)) return text.toLowerCase();
  const bare = text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
  return bare.replaceAll(/[ßẞøØæÆœŒłŁđĐðÐþÞıς]/g, (letter) => ALIKE[letter] ?? letter);
}

/** Words of a question that are looked for; more are left out. */
const MAX_WORDS = 8;

/** What a question looks for, folded: the whole of it, and its words, parted by spaces and slashes. */
export interface Wanted {
  readonly whole: string;
  readonly words: readonly string[];
}

export function wanted(question: string): Wanted {
  const words = fold(question)
    .split(/[\s/]+/)
    .filter((word) => word !== "");
  return { whole: words.join(" "), words: [...new Set(words)].slice(0, MAX_WORDS) };
}
