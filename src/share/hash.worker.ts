import { setPriority } from "node:os";
import { setImmediate as turn } from "node:timers/promises";
import { parentPort } from "node:worker_threads";
import { answerCalls } from "../shared/worker-call.ts";
import { hashFile, newBuffer } from "./hash.ts";
import type { Hashed, HashItem, HashMethods, HashProgress, HashResult } from "./protocol.ts";

let tell: (event: string, detail: unknown) => void = () => undefined;
/** Resolves when it goes on; null while it does. */
let paused: PromiseWithResolvers<void> | null = null;

/** Hashes what it is given, one file after the other. */
class Lane {
  readonly #lane: number;
  readonly #buffer = newBuffer();
  /** Read since it last told. */
  #files = 0;
  #bytes = 0;

  constructor(lane: number) {
    this.#lane = lane;
  }

  async hash(items: readonly HashItem[]): Promise<readonly Hashed[]> {
    const results: Hashed[] = [];
    for (const [at, item] of items.entries()) {
      const { outcome, read } = await this.#one(item);
      results.push({ outcome, read });
      if (item.share !== items[at + 1]?.share) this.#tell(item.share, 0);
    }
    return results;
  }

  async #one(item: HashItem): Promise<HashResult> {
    if (paused !== null) await paused.promise;
    let told = 0;
    const result = await hashFile(item, this.#buffer, async (read) => {
      this.#bytes += read - told;
      told = read;
      this.#tell(item.share, read);
      await turn();
      if (paused !== null) await paused.promise;
    });
    this.#files += 1;
    this.#bytes += result.read - told;
    return result;
  }

  #tell(share: string, ahead: number): void {
    const progress = { share, lane: this.#lane, files: this.#files, bytes: this.#bytes, ahead };
    this.#files = 0;
    this.#bytes = 0;
    tell("read", progress satisfies HashProgress);
  }
}

const lanes = new Map<number, Lane>();

function laneOf(number: number): Lane {
  const lane = lanes.get(number) ?? new Lane(number);
  lanes.set(number, lane);
  return lane;
}

const methods: HashMethods = {
  hash: (items, lane) => laneOf(lane).hash(items),
  pause(wanted) {
    if (wanted) paused ??= Promise.withResolvers();
    else {
      paused?.resolve();
      paused = null;
    }
  },
};

/**
 * Hashing gives way to what answers others, and to other programs. Only on Linux, where a priority is one thread's
 * (setpriority(2)): elsewhere it would be the whole program's.
 */
const NICE = 5;
if (process.platform === "linux") {
  try {
    setPriority(0, NICE);
  } catch {
    // Where it is not allowed, it is not needed to go on.
  }
}

if (parentPort !== null) tell = answerCalls(parentPort, methods);
