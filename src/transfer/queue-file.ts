import type { Clock } from "../shared/clock.ts";
import { reason } from "../shared/errors.ts";
import type { Log } from "../shared/log.ts";
import { StateFile } from "../shared/state-file.ts";
import { Coalesced } from "./coalesced.ts";
import { type JobRecord, parseQueue } from "./download/record.ts";

/** How rarely progress alone is written, in milliseconds. */
const SAVE_MS = 1_000;

/** The queue on disk. A disk that does not take it is told, and stops no download. */
export class QueueFile {
  readonly #file: StateFile<{ format: 1; jobs: JobRecord[] }>;
  readonly #log: Log;
  readonly #records: () => JobRecord[];
  readonly #soon: Coalesced;
  #writing: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;

  constructor(path: string, clock: Clock, log: Log, records: () => JobRecord[]) {
    this.#file = new StateFile(path, parseQueue);
    this.#log = log;
    this.#records = records;
    this.#soon = new Coalesced(SAVE_MS, clock, () => void this.save());
  }

  async read(): Promise<JobRecord[]> {
    return (await this.#file.read((message) => this.#log.warn(message)))?.jobs ?? [];
  }

  /** Something changed that need not be on disk at once. */
  ask(): void {
    this.#soon.ask();
  }

  /** Resolves when all up to now is written. Many calls at once cost one write. */
  save(): Promise<void> {
    this.#next ??= this.#writing.then(() => {
      this.#next = null;
      this.#writing = this.#write();
      return this.#writing;
    });
    return this.#next;
  }

  async stop(): Promise<void> {
    this.#soon.stop();
    await this.save();
  }

  async #write(): Promise<void> {
    try {
      await this.#file.write({ format: 1, jobs: this.#records() });
    } catch (thrown) {
      this.#log.warn("the downloads in the queue are not kept over a restart", { why: reason(thrown) });
    }
  }
}
