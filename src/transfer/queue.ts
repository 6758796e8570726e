import { resolve } from "node:path";
import pLimit from "p-limit";
import type { EntryRef } from "../shared/entry.ts";
import { GroupShareError, reason } from "../shared/errors.ts";
import { backoff } from "./core/backoff.ts";
import { after, type Event, isFinished } from "./core/states.ts";
import type { Counters } from "./counters.ts";
import { newRecord } from "./download/add.ts";
import { type AttemptNeed, attempt } from "./download/attempt.ts";
import { releaseParts, removeParts } from "./download/clean.ts";
import { type Download, Job } from "./download/job.ts";
import { removePlan } from "./download/plan-file.ts";
import type { JobRecord } from "./download/record.ts";
import { inWords } from "./download/target-error.ts";
import type { TransfersOptions } from "./needs.ts";
import { QueueFile } from "./queue-file.ts";
import type { Sources } from "./sources.ts";

/** Downloads that go on at the same time; the others are queued. */
const JOBS_AT_ONCE = 4;
/** Files fetched at the same time by all of them. */
const FILES_AT_ONCE = 8;
/** Finished downloads that are remembered. */
const REMEMBERED = 200;

/** All downloads: which there are, which go on, and what is kept of them on disk. */
export class Queue {
  readonly #options: TransfersOptions;
  readonly #counters: Counters;
  readonly #tell: () => void;
  readonly #file: QueueFile;
  readonly #jobs = new Map<string, Job>();
  readonly #slots = pLimit(JOBS_AT_ONCE);
  readonly #need: AttemptNeed;
  #stopped = false;

  private constructor(options: TransfersOptions, sources: Sources, counters: Counters, tell: () => void) {
    this.#options = options;
    this.#counters = counters;
    this.#tell = tell;
    const records = () => [...this.#jobs.values()].map((job) => job.record);
    this.#file = new QueueFile(options.stateFile, options.clock, options.log, records);
    this.#need = {
      options,
      sources,
      counters,
      claims: new Set(),
      files: pLimit(FILES_AT_ONCE),
      planPath: (job) => this.#planPath(job),
      earlier: (job) => this.#earlier(job),
      saved: () => this.#file.save(),
    };
  }

  /** Reads the queue and goes on with what was going on. `tell` is called whenever something changed, often. */
  static async open(options: TransfersOptions, sources: Sources, counters: Counters, tell: () => void): Promise<Queue> {
    const queue = new Queue(options, sources, counters, tell);
    for (const record of await queue.#file.read()) {
      record.state = after(record.state, "reopen") ?? record.state;
      if (!isFinished(record.state)) record.error = null;
      const job = queue.#take(record, true);
      if (record.state === "queued") queue.#schedule(job);
    }
    return queue;
  }

  /**
   * Queues downloads, all or, where one of them cannot be had, none. One that is under way already for the same thing
   * and folder is returned instead of a second one, and resumed if it was stopped.
   */
  async add(refs: readonly EntryRef[], into: string): Promise<Download[]> {
    const records = await Promise.all(refs.map((ref) => newRecord(ref, into, this.#options)));
    const jobs = records.map((record) => {
      const same = [...this.#jobs.values()].find((job) => isSameWish(job.record, record) && isOpen(job.record));
      if (same === undefined) {
        const job = this.#take(record, false);
        this.#schedule(job);
        return job;
      }
      if (same.record.state === "paused" || same.record.state === "failed") this.#resume(same);
      return same;
    });
    this.#forgetOld();
    this.#tell();
    await this.#file.save();
    return jobs.map((job) => this.#view(job));
  }

  list(): Download[] {
    return [...this.#jobs.values()].map((job) => this.#view(job));
  }

  /** Stops it until `resume`; what is here stays. */
  async pause(id: string): Promise<Download> {
    const job = this.#find(id);
    this.#moveOrRefuse(job, "pause");
    this.#halt(job, "paused");
    await job.trying;
    return this.#view(job);
  }

  /** Goes on with one that was paused, failed or waits. */
  async resume(id: string): Promise<Download> {
    const job = this.#find(id);
    this.#resume(job);
    return this.#view(job);
  }

  /** Ends it for good: what is not complete is removed, files that are in place stay. */
  async cancel(id: string): Promise<Download> {
    const job = this.#find(id);
    this.#moveOrRefuse(job, "cancel");
    this.#halt(job, "cancelled");
    await job.trying;
    await removeParts(job, this.#need.claims).catch((thrown) => this.#options.log.warn(inWords(thrown)));
    await this.#tidy(job);
    this.#forgetOld();
    return this.#view(job);
  }

  /** Tries what waits again, at once. */
  retryWaiting(): void {
    for (const job of this.#jobs.values()) if (job.record.state === "waiting") this.#retry(job);
  }

  /** Stops everything, to go on at the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const job of this.#jobs.values()) this.#halt(job, "stopped");
    await Promise.all([...this.#jobs.values()].map((job) => job.trying));
    await this.#file.stop();
  }

  #take(record: JobRecord, resumed: boolean): Job {
    const job = new Job(record, resumed, {
      now: () => this.#options.clock.now(),
      changed: () => this.#changed(),
      received: (bytes) => this.#counters.add("bytesReceived", bytes),
    });
    this.#jobs.set(record.id, job);
    return job;
  }

  #schedule(job: Job): void {
    void this.#slots(async () => {
      // One try at a time: the one before may still be ending.
      await job.trying;
      if (this.#stopped || job.record.state !== "queued") return;
      this.#move(job, "start");
      job.trying = this.#try(job);
      await job.trying;
    }).catch((thrown) => this.#options.log.error("a download could not be tried", { why: reason(thrown) }));
  }

  async #try(job: Job): Promise<void> {
    const stop = new AbortController();
    job.stop = stop;
    try {
      const outcome = await attempt(job, this.#need, stop.signal);
      if (outcome.kind === "done") {
        await this.#tidy(job);
        if (this.#move(job, "finish")) job.record.done = job.record.size;
        this.#forgetOld();
      } else if (!stop.signal.aborted) this.#wait(job, outcome.why);
    } catch (thrown) {
      if (!stop.signal.aborted) this.#fail(job, thrown);
    } finally {
      job.rest();
    }
  }

  #wait(job: Job, why: string): void {
    if (!this.#move(job, "starve")) return;
    job.record.error = `waiting for somebody who has it: ${why}`;
    job.fruitless += 1;
    const pause = backoff(job.fruitless, this.#options.random.next());
    job.retry = setTimeout(() => this.#retry(job), pause);
  }

  #retry(job: Job): void {
    clearTimer(job);
    if (!this.#stopped && this.#move(job, "retry")) this.#schedule(job);
  }

  #fail(job: Job, thrown: unknown): void {
    if (!this.#move(job, "fail")) return;
    job.record.error = inWords(thrown);
    this.#options.log.warn("a download failed", { path: this.#options.path(job.record.ref), why: job.record.error });
  }

  #resume(job: Job): void {
    const { state } = job.record;
    this.#moveOrRefuse(job, "resume");
    if (state === "failed") {
      // What is there now is looked at afresh; blame and failures are forgotten.
      releaseParts(job, this.#need.claims);
      job.resumed = true;
      job.file = null;
      job.folder = null;
    }
    clearTimer(job);
    job.fruitless = 0;
    if (state !== "downloading" && state !== "queued") this.#schedule(job);
  }

  /** Lets go of all that only going on needs. */
  async #tidy(job: Job): Promise<void> {
    releaseParts(job, this.#need.claims);
    job.file = null;
    job.folder = null;
    await removePlan(this.#planPath(job));
  }

  #halt(job: Job, why: string): void {
    clearTimer(job);
    job.stop?.abort(new Error(why));
  }

  /** Brings a download into its next state, with the news of it; false where the event means nothing now. */
  #move(job: Job, event: Event): boolean {
    const next = after(job.record.state, event);
    if (next === null) return false;
    if (next !== job.record.state) {
      job.record.state = next;
      job.record.error = null;
      this.#changed();
    }
    return true;
  }

  #moveOrRefuse(job: Job, event: "pause" | "resume" | "cancel"): void {
    if (this.#move(job, event)) return;
    const path = this.#options.path(job.record.ref);
    throw new GroupShareError("conflict", `Cannot ${event} "${path}": it is ${job.record.state} already`);
  }

  #changed(): void {
    this.#tell();
    this.#file.ask();
  }

  #forgetOld(): void {
    const finished = [...this.#jobs.values()].filter(({ record }) => isFinished(record.state));
    for (const job of finished.slice(0, Math.max(0, finished.length - REMEMBERED))) {
      this.#jobs.delete(job.record.id);
      void removePlan(this.#planPath(job));
    }
  }

  #earlier(job: Job): ReadonlySet<string> {
    const same = [...this.#jobs.values()].filter((other) => other !== job && isSameWish(other.record, job.record));
    return new Set(same.flatMap(({ record }) => record.folder ?? []));
  }

  #find(id: string): Job {
    const job = this.#jobs.get(id);
    if (job === undefined) {
      throw new GroupShareError("not-found", `Cannot find download "${id}"`, { hint: "see: groupshare downloads" });
    }
    return job;
  }

  #planPath(job: Job): string {
    return `${this.#options.stateFile}.${job.record.id}.plan`;
  }

  #view(job: Job): Download {
    return job.view(this.#options.path(job.record.ref), (member) => this.#options.name(member));
  }
}

function isSameWish(a: JobRecord, b: JobRecord): boolean {
  const same = a.ref.member === b.ref.member && a.ref.share === b.ref.share && a.ref.path === b.ref.path;
  return same && resolve(a.into) === resolve(b.into);
}

function isOpen({ state }: JobRecord): boolean {
  return state !== "done" && state !== "cancelled";
}

function clearTimer(job: Job): void {
  if (job.retry !== null) clearTimeout(job.retry);
  job.retry = null;
}
