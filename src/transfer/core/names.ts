import { LIMITS } from "../../shared/limits.ts";
import { utf8Length } from "../../shared/names.ts";
import { diskName, headOf } from "../../shared/paths.ts";

/** What the name of a file ends in while it is being downloaded. Shares never offer such files. */
export const PART_SUFFIX = ".groupshare-part";

/** The ending of a file's name with its dot, "" where it has none. `.profile` has none, nor has a very long one. */
function extension(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot > 0 && name.length - dot <= 16 ? name.slice(dot) : "";
}

/**
 * The name under which a component is written here. One that looks like a part file gets a mark, so that
 * another member's file is never taken for half of our own.
 */
export function targetName(component: string, windows: boolean): string {
  const name = diskName(component, windows);
  if (!name.toLowerCase().endsWith(PART_SUFFIX)) return name;
  return `${headOf(name, LIMITS.pathComponent - 1)}_`;
}

/** `NAME.ext` for 1, `NAME (2).ext` for 2 and so on; shortened where it would be longer than a file system takes. */
export function numbered(name: string, number: number, kind: "file" | "folder"): string {
  if (number < 2) return name;
  const ending = kind === "file" ? extension(name) : "";
  const suffix = ` (${number})${ending}`;
  return `${headOf(name.slice(0, name.length - ending.length), LIMITS.pathComponent - utf8Length(suffix))}${suffix}`;
}

/** The name of a file while it is being downloaded; `tag` makes it a download's own where the plain one is taken. */
export function partName(name: string, tag: string | null): string {
  const suffix = tag === null ? PART_SUFFIX : `.${tag}${PART_SUFFIX}`;
  return `${headOf(name, LIMITS.pathComponent - utf8Length(suffix))}${suffix}`;
}
