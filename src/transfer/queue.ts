import pLimit from "p-limit";
import type { EntryRef } from "../shared/entry.ts";
import { GroupShareError, reason } from "../shared/errors.ts";
import { Coalesced } from "./coalesced.ts";
import { backoff } from "./core/backoff.ts";
import { after, type Event, isFinished } from "./core/states.ts";
import type { Counters } from "./counters.ts";
import { newId, newRecord } from "./download/add.ts";
import { type AttemptNeed, attempt } from "./download/attempt.ts";
import { Claims } from "./download/claims.ts";
import { releaseParts, removeParts } from "./download/clean.ts";
import { type Download, Job } from "./download/job.ts";
import { removePlan } from "./download/plan-file.ts";
import { isOpen, type JobRecord, wishOf } from "./download/record.ts";
import { inWords } from "./download/target-error.ts";
import { Jobs } from "./jobs.ts";
import { Lookout } from "./lookout.ts";
import type { TransfersOptions } from "./needs.ts";
import { QueueFile } from "./queue-file.ts";
import type { Sources } from "./sources.ts";

/** Downloads that go on at the same time; the others are queued. */
const JOBS_AT_ONCE = 4;
/** Files fetched at the same time by all of them. */
const FILES_AT_ONCE = 8;
/** How often is looked, at most, which downloads can be forgotten, in milliseconds. */
const FORGET_MS = 1_000;

/** All downloads: which there are, which go on, and what is kept of them on disk. */
export class Queue {
  readonly #options: TransfersOptions;
  readonly #counters: Counters;
  readonly #tell: () => void;
  readonly #file: QueueFile;
  readonly #jobs = new Jobs();
  readonly #slots = pLimit(JOBS_AT_ONCE);
  readonly #need: AttemptNeed;
  readonly #forgetting: Coalesced;
  readonly #lookout: Lookout;
  #stopped = false;

  private constructor(options: TransfersOptions, sources: Sources, counters: Counters, tell: () => void) {
    this.#options = options;
    this.#counters = counters;
    this.#tell = tell;
    this.#file = new QueueFile(options.stateFile, options.clock, options.log, () => this.#jobs.records());
    this.#lookout = new Lookout({
      catalog: options.catalog,
      log: options.log,
      jobs: () => this.#jobs.all(),
      retry: (job) => this.#retry(job),
    });
    this.#forgetting = new Coalesced(FORGET_MS, options.clock, () => this.#forgetOld());
    this.#need = {
      options,
      sources,
      counters,
      claims: new Claims(),
      files: pLimit(FILES_AT_ONCE),
      planPath: (job) => this.#planPath(job),
      earlier: (job) => this.#jobs.earlier(job),
      saved: () => this.#file.save(),
    };
  }

  /** Reads the queue and goes on with what was going on. `tell` is called whenever something changed, often. */
  static async open(options: TransfersOptions, sources: Sources, counters: Counters, tell: () => void): Promise<Queue> {
    const queue = new Queue(options, sources, counters, tell);
    for (const record of await queue.#file.read()) {
      record.state = after(record.state, "reopen") ?? record.state;
      if (!isFinished(record.state)) record.error = null;
      else record.ended ??= record.added;
      if (record.path === "") record.path = options.path(record.ref);
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
    const batch = newId();
    const records = await Promise.all(refs.map((ref) => newRecord(ref, into, batch, this.#options)));
    const open = this.#jobs.all().filter(({ record }) => isOpen(record));
    const wishes = new Map(open.map((job) => [wishOf(job.record), job]));
    const jobs = records.map((record) => {
      const wish = wishOf(record);
      const same = wishes.get(wish);
      if (same === undefined) {
        const job = this.#take(record, false);
        wishes.set(wish, job);
        this.#schedule(job);
        return job;
      }
      if (same.record.state === "paused" || same.record.state === "failed") this.#resume(same);
      return same;
    });
    this.#forgetting.ask();
    this.#tell();
    await this.#file.save();
    return jobs.map((job) => this.#view(job));
  }

  list(): Download[] {
    return this.#jobs.all().map((job) => this.#view(job));
  }

  /** Stops it until `resume`; what is here stays. */
  async pause(id: string): Promise<Download> {
    const job = this.#jobs.find(id);
    this.#moveOrRefuse(job, "pause");
    this.#halt(job, "paused");
    await job.trying;
    return this.#view(job);
  }

  /** Goes on with one that was paused, failed or waits. */
  async resume(id: string): Promise<Download> {
    const job = this.#jobs.find(id);
    this.#resume(job);
    return this.#view(job);
  }

  /** Ends it for good: what is not complete is removed, files that are in place stay. */
  async cancel(id: string): Promise<Download> {
    const job = this.#jobs.find(id);
    this.#moveOrRefuse(job, "cancel");
    this.#halt(job, "cancelled");
    await job.trying;
    await removeParts(job, this.#need.claims).catch((thrown) => this.#options.log.warn(inWords(thrown)));
    await this.#tidy(job);
    this.#forgetting.ask();
    return this.#view(job);
  }

  /** Takes one that has ended off the list: files that are in place stay, what is here of one that failed goes. */
  async clear(id: string): Promise<Download> {
    const job = this.#jobs.find(id);
    if (!isFinished(job.record.state)) {
      const what = `Cannot clear "${job.record.path}": it is ${job.record.state}`;
      throw new GroupShareError("conflict", what, { hint: "cancel it first" });
    }
    const ended = this.#view(job);
    // Nothing brings a cancelled one back meanwhile.
    if (job.record.state === "failed") await this.cancel(id);
    await job.trying;
    this.#jobs.remove(job);
    this.#tell();
    await this.#file.save();
    return ended;
  }

  /** Members came, went, or list other files: tries at once what waits and somebody may give now who could not before. */
  retryWaiting(): void {
    this.#lookout.look();
  }

  /** Stops everything, to go on at the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#forgetting.stop();
    this.#lookout.stop();
    for (const job of this.#jobs.all()) this.#halt(job, "stopped");
    await Promise.all(this.#jobs.all().map((job) => job.trying));
    await this.#file.stop();
  }

  #take(record: JobRecord, resumed: boolean): Job {
    const job = new Job(record, resumed, {
      now: () => this.#options.clock.now(),
      changed: () => this.#changed(),
      received: (bytes) => this.#counters.add("bytesReceived", bytes),
    });
    this.#jobs.add(job);
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
      await this.#lookout.note(job);
      const outcome = await attempt(job, this.#need, stop.signal);
      if (outcome.kind === "done") {
        await this.#tidy(job);
        if (this.#move(job, "finish")) job.record.done = job.record.size;
        this.#forgetting.ask();
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
    // Whoever came during the try was not waited for then.
    this.#lookout.look();
  }

  #retry(job: Job): void {
    clearTimer(job);
    if (!this.#stopped && this.#move(job, "retry")) this.#schedule(job);
  }

  #fail(job: Job, thrown: unknown): void {
    if (!this.#move(job, "fail")) return;
    job.record.error = inWords(thrown);
    this.#options.log.warn("a download failed", { path: job.record.path, why: job.record.error });
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
      job.record.ended = isFinished(next) ? this.#options.clock.wall() : null;
      this.#changed();
    }
    return true;
  }

  #moveOrRefuse(job: Job, event: "pause" | "resume" | "cancel"): void {
    if (this.#move(job, event)) return;
    throw new GroupShareError("conflict", `Cannot ${event} "${job.record.path}": it is ${job.record.state} already`);
  }

  #changed(): void {
    this.#tell();
    this.#file.ask();
  }

  #forgetOld(): void {
    const old = this.#jobs.old(this.#options.clock.wall());
    for (const job of old) {
      this.#jobs.remove(job);
      void removePlan(this.#planPath(job));
    }
    if (old.length > 0) this.#changed();
  }

  #planPath(job: Job): string {
    return `${this.#options.stateFile}.${job.record.id}.plan`;
  }

  #view(job: Job): Download {
    return job.view((member) => this.#options.name(member));
  }
}

function clearTimer(job: Job): void {
  if (job.retry !== null) clearTimeout(job.retry);
  job.retry = null;
}
