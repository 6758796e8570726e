import type { EntryRef } from "../../shared/entry.ts";
import { GroupShareError } from "../../shared/errors.ts";
import type { Wanted } from "../sources.ts";
import { discard, type FileTask, type Run } from "./task.ts";

/**
 * Looks up whether the catalog still lists what is wanted. A newer version is taken over where nothing was fetched of
 * the old one and `begun` is false; else that is told, never mixed. Not to be seen at all is no news: its member may
 * be away.
 */
export async function refresh(task: FileTask, run: Run, begun: boolean): Promise<void> {
  const { wanted } = task;
  const entry = await run.catalog.stat(wanted.ref);
  if (entry === null) {
    if (!(await memberIsHere(wanted.ref, run))) return;
    if (wanted.root !== null && (await run.sources.find(wanted)).length > 0) return;
    await discard(task, run);
    throw new GroupShareError("not-found", `Cannot download "${task.name}": it is no longer shared`, {
      hint: "look for it elsewhere in the group",
    });
  }
  const { kind, size, mtime, root } = entry;
  if (kind === "file" && sameFile(wanted, entry)) {
    // The root may have become known; a time that was set anew is taken over with it.
    task.wanted = { ref: wanted.ref, size, mtime: root === null ? wanted.mtime : mtime, root: wanted.root ?? root };
    return;
  }
  const fresh = !begun && task.counted === 0;
  await discard(task, run);
  if (kind === "file" && fresh) {
    task.wanted = { ref: wanted.ref, size, mtime, root };
    return;
  }
  throw new GroupShareError("changed", `Cannot go on with "${task.name}": it changed while it was being downloaded`, {
    hint: "resume to get the version that is there now",
  });
}

function sameFile(wanted: Wanted, entry: { size: number; mtime: number; root: string | null }): boolean {
  if (entry.size !== wanted.size) return false;
  if (wanted.root !== null && entry.root !== null) return wanted.root === entry.root;
  // Being hashed anew: not known to be another file until that is done.
  return wanted.root !== null || entry.mtime === wanted.mtime;
}

/** A share's own folder is seen as long as its member is here and shares it. */
async function memberIsHere(ref: EntryRef, run: Pick<Run, "catalog">): Promise<boolean> {
  return (await run.catalog.stat({ ...ref, path: "" })) !== null;
}
