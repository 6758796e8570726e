import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { PART_SUFFIX } from "../core/names.ts";
import type { Claims } from "./claims.ts";
import type { Job } from "./job.ts";
import { findLeftOver, isOwnPart, removePart } from "./part-file.ts";
import { release } from "./task.ts";

/** Removes the part files of a download that will not go on; files that are in place stay. */
export async function removeParts(job: Job, claims: Claims): Promise<void> {
  for (const task of job.tasks()) {
    if (task.part === null) continue;
    await removePart(task.part);
    release(task, { claims });
  }
  if (!job.resumed) return;
  const { id: tag, added: ownSince, folder, into, name, kind } = job.record;
  if (kind === "file") {
    const path = await findLeftOver({ folder: into, name, tag, claims, ownSince });
    if (path !== null) await removePart(path);
  } else if (folder !== null) await sweep(folder, ownSince, claims);
}

/** Lets go of the part files, which stay on the disk: what is planned next finds them there. */
export function releaseParts(job: Job, claims: Claims): void {
  for (const { part } of job.tasks()) if (part !== null) claims.delete(part);
}

async function sweep(folder: string, since: number, claims: Claims): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await sweep(path, since, claims);
    else if (!entry.name.endsWith(PART_SUFFIX) || claims.has(path)) continue;
    else if (await isOwnPart(path, since)) await removePart(path);
  }
}
