import { ODD } from "../../shared/odd-characters.ts";

/** Part of a name: text as it is, or a code that stands for a character which must not act. */
export type NamePart = { readonly text: string } | { readonly odd: string };

/** A name in parts, odd characters apart. */
export function nameParts(name: string): NamePart[] {
  if (!ODD.test(name)) return [{ text: name.toWellFormed() }];
  return name
    .toWellFormed()
    .split(new RegExp(`(${ODD.source})`, "u"))
    .filter((part) => part !== "")
    .map((part) => (ODD.test(part) ? { odd: codeOf(part) } : { text: part }));
}

/** A name as plain text, for attributes, with codes in the place of odd characters. */
export function visible(name: string): string {
  return nameParts(name)
    .map((part) => ("odd" in part ? `[${part.odd}]` : part.text))
    .join("");
}

function codeOf(character: string): string {
  if (character === "\n") return "newline";
  if (character === "\t") return "tab";
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}
