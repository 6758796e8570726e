import { GroupShareError, reason } from "../shared/errors.ts";
import type { Log } from "../shared/log.ts";
import { type SpawnWorker, WorkerCaller } from "../shared/worker-call.ts";
import type { Hashed, HashItem, HashMethods, HashProgress, HashResult } from "./protocol.ts";

/** A hasher that was given nothing for so long is ended, in milliseconds: each takes some 20 MB, and is there again in 50 ms. */
const REST = 5_000;

export interface HashersOptions {
  readonly spawn: SpawnWorker;
  readonly log: Log;
  /** This was read. */
  read(progress: HashProgress): void;
  /** Milliseconds after which one that has nothing to do is ended. */
  readonly rest?: number;
}

/** One worker that hashes, and the calls that it is at. */
interface Hasher {
  readonly worker: WorkerCaller<HashMethods>;
  calls: number;
  /** Ends it; null while it has something to do. */
  rest: ReturnType<typeof setTimeout> | null;
}

/** The workers that hash, by number: each is there while it has something to do. */
export class Hashers {
  readonly #options: HashersOptions;
  readonly #running = new Map<number, Hasher>();
  /** Bytes read of files that hashers are at, by hasher and lane. */
  readonly #ahead = new Map<string, HashProgress>();
  #paused = false;
  #closed = false;

  constructor(options: HashersOptions) {
    this.#options = options;
  }

  /** How many are there now. */
  get running(): number {
    return this.#running.size;
  }

  /** Bytes read of files of a share that are being hashed. */
  ahead(share: string): number {
    let bytes = 0;
    for (const at of this.#ahead.values()) if (at.share === share) bytes += at.ahead;
    return bytes;
  }

  /** Has the hasher of this number hash files. Where it fails, they count as unreadable; throws only when closed. */
  async hash(number: number, lane: number, items: readonly HashItem[]): Promise<readonly HashResult[]> {
    if (this.#closed) throw new GroupShareError("internal", "Cannot hash any more: it was stopped");
    const hasher = this.#hasher(number);
    hasher.calls += 1;
    try {
      const found = await hasher.worker.call("hash", items, lane);
      return items.map((item, at) => ({ item, ...(found[at] as Hashed) }));
    } catch (thrown) {
      if (this.#closed) throw thrown;
      // The next files get a new worker; these are not tried again before they change or the next rescan.
      const why = reason(thrown);
      this.#options.log.error("A hashing worker failed", { why });
      this.#ahead.delete(`${number} ${lane}`);
      await this.#end(number, hasher);
      return items.map((item) => ({ item, outcome: { kind: "unreadable", why }, read: 0 }));
    } finally {
      hasher.calls -= 1;
      if (hasher.calls === 0 && this.#running.get(number) === hasher) {
        hasher.rest = setTimeout(() => void this.#end(number, hasher), this.#options.rest ?? REST);
        hasher.rest.unref();
      }
    }
  }

  /** Nothing is hashed, or hashing goes on. */
  async pause(paused: boolean): Promise<void> {
    this.#paused = paused;
    // One that ends meanwhile has nothing to pause.
    const calls = Array.from(this.#running.values(), ({ worker }) => worker.call("pause", paused));
    await Promise.allSettled(calls);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#running].map(([number, hasher]) => this.#end(number, hasher)));
  }

  #hasher(number: number): Hasher {
    const running = this.#running.get(number);
    if (running !== undefined) {
      if (running.rest !== null) clearTimeout(running.rest);
      running.rest = null;
      return running;
    }
    const worker = new WorkerCaller<HashMethods>(this.#options.spawn("hash"));
    const hasher: Hasher = { worker, calls: 0, rest: null };
    this.#running.set(number, hasher);
    worker.on<HashProgress>("read", (progress) => {
      this.#ahead.set(`${number} ${progress.lane}`, progress);
      this.#options.read(progress);
    });
    if (this.#paused) worker.call("pause", true).catch(() => undefined);
    return hasher;
  }

  async #end(number: number, hasher: Hasher): Promise<void> {
    if (hasher.rest !== null) clearTimeout(hasher.rest);
    if (this.#running.get(number) === hasher) this.#running.delete(number);
    await hasher.worker.close();
  }
}
