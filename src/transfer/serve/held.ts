import type { Content, EntryRef } from "../../shared/entry.ts";
import { GroupShareError } from "../../shared/errors.ts";
import { fromHex } from "../../shared/hex.ts";
import type { OwnFile, TransfersOptions } from "../needs.ts";
import { sameVersion } from "../own-file.ts";

type Need = Pick<TransfersOptions, "catalog" | "openOwn" | "self">;

/** The content that a `ROOT-SIZE` names, or null where it names none. */
export function parseContent(text: string): Content | null {
  const [root = "", digits = "", ...rest] = text.split("-");
  const size = Number(digits);
  if (rest.length > 0 || fromHex(root, 32) === null || !/^[1-9][0-9]{0,15}$/.test(digits)) return null;
  return Number.isSafeInteger(size) ? { root, size } : null;
}

/**
 * Why an own file cannot be had: it is not offered, not there or no longer the same version; or the whole share is not
 * there, which says nothing of the file.
 */
export type Unheld = "missing" | "offline";

/** An own file as the catalog knows it. */
export async function openOffered(need: Need, ref: EntryRef, content: Content | null): Promise<OwnFile | Unheld> {
  const entry = await need.catalog.stat(ref);
  if (entry === null || entry.kind !== "file") return "missing";
  if (content !== null && (entry.root !== content.root || entry.size !== content.size)) return "missing";
  const unheld = entry.offline === true ? "offline" : "missing";
  let file: OwnFile;
  try {
    file = await need.openOwn(ref.share, ref.path, entry.root === null);
  } catch (thrown) {
    if (thrown instanceof GroupShareError) return unheld;
    throw thrown;
  }
  if (sameVersion(file, entry)) return file;
  await file.handle.close();
  return unheld;
}

/** Any own file that has this content, opened. */
export async function openHeld(need: Need, content: Content): Promise<OwnFile | Unheld> {
  let unheld: Unheld = "missing";
  for (const ref of await need.catalog.holders(content)) {
    if (ref.member !== need.self()) continue;
    const file = await openOffered(need, ref, content);
    if (typeof file !== "string") return file;
    if (file === "offline") unheld = file;
  }
  return unheld;
}
