import type { WorkerCaller } from "../shared/worker-call.ts";
import type { Segment } from "./segments.ts";
import type { Applied, SegmentRows } from "./store/apply.ts";
import type { StoreMethods } from "./store/methods.ts";

export type Store = WorkerCaller<StoreMethods>;

/** Entries that go to the store in one transaction: enough to be quick, few enough that a query waits little. */
export const BATCH_BYTES = 512 * 1024;

/** Gives the segments of a journal to the store again, a batch at a time. */
export class Replay {
  readonly #store: Store;
  readonly #member: string;
  readonly #own: boolean;
  #segments: SegmentRows[] = [];
  #bytes = 0;
  /** What the last batch came to; null before the first. */
  applied: Applied | null = null;

  constructor(store: Store, member: string, own: boolean) {
    this.#store = store;
    this.#member = member;
    this.#own = own;
  }

  async add({ from, to, entries }: Segment, notes: Uint8Array | null): Promise<void> {
    this.#segments.push({ from, to, entries: exact(entries), notes });
    this.#bytes += entries.length + 64;
    if (this.#bytes >= BATCH_BYTES) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#segments.length === 0) return;
    const segments = this.#segments;
    this.#segments = [];
    this.#bytes = 0;
    // What is on disk was weighed when it came.
    const batch = { member: this.#member, live: true, own: this.#own, bytes: 0, segments };
    this.applied = await this.#store.call("apply", batch);
  }
}

/** A copy that shares no memory: posting a view to a worker copies all that is behind it. */
export function exact(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
}
