import { setTimeout as pause } from "node:timers/promises";
import type { Change, Known, Page } from "../shared/entry.ts";
import { reason } from "../shared/errors.ts";
import type { Log } from "../shared/log.ts";
import { type SpawnWorker, WorkerCaller } from "../shared/worker-call.ts";
import { Hashers } from "./hashers.ts";
import type { HashProgress, ScanMethods, ScannedShare, ScanReport, ShareCounters, Timing } from "./protocol.ts";

/** Waits between tries of what must not be given up, in milliseconds. */
const FIRST_RETRY = 1_000;
const LAST_RETRY = 30_000;
/** What a hasher is given beside each other: so the next files are there in time, and small ones do not wait for a large one. */
const LANES = [0, 1];
/** For what somebody asks for, on one hasher: however large the files that it is at. */
const URGENT = 2;
/** How long stopping waits for workers, in milliseconds. */
const STOP = 2_000;

export interface PipelineOptions {
  readonly spawn: SpawnWorker;
  readonly hashers: number;
  readonly timing: Timing;
  readonly log: Log;
  known(share: string, after: string | null): Promise<Page<Known>>;
  commit(changes: readonly Change[]): Promise<void>;
  /** What was found, once it is committed. */
  committed(report: ScanReport): void;
  /** What was found cannot be committed just now, in words; null when it can again. */
  unrecorded(why: string | null): void;
  /** Nothing is found any more. */
  broken(why: string): void;
  /** This was read. */
  read(progress: HashProgress): void;
}

/** Moves what the workers find along: from the scan to the catalog, from the scan to the hashers and back. */
export class Pipeline {
  readonly #options: PipelineOptions;
  readonly scan: WorkerCaller<ScanMethods>;
  readonly #hashers: Hashers;
  readonly #stopping = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  #committing: Promise<unknown> = Promise.resolve();
  /** The last commit failed. */
  #failing = false;
  counters: ShareCounters = { filesHashed: 0, bytesHashed: 0, scans: 0, skipped: 0 };

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.scan = new WorkerCaller<ScanMethods>(options.spawn("scan"));
    this.#hashers = new Hashers(options);
  }

  async run(): Promise<void> {
    await this.scan.call("configure", this.#options.timing);
    const loops = [this.#record()];
    for (let at = 0; at < this.#options.hashers; at++) for (const lane of LANES) loops.push(this.#hash(at, lane));
    loops.push(this.#hash(0, URGENT));
    this.#running = Promise.all(
      loops.map((loop) =>
        loop.catch((thrown: unknown) => {
          if (this.#stopped) return;
          this.#options.log.error("Sharing has stopped", { why: reason(thrown) });
          this.#options.broken(reason(thrown));
        }),
      ),
    );
  }

  /** Has a share looked after, starting from what the catalog knows of it. */
  async begin(share: ScannedShare, wanted: () => boolean): Promise<void> {
    await this.scan.call("start", share);
    let after: string | null = null;
    do {
      const page: Page<Known> | null = await this.#insist(
        `Cannot read what is known of the share "${share.name}"`,
        () => this.#options.known(share.id, after),
        wanted,
      );
      if (page === null) return;
      await this.scan.call("load", share.id, page.items);
      after = page.next;
    } while (after !== null);
    await this.scan.call("begin", share.id);
  }

  /** Nothing is hashed, or hashing goes on. */
  async pause(paused: boolean): Promise<void> {
    await Promise.all([this.scan.call("pause", paused), this.#hashers.pause(paused)]);
  }

  /** Bytes read of files of a share that are being hashed. */
  ahead(share: string): number {
    return this.#hashers.ahead(share);
  }

  /** Ends the workers. A commit that was begun is waited for; a worker stuck in the file system is not, for long. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const closing = Promise.all([this.scan.close(), this.#hashers.close()]);
    const late = new AbortController();
    const ended = Promise.all([closing, this.#running]);
    await Promise.race([ended, pause(STOP, undefined, { signal: late.signal }).catch(() => undefined)]);
    late.abort();
    await this.#committing;
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #record(): Promise<void> {
    while (!this.#stopped) {
      const report = await this.scan.call("next");
      if (report.changes.length > 0) {
        const done = await this.#insist("Cannot record what changed in the shares", () => this.#commit(report.changes));
        if (done === null) return;
      }
      this.counters = report.counters;
      this.#options.committed(report);
    }
  }

  async #commit(changes: readonly Change[]): Promise<true> {
    const commit = this.#options.commit(changes);
    this.#committing = commit.catch(() => undefined);
    try {
      await commit;
    } catch (thrown) {
      this.#failing = true;
      this.#options.unrecorded(`cannot record what changed: ${reason(thrown)}; trying again`);
      throw thrown;
    }
    if (this.#failing) this.#options.unrecorded(null);
    this.#failing = false;
    return true;
  }

  async #hash(at: number, lane: number): Promise<void> {
    while (!this.#stopped) {
      const items = await this.scan.call("take", lane === URGENT);
      await this.scan.call("hashed", await this.#hashers.hash(at, lane, items));
    }
  }

  /** Tries until it works, or it is no use any more, which gives null. */
  async #insist<T>(trouble: string, act: () => Promise<T>, wanted = () => true): Promise<T | null> {
    for (let wait = FIRST_RETRY; ; wait = Math.min(wait * 2, LAST_RETRY)) {
      try {
        return await act();
      } catch (thrown) {
        if (this.#stopped) return null;
        this.#options.log.warn(`${trouble}; trying again`, { why: reason(thrown), waitMs: wait });
      }
      await pause(wait, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      if (this.#stopped || !wanted()) return null;
    }
  }
}
