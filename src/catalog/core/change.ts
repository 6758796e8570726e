import type { Change } from "../../shared/entry.ts";
import { nameRefusal } from "../../shared/names.ts";
import { pathComponents } from "../../shared/paths.ts";

/** One change of a member's list as it travels: a `Change` without what never leaves its machine. */
export type ListChange = Exclude<Change, { kind: "file" }> | Omit<Extract<Change, { kind: "file" }>, "stat">;

/** The furthest a Date reaches, in milliseconds either side of 1970 (ECMA-262 §21.4.1.1). */
const MAX_TIME = 8.64e15;
const SHARE_ID = /^[0-9a-f]{16}$/;
const ROOT = /^[0-9a-f]{64}$/;

/**
 * The components of a change's path, or why the change is not taken. The same rule at the origin, before a change
 * is numbered, and at everyone who receives it: so that all lists stay equal.
 */
export function checkChange(change: ListChange): string[] | { refused: string } {
  if (!SHARE_ID.test(change.share)) return { refused: "its share id is not 16 hex digits" };
  if (change.kind === "unshare") return [];
  if (change.kind === "share") {
    const refused = nameRefusal(change.name);
    return refused === null ? [] : { refused: `its share name: ${refused}` };
  }
  if (change.kind !== "gone" && !(Number.isSafeInteger(change.mtime) && Math.abs(change.mtime) <= MAX_TIME)) {
    return { refused: "its time is out of range" };
  }
  if (change.kind === "file") {
    if (change.path === "") return { refused: "a file has the path of the share itself" };
    if (!Number.isSafeInteger(change.size) || change.size < 0) return { refused: "its size is out of range" };
    if (change.root !== null && (change.size === 0 || !ROOT.test(change.root))) {
      return { refused: "its content is not one" };
    }
  }
  return pathComponents(change.path);
}
