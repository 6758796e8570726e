import { stat } from "node:fs/promises";
import { fill, NOBODY } from "./fill.ts";
import { PartFile } from "./part-file.ts";
import { refresh } from "./refresh.ts";
import { findSpot, placeEmpty, placePart, type Recognise } from "./spot.ts";
import { discard, type FileTask, leftOver, type Outcome, type Run, release } from "./task.ts";

/**
 * Downloads one file and puts it in place; `task.target` tells where. What was fetched stays in the part file whatever
 * happens, until the file is in place or turns out to be another one. Fails with a GroupShareError where only
 * a person can help, and with the signal's reason when it fires.
 */
export async function downloadFile(task: FileTask, run: Run): Promise<Outcome> {
  run.signal.throwIfAborted();
  await refresh(task, run, false);
  const { size } = task.wanted;
  // Only where there may be something here to read is it worth to ask first whether anybody gives the rest.
  const again = size > 0 && (task.looked || run.resumedSince !== null);
  const hopeless = again && (await run.sources.find(task.wanted)).length === 0;
  // The disk was looked at in an earlier try already.
  if (hopeless && task.looked) return { kind: "starved", why: NOBODY };
  const folder = await run.tree.folder(task.at);
  const how: Recognise = { trustTime: run.resumedSince !== null, signal: run.signal };
  if (size === 0) return done(task, run, await placeEmpty(folder, task.name, task.wanted.mtime));

  const spot = await findSpot(folder, task.name, task.wanted, how);
  if (spot.there) {
    run.counters.add("filesAlreadyThere");
    await discard(task, run);
    return done(task, run, spot.path);
  }
  task.looked = true;
  if (hopeless && (await sizeOfPart(task, run)) < size) return { kind: "starved", why: NOBODY };
  const part = await openPart(task, run, folder);
  let starved: string | null;
  try {
    starved = await fill(task, part, run);
    if (starved === null) await part.complete(task.wanted.mtime);
  } finally {
    task.kept = await part.close();
  }
  if (starved !== null) return { kind: "starved", why: starved };
  run.signal.throwIfAborted();
  const target = await placePart(part.path, folder, task.name, task.wanted, how);
  release(task, run);
  run.counters.add("filesDone");
  return done(task, run, target);
}

function done(task: FileTask, run: Run, target: string): Outcome {
  task.target = target;
  run.progress.count(task, task.wanted.size);
  return { kind: "done" };
}

/** Bytes of what an earlier run left of a file, by its size alone. It is kept from other downloads until it is gone on with. */
async function sizeOfPart(task: FileTask, run: Run): Promise<number> {
  if (task.wanted.root === null && !task.begun) return 0; // nothing that it is of this version
  task.part ??= await leftOver(task, run);
  if (task.part === null) return 0;
  run.claims.add(task.part);
  const size = await stat(task.part).then(
    (found) => found.size,
    () => 0,
  );
  run.progress.count(task, Math.min(size, task.wanted.size));
  return size;
}

async function openPart(task: FileTask, run: Run, folder: string): Promise<PartFile> {
  const { claims, id: tag, resumedSince: ownSince } = run;
  const { name, part: known, wanted, begun, kept } = task;
  const part = await PartFile.open({ folder, tree: run.tree, name, size: wanted.size, tag, claims, known, ownSince });
  task.part = part.path;
  task.kept = null;
  try {
    // Without a root nothing proves that bytes found on the disk are of this version.
    if (!begun && wanted.root === null) await part.restart();
    else if (!(await part.recall(kept))) await part.takeOver(run.signal);
    task.begun = true;
  } catch (thrown) {
    await part.close();
    throw thrown;
  }
  if (!begun) run.counters.add("bytesResumed", part.offset);
  run.progress.count(task, part.offset);
  return part;
}
