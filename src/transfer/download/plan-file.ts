import { rm } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import * as z from "zod";
import { readIfThere, replaceFile } from "../../shared/state-file.ts";
import type { FolderPlan } from "./folder.ts";

const at = z.array(z.string().min(1));
const size = z.number().int().nonnegative();
const root = z.string().length(64).nullable();
const line = z.union([
  z.object({ kind: z.literal("folder"), at, mtime: z.number() }),
  z.object({
    kind: z.literal("file"),
    at,
    name: z.string().min(1),
    path: z.string(),
    size,
    mtime: z.number(),
    root,
  }),
  z.object({ kind: z.literal("refused"), why: z.string() }),
  /** Comes last: without it the file is not whole. */
  z.object({ kind: z.literal("end"), format: z.literal(1) }),
]);

/** Lines read or written in one turn of the event loop. */
const TURN = 500;

/**
 * A folder's plan on disk, a JSON object a line, written once when it is made: with it a download goes on after
 * a restart even while the member that listed the folder is away and others give its files.
 */
export async function writePlan(path: string, plan: FolderPlan): Promise<void> {
  const lines: string[] = [];
  const add = async (value: z.infer<typeof line>) => {
    lines.push(`${JSON.stringify(value)}\n`);
    if (lines.length % TURN === 0) await nextTurn();
  };
  for (const folder of plan.folders) await add({ kind: "folder", at: [...folder.at], mtime: folder.mtime });
  for (const file of plan.files) await add({ kind: "file", ...file, at: [...file.at] });
  for (const why of plan.refused) await add({ kind: "refused", why });
  await add({ kind: "end", format: 1 });
  await replaceFile(path, lines.join(""));
}

/** The stored plan; null where there is none or it is damaged. */
export async function readPlan(path: string): Promise<FolderPlan | null> {
  const plan: FolderPlan = { folders: [], files: [], refused: [] };
  let whole = false;
  try {
    const text = (await readIfThere(path))?.toString("utf8") ?? "";
    let count = 0;
    for (const json of text.split("\n")) {
      if (json === "") continue;
      const entry = line.parse(JSON.parse(json));
      if (entry.kind === "folder") plan.folders.push(entry);
      else if (entry.kind === "file") plan.files.push(entry);
      else if (entry.kind === "refused") plan.refused.push(entry.why);
      else whole = true;
      count += 1;
      if (count % TURN === 0) await nextTurn();
    }
  } catch {
    return null;
  }
  return whole ? plan : null;
}

export async function removePlan(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => undefined);
}
