import { Rate } from "../core/rate.ts";
import type { Prospect } from "../prospects.ts";
import type { FolderTask } from "./folder.ts";
import type { JobRecord } from "./record.ts";
import type { FileTask, Progress } from "./task.ts";

/** A download as pages and API show it (DESIGN §11). */
export interface Download {
  readonly id: string;
  readonly path: string;
  readonly state: JobRecord["state"];
  readonly size: number;
  readonly done: number;
  /** Bytes a second, lately. */
  readonly rate: number;
  /** Display names of the members that give, or gave. */
  readonly sources: readonly string[];
  /** What is wrong, why, and what to do, on one line. */
  readonly error: string | null;
  /** Where it is put on this machine. */
  readonly target: string;
}

/** What a job is told and tells. */
interface JobNews {
  now(): number;
  changed(): void;
  received(bytes: number): void;
}

/** Sources remembered of a download. */
const MOST_SOURCES = 256;

/** A download in this run of the program: what is kept of it, and what is going on. */
export class Job implements Progress {
  readonly record: JobRecord;
  /** Set from the first try on: how far it is. */
  file: FileTask | null = null;
  folder: FolderTask | null = null;
  /** Stops the try that is going on. */
  stop: AbortController | null = null;
  /** Ends when the latest try has. */
  trying: Promise<void> = Promise.resolve();
  /** Tries in a row without a byte. */
  fruitless = 0;
  retry: ReturnType<typeof setTimeout> | null = null;
  /** Who could give, when that was last looked up; null before. */
  prospect: Prospect | null = null;
  /** Whether an earlier run of the program or an earlier plan may have left files that this one does not know. */
  resumed: boolean;
  readonly #rate: Rate;
  readonly #using = new Map<string, number>();
  readonly #tell: JobNews;

  constructor(record: JobRecord, resumed: boolean, tell: JobNews) {
    this.record = record;
    this.resumed = resumed;
    this.#tell = tell;
    this.#rate = new Rate(tell.now());
  }

  count(task: FileTask, bytes: number): void {
    this.record.done = Math.max(0, this.record.done + bytes - task.counted);
    task.counted = bytes;
    this.#tell.changed();
  }

  received(member: string, bytes: number): void {
    this.#rate.add(bytes, this.#tell.now());
    this.#tell.received(bytes);
    this.fruitless = 0;
    const { sources } = this.record;
    if (sources.length < MOST_SOURCES && !sources.includes(member)) sources.push(member);
  }

  using(member: string, by: 1 | -1): void {
    const count = (this.#using.get(member) ?? 0) + by;
    if (count > 0) this.#using.set(member, count);
    else this.#using.delete(member);
  }

  /** Forgets what a try measured, once it has ended. */
  rest(): void {
    this.stop = null;
    this.#using.clear();
    this.#rate.reset(this.#tell.now());
  }

  /** All files of it that are being downloaded or will be. */
  tasks(): readonly FileTask[] {
    return this.file !== null ? [this.file] : (this.folder?.files ?? []);
  }

  view(name: (member: string) => string): Download {
    const { id, path, state, size, done, error, target, sources } = this.record;
    const busy = state === "downloading";
    const members = busy ? [...this.#using.keys()] : state === "done" ? sources : [];
    return {
      id,
      path,
      state,
      size,
      done: Math.min(done, size),
      rate: busy ? this.#rate.read(this.#tell.now()) : 0,
      sources: members.map(name),
      error,
      target,
    };
  }
}
