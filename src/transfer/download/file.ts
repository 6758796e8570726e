import { fill } from "./fill.ts";
import { PartFile } from "./part-file.ts";
import { refresh } from "./refresh.ts";
import { findSpot, placeEmpty, placePart, type Recognise } from "./spot.ts";
import { discard, type FileTask, type Outcome, type Run, release } from "./task.ts";

/**
 * Downloads one file and puts it in place; `task.target` tells where. What was fetched stays in the part file whatever
 * happens, until the file is in place or turns out to be another one. Fails with a GroupShareError where only
 * a person can help, and with the signal's reason when it fires.
 */
export async function downloadFile(task: FileTask, run: Run): Promise<Outcome> {
  run.signal.throwIfAborted();
  await refresh(task, run, false);
  const folder = await run.tree.folder(task.at);
  const how: Recognise = { trustTime: run.resumedSince !== null, signal: run.signal };
  if (task.wanted.size === 0) return done(task, run, await placeEmpty(folder, task.name, task.wanted.mtime));

  const spot = await findSpot(folder, task.name, task.wanted, how);
  if (spot.there) {
    run.counters.add("filesAlreadyThere");
    await discard(task, run);
    return done(task, run, spot.path);
  }
  const part = await openPart(task, run, folder);
  let starved: string | null;
  try {
    starved = await fill(task, part, run);
    if (starved === null) await part.complete(task.wanted.mtime);
  } finally {
    await part.close();
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

async function openPart(task: FileTask, run: Run, folder: string): Promise<PartFile> {
  const { claims, id: tag, resumedSince: ownSince } = run;
  const { name, part: known, wanted } = task;
  const part = await PartFile.open({ folder, name, size: wanted.size, tag, claims, known, ownSince });
  task.part = part.path;
  try {
    // Without a root nothing proves that bytes found on the disk are of this version.
    if (known === null && wanted.root === null) await part.restart();
    else await part.takeOver(run.signal);
  } catch (thrown) {
    await part.close();
    throw thrown;
  }
  run.counters.add("bytesResumed", part.offset);
  run.progress.count(task, part.offset);
  return part;
}
