import { setImmediate as nextTurn } from "node:timers/promises";
import { ContentHasher, type Digest } from "../shared/content.ts";

/** Bytes hashed in one turn of the event loop: 0.2 to 0.4 ms, so that probes are answered in time. */
const SLICE = 256 * 1024;

/** A ContentHasher that lets the event loop turn while it works. Not to be updated twice at the same time. */
export class GentleHasher {
  readonly #hasher: ContentHasher;
  #sinceTurn = 0;

  constructor(size: number) {
    this.#hasher = new ContentHasher(size);
  }

  async update(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += SLICE) {
      const slice = bytes.subarray(at, at + SLICE);
      this.#hasher.update(slice);
      this.#sinceTurn += slice.length;
      if (this.#sinceTurn < SLICE) continue;
      this.#sinceTurn = 0;
      await nextTurn();
    }
  }

  digest(): Digest | null {
    return this.#hasher.digest();
  }
}

interface Readable {
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
}

/** Hashes the first `size` bytes of an opened file, or as many as there are. */
export async function hashOpened(
  file: Readable,
  size: number,
  signal: AbortSignal | null,
  hasher: GentleHasher = new GentleHasher(size),
): Promise<GentleHasher> {
  const buffer = new Uint8Array(Math.min(SLICE * 4, Math.max(size, 1)));
  for (let at = 0; at < size; ) {
    signal?.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, size - at), at);
    if (bytesRead === 0) break;
    await hasher.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
  return hasher;
}
