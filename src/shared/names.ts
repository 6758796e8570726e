import { LIMITS } from "./limits.ts";

/** Length in UTF-8 bytes; a lone surrogate counts as the three bytes of its replacement. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const FORBIDDEN = /[/\\\u0000-\u001f\u007f-\u009f]/;

/** Why a text cannot name a member or a share, or null where it can. */
export function nameRefusal(name: string): string | null {
  if (name === "") return "it is empty";
  if (!name.isWellFormed()) return "it is not valid Unicode";
  if (name !== name.normalize("NFC")) return "it is not in Unicode normal form C";
  if (utf8Length(name) > LIMITS.name) return `it is longer than ${LIMITS.name} bytes`;
  if (FORBIDDEN.test(name)) return "it holds a slash, a backslash or a control character";
  if (name.startsWith("@") || name.startsWith(".")) return 'it starts with "@" or "."';
  if (name.trim() !== name) return "it starts or ends with a space";
  return null;
}

/** The nearest text that can name a member or a share, such as for a folder's or a computer's own name. */
export function toName(text: string, otherwise: string): string {
  let name = text
    .toWellFormed()
    .normalize("NFC")
    .replaceAll(new RegExp(FORBIDDEN, "g"), " ")
    .replace(/^[@.\s]+/, "")
    .trim();
  while (utf8Length(name) > LIMITS.name) name = Array.from(name).slice(0, -1).join("").trimEnd();
  return nameRefusal(name) === null ? name : otherwise;
}

/**
 * A member's name in gossip: slug of its display name at first start, `-`, first 16 hex digits of its member id.
 * The suffix ties the name to the key, so that nobody can take another's name.
 */
export function toWireName(displayName: string, memberId: string): string {
  const slug = displayName
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 32)
    .replace(/-+$/, "");
  return `${slug === "" ? "member" : slug}-${memberId.slice(0, 16)}`;
}

/** Whether a wire name carries the member id that its meta states. */
export function wireNameFits(wireName: string, memberId: string): boolean {
  return wireName.endsWith(`-${memberId.slice(0, 16)}`);
}
