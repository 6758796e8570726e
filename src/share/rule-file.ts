import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { systemCode } from "../shared/errors.ts";
import { withoutPath } from "./look.ts";

/** Says what is left out of the folder that it is in, and of all below: in gitignore syntax. */
export const RULE_FILE = ".groupshareignore";

/** More is no list that a person keeps. Bytes, rules, and UTF-16 units of one rule. */
const FILE_BYTES = 64 << 10;
const FILE_RULES = 1_000;
const RULE_LENGTH = 1_024;
/** Each `**` of a rule may stand for any number of folders, and all their combinations are tried. */
const RULE_GLOBSTARS = 3;
const FILE_GLOBSTARS = 200;

/**
 * What a folder's rule file says. `broken`: it is there and cannot be used as it stands, for this reason. `away`: a
 * file system that answers with an error has not said that there is none.
 */
export type RuleText =
  | { readonly kind: "none" }
  | { readonly kind: "rules"; readonly signature: string; readonly lines: readonly string[] }
  | { readonly kind: "broken"; readonly signature: string; readonly why: string }
  | { readonly kind: "away" };

/** As git does with its own, a link is not followed: it is as if there were none. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);

/** Reads the rule file at a path on disk, unless its signature is the one known. Synchronous: see explore.ts. */
export function readRules(path: string, known: string | null): RuleText | "same" {
  let file: number;
  try {
    file = openSync(path, FLAGS);
  } catch (thrown) {
    const code = systemCode(thrown) ?? "";
    if (["ENOENT", "ENOTDIR", "ELOOP", "EMLINK", "ENXIO", "EISDIR"].includes(code)) return { kind: "none" };
    if (code !== "EACCES" && code !== "EPERM") return { kind: "away" };
    return { kind: "broken", signature: "", why: `cannot be read: ${withoutPath(thrown)}` };
  }
  try {
    const stats = fstatSync(file, { bigint: true });
    if (!stats.isFile()) return { kind: "none" };
    const signature = [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(":");
    if (signature === known) return "same";
    const bytes = Buffer.alloc(FILE_BYTES + 1);
    let length = 0;
    for (let got = -1; got !== 0 && length < bytes.length; length += got) {
      got = readSync(file, bytes, length, bytes.length - length, null);
    }
    return { signature, ...parseRules(bytes.subarray(0, length)) };
  } catch {
    return { kind: "away" };
  } finally {
    closeSync(file);
  }
}

function parseRules(bytes: Uint8Array): { kind: "rules"; lines: string[] } | { kind: "broken"; why: string } {
  const broken = (why: string) => ({ kind: "broken", why }) as const;
  if (bytes.length > FILE_BYTES) return broken(`is larger than ${FILE_BYTES} bytes`);
  const text = decodeText(bytes);
  if (text === null) return broken("is not UTF-8");
  const lines: string[] = [];
  let globstars = 0;
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line === "" || line.startsWith("#")) continue;
    if (line.length > RULE_LENGTH) return broken(`has a rule of more than ${RULE_LENGTH} characters in line ${at + 1}`);
    const here = line.match(/\*\*/g)?.length ?? 0;
    globstars += here;
    if (here > RULE_GLOBSTARS) {
      return broken(`has a rule with more than ${RULE_GLOBSTARS} times "**" in line ${at + 1}`);
    }
    lines.push(line);
  }
  if (globstars > FILE_GLOBSTARS) return broken(`has more than ${FILE_GLOBSTARS} times "**"`);
  return lines.length > FILE_RULES ? broken(`has more than ${FILE_RULES} rules`) : { kind: "rules", lines };
}

/** UTF-8, or UTF-16 that says so by its first bytes, as Windows writes it; null where it is neither: read as text, it would hide nothing. */
function decodeText(bytes: Uint8Array): string | null {
  const mark = `${bytes[0]} ${bytes[1]}`;
  const encoding = mark === "255 254" ? "utf-16le" : mark === "254 255" ? "utf-16be" : "utf-8";
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    return text.includes("\0") ? null : text;
  } catch {
    return null;
  }
}
