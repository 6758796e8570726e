import type { Log } from "../../shared/log.ts";
import { readStream } from "../../shared/read-stream.ts";
import type { Point } from "../core/history.ts";
import type { PeerResponse } from "../options.ts";
import { decodeSegment, type Segment, Verifier } from "../segments.ts";
import { decodeHeader, readFrames } from "./wire.ts";

/** How often one member is asked that does not answer, and the wait before each further time, in milliseconds. */
const TRIES = 4;
const PAUSE_MS = 2_000;
const PATIENCE_MS = 15_000;

interface WitnessOptions {
  /** This member: its id, and the SubjectPublicKeyInfo that the id is the hash of. */
  readonly memberId: string;
  readonly publicKey: Uint8Array;
  readonly log: Log;
  fetch(member: string, path: string, signal: AbortSignal): Promise<PeerResponse>;
  /** The segment of the own list that begins with this number; null where there is none. */
  segmentAt(epoch: string, from: number): Promise<Uint8Array | null>;
  /** Another has changes of the own list that this disk never had, or has others under their numbers. */
  forked(heard: Point): Promise<unknown>;
}

/**
 * Asks each member that comes what it has of this member's own list beyond where this run began. A data directory that was
 * restored from an older copy would give numbers to changes that others have under the same numbers already. What they
 * have proves it only by this member's own signature, whatever else they say. The same entries under the same numbers are
 * the same history, though it may have grown by now and been signed in other bytes: who knows a signature (r, s) can make
 * (r, n - s) of it, which proves as much.
 */
export class Witnesses {
  readonly #options: WitnessOptions;
  readonly #start: Point | null;
  /** Asked, or being asked. */
  readonly #asked = new Map<string, AbortController>();
  #done = false;

  /** `start`: where the own list stood on disk when this run began; null where that was under a new epoch. */
  constructor(options: WitnessOptions, start: Point | null) {
    this.#options = options;
    this.#start = start;
  }

  /** Who is here now. Each is asked once for as long as it is. */
  present(members: ReadonlySet<string>): void {
    for (const [member, abort] of this.#asked) {
      if (members.has(member)) continue;
      abort.abort();
      this.#asked.delete(member);
    }
    if (this.#done || this.#start === null) return;
    for (const member of members) {
      if (this.#asked.has(member)) continue;
      const abort = new AbortController();
      this.#asked.set(member, abort);
      void this.#ask(member, abort.signal);
    }
  }

  stop(): void {
    this.#done = true;
    this.present(new Set());
  }

  /** Never fails. */
  async #ask(member: string, gone: AbortSignal): Promise<void> {
    for (let tried = 1; tried <= TRIES && !gone.aborted && !this.#done; tried++) {
      try {
        const heard = await this.#hear(member, this.#start, AbortSignal.any([gone, AbortSignal.timeout(PATIENCE_MS)]));
        if (heard === null || this.#done) return;
        this.#done = true;
        await this.#options.forked(heard);
        return;
      } catch (thrown) {
        const why = thrown instanceof Error ? thrown.message : String(thrown);
        this.#options.log.debug("A member did not say what it has of this member's list", { member, why });
      }
      await pause(PAUSE_MS * tried, gone);
    }
  }

  /** Where a member's copy of the own list ends, if it is of another history than this disk's from where this run began. */
  async #hear(member: string, start: Point | null, signal: AbortSignal): Promise<Point | null> {
    if (start === null) return null;
    const { memberId, publicKey, segmentAt } = this.#options;
    const { epoch, sequence } = start;
    const path = `/v1/catalog/${memberId}?epoch=${epoch}&since=${sequence}`;
    const { status, body } = await this.#options.fetch(member, path, signal);
    try {
      if (status === 404) return null;
      if (status !== 200) throw new Error(`it answered with status ${status}`);
      let headed = false;
      for await (const frames of readFrames(readStream(body, signal))) {
        for (const bytes of frames) {
          if (!headed) {
            const header = decodeHeader(bytes);
            if ("refused" in header) throw new Error(header.refused);
            if (header.epoch !== epoch || header.to <= sequence) return null;
            headed = true;
            continue;
          }
          const segment = decodeSegment(bytes);
          if ("refused" in segment) throw new Error(segment.refused);
          if (segment.to <= sequence) continue;
          const own = await segmentAt(epoch, segment.from);
          if (own !== null && isSame(decodeSegment(own), segment)) return null;
          const verifier = await Verifier.of(memberId, publicKey);
          return (await verifier?.proves(epoch, segment)) ? { epoch, sequence: segment.to } : null;
        }
      }
      return null;
    } finally {
      await body.cancel().catch(() => undefined);
    }
  }
}

/** Whether two segments say the same of the same numbers, whatever their signatures are. */
function isSame(own: ReturnType<typeof decodeSegment>, other: Segment): boolean {
  if ("refused" in own) return false;
  return own.from === other.from && own.to === other.to && Buffer.compare(own.sha256, other.sha256) === 0;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    timer.unref();
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
}
