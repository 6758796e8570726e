import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import pLimit, { type LimitFunction } from "p-limit";
import type { EntryRef } from "../../shared/entry.ts";
import { GroupShareError, reason, systemCode } from "../../shared/errors.ts";
import { makeFolders } from "../../shared/folders.ts";
import { numbered } from "../core/names.ts";
import { deepestFirst, type Listed, type PlannedFile, type PlannedFolder, place } from "../core/plan.ts";
import { downloadFile } from "./file.ts";
import { inWords, targetError } from "./target-error.ts";
import { type FileTask, newTask, type Outcome, type Run } from "./task.ts";
import { setFolderTime, type Tree } from "./tree.ts";

/** Files of one folder that are fetched at the same time. */
const FILES_AT_ONCE = 4;

/** Files in a row that nobody has, after which a folder's others are left for the next try. */
const STARVED_IN_A_ROW = 100;

/** All that is to be made of a folder, which is itself among the folders. */
export interface FolderPlan {
  readonly folders: PlannedFolder[];
  readonly files: PlannedFile[];
  /** Entries whose paths are not safe to write, in words. */
  readonly refused: string[];
}

/** A folder being downloaded: its plan and how far each file is. */
export interface FolderTask {
  readonly name: string;
  readonly plan: FolderPlan;
  readonly files: readonly FileTask[];
}

/** Plans a folder; `base` is its path in its share, `entries` all that is below. */
export async function planFolder(
  base: string,
  mtime: number,
  entries: AsyncIterable<Listed>,
  windows: boolean,
): Promise<FolderPlan> {
  const plan: FolderPlan = { folders: [{ at: [], mtime }], files: [], refused: [] };
  let count = 0;
  for await (const entry of entries) {
    const planned = place(base, entry, windows);
    if (planned.kind === "folder") plan.folders.push(planned.folder);
    else if (planned.kind === "file") plan.files.push(planned.file);
    else plan.refused.push(`"${planned.path}": ${planned.why}`);
    count += 1;
    if (count % 1_000 === 0) await nextTurn();
  }
  return plan;
}

export function folderTask(ref: EntryRef, name: string, plan: FolderPlan): FolderTask {
  const files = plan.files.map(({ at, name: file, path, size, mtime: time, root }) =>
    newTask({ ref: { ...ref, path }, size, mtime: time, root }, at, file),
  );
  return { name, plan, files };
}

/**
 * Makes the folder that a download gets for itself: `NAME`, `NAME (2)` and so on, the first that is free.
 * `earlier` is a folder that the same thing was downloaded into before: that one is gone on with.
 */
export async function makeOwnFolder(into: string, name: string, earlier: ReadonlySet<string>): Promise<string> {
  try {
    await makeFolders(into);
  } catch (thrown) {
    throw targetError(into, thrown);
  }
  for (let number = 1; number < 1_000; number++) {
    const path = join(into, numbered(name, number, "folder"));
    try {
      await mkdir(path);
      return path;
    } catch (thrown) {
      if (systemCode(thrown) !== "EEXIST") throw targetError(path, thrown);
      if (earlier.has(path)) return path;
    }
  }
  throw new GroupShareError(
    "unwritable",
    `Cannot write "${join(into, name)}": too many folders have this name already`,
    {
      hint: "move some of them away and resume",
    },
  );
}

/**
 * Downloads what is missing of a folder, a few files at a time, then sets the folders' times. A file that fails does
 * not stop the others; a full disk does. Fails when all is tried and some files cannot be had.
 */
export async function downloadFolder(task: FolderTask, run: Run, shared: LimitFunction): Promise<Outcome> {
  const failures = [...task.plan.refused];
  for (const { at } of task.plan.folders) {
    run.signal.throwIfAborted();
    await run.tree.folder(at).catch((thrown) => failures.push(inWords(thrown)));
  }
  const full = new AbortController();
  const inner: Run = { ...run, signal: AbortSignal.any([run.signal, full.signal]) };
  let why: string | null = null;
  let inARow = 0;
  const missing = task.files.filter((file) => file.target === null && file.failure === null);
  // Those that were not tried lately come first: each has its turn, though not all are tried each time.
  missing.sort((a, b) => a.starved - b.starved);
  await pLimit(FILES_AT_ONCE).map(missing, async (file) => {
    if (inner.signal.aborted || inARow >= STARVED_IN_A_ROW) return;
    const outcome = await shared(() => attempt(file, inner));
    inARow = outcome?.kind === "starved" ? inARow + 1 : 0;
    if (outcome?.kind === "starved") {
      why ??= outcome.why;
      file.starved += 1;
    }
    if (file.failure?.code === "disk-full") full.abort(file.failure);
  });
  run.signal.throwIfAborted();
  await setFolderTimes(task, run.tree);
  if (full.signal.aborted) {
    for (const file of task.files) if (file.failure?.code === "disk-full") file.failure = null;
    throw full.signal.reason;
  }
  if (why !== null) return { kind: "starved", why };
  for (const file of task.files) if (file.failure !== null) failures.push(inWords(file.failure));
  if (failures.length === 0) return { kind: "done" };
  const all = task.files.length + task.plan.folders.length + task.plan.refused.length;
  throw new GroupShareError(
    "internal",
    `Cannot download ${failures.length} of ${all} entries of "${task.name}"; the first: ${failures[0]}`,
  );
}

/** Downloads one file; what fails for good is kept with it. null where the download was stopped. */
async function attempt(file: FileTask, run: Run): Promise<Outcome | null> {
  try {
    return await downloadFile(file, run);
  } catch (thrown) {
    if (run.signal.aborted) return null;
    const known = thrown instanceof GroupShareError;
    file.failure = known
      ? thrown
      : new GroupShareError("internal", `Cannot download "${file.name}": ${reason(thrown)}`);
    return null;
  }
}

async function setFolderTimes(task: FolderTask, tree: Tree): Promise<void> {
  for (const { at, mtime } of deepestFirst(task.plan.folders)) {
    await tree
      .folder(at)
      .then((path) => setFolderTime(path, mtime))
      .catch(() => undefined);
  }
}
