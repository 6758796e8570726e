import { join } from "node:path";
import type { LimitFunction } from "p-limit";
import { GroupShareError } from "../../shared/errors.ts";
import type { Counters } from "../counters.ts";
import type { TransfersOptions } from "../needs.ts";
import type { Sources } from "../sources.ts";
import type { Claims } from "./claims.ts";
import { downloadFile } from "./file.ts";
import { downloadFolder, type FolderPlan, type FolderTask, folderTask, makeOwnFolder, planFolder } from "./folder.ts";
import type { Job } from "./job.ts";
import { readPlan, writePlan } from "./plan-file.ts";
import { inWords } from "./target-error.ts";
import { newTask, type Outcome, type Run } from "./task.ts";
import { Tree } from "./tree.ts";

const WINDOWS = process.platform === "win32";
/** How often a folder that changes while it is listed is listed again. */
const LISTINGS = 3;

export interface AttemptNeed {
  readonly options: TransfersOptions;
  readonly sources: Sources;
  readonly counters: Counters;
  readonly claims: Claims;
  /** Files fetched at the same time by all downloads together. */
  readonly files: LimitFunction;
  planPath(job: Job): string;
  /** Folders that the same thing was downloaded into before. */
  earlier(job: Job): ReadonlySet<string>;
  /** Resolves when the queue is on disk as it is now. */
  saved(): Promise<void>;
}

/** Nobody here knows of it; that may change. */
const UNSEEN: Outcome = { kind: "starved", why: "the member that shares it is not here" };

/** Tries to get all of a download that is not there yet. */
export async function attempt(job: Job, need: AttemptNeed, signal: AbortSignal): Promise<Outcome> {
  const { record } = job;
  if (record.kind === "file" && record.wanted === null) await chooseVersion(job, need, signal);
  return record.kind === "file" ? await attemptFile(job, need, signal) : await attemptFolder(job, need, signal);
}

/** Takes the version that is there now. */
async function chooseVersion({ record }: Job, { options }: AttemptNeed, signal: AbortSignal): Promise<void> {
  const entry = await options.catalog.stat(record.ref, signal);
  if (entry === null) return;
  record.kind = entry.kind;
  record.size = entry.size;
  if (entry.kind === "file") record.wanted = { size: entry.size, mtime: entry.mtime, root: entry.root };
}

async function attemptFile(job: Job, need: AttemptNeed, signal: AbortSignal): Promise<Outcome> {
  const { record } = job;
  if (record.wanted === null) return await unseen(job, need, signal);
  if (job.file === null) {
    job.file = newTask({ ref: record.ref, ...record.wanted }, [], record.name);
    job.file.counted = record.done;
  }
  const task = job.file;
  const run = runOf(job, need, await openTree(record.into, need), signal);
  try {
    return await need.files(() => downloadFile(task, run));
  } catch (thrown) {
    const other = thrown instanceof GroupShareError && (thrown.code === "changed" || thrown.code === "not-found");
    if (other) job.file = null;
    throw thrown;
  } finally {
    const { size, mtime, root } = task.wanted;
    record.size = size;
    record.wanted = job.file === null ? null : { size, mtime, root };
    record.target = task.target ?? record.target;
  }
}

async function attemptFolder(job: Job, need: AttemptNeed, signal: AbortSignal): Promise<Outcome> {
  const { record } = job;
  job.folder ??= await plan(job, need, signal);
  if (job.folder === null) return await unseen(job, need, signal);
  if (record.folder === null) {
    mustTake(join(record.into, record.name), need);
    record.folder = await makeOwnFolder(record.into, record.name, need.earlier(job));
    record.target = record.folder;
    await need.saved();
  }
  return await downloadFolder(job.folder, runOf(job, need, await openTree(record.folder, need), signal), need.files);
}

function openTree(path: string, need: AttemptNeed): Promise<Tree> {
  mustTake(path, need);
  return Tree.open(path);
}

/** Throws where nothing may be written just now. */
function mustTake(path: string, { options }: AttemptNeed): void {
  const refusal = options.refusesWrite(path);
  if (refusal !== null) throw refusal;
}

/** The folder's entries as they are listed now, else as they were when it was begun. null where neither is to be had. */
async function plan(job: Job, need: AttemptNeed, signal: AbortSignal): Promise<FolderTask | null> {
  const { record } = job;
  const { catalog, log } = need.options;
  for (let listing = 1; listing <= LISTINGS; listing++) {
    const entry = await catalog.stat(record.ref, signal);
    if (entry === null) break;
    if (entry.kind !== "folder") throw nowAFile(record.name);
    const listed = await planFolder(record.ref.path, entry.mtime, catalog.walk(record.ref, signal), WINDOWS);
    // A member that goes while its folder is listed would leave half a list that looks like a whole one.
    const whole = (await catalog.stat(record.ref, signal)) !== null;
    if (!whole || (fileCount(listed) < entry.files && listing < LISTINGS)) continue;
    await writePlan(need.planPath(job), listed).catch((thrown) => log.warn(inWords(thrown)));
    return begin(job, listed);
  }
  const kept = await readPlan(need.planPath(job));
  return kept === null ? null : begin(job, kept);
}

function begin({ record }: Job, listed: FolderPlan): FolderTask {
  record.size = listed.files.reduce((sum, { size }) => sum + size, 0);
  record.done = 0;
  return folderTask(record.ref, record.name, listed);
}

function nowAFile(name: string): GroupShareError {
  return new GroupShareError("changed", `Cannot download "${name}": it was a folder and is a file now`, {
    hint: "cancel this and download the file",
  });
}

const fileCount = (listed: FolderPlan): number => listed.files.length + listed.refused.length;

/** What it means that the catalog has no such entry: gone for good, or only its member away. */
async function unseen({ record }: Job, { options }: AttemptNeed, signal: AbortSignal): Promise<Outcome> {
  if ((await options.catalog.stat({ ...record.ref, path: "" }, signal)) === null) return UNSEEN;
  throw new GroupShareError("not-found", `Cannot download "${record.name}": it is no longer shared`, {
    hint: "look for it elsewhere in the group",
  });
}

function runOf(job: Job, need: AttemptNeed, tree: Tree, signal: AbortSignal): Run {
  const { options, sources, counters, claims } = need;
  const { id, added } = job.record;
  return {
    id,
    tree,
    sources,
    counters,
    claims,
    signal,
    catalog: options.catalog,
    log: options.log,
    progress: job,
    name: (member) => options.name(member),
    resumedSince: job.resumed ? added : null,
  };
}
