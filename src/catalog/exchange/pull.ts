import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { GroupShareError, systemCode } from "../../shared/errors.ts";
import { readStream } from "../../shared/read-stream.ts";
import { askFrom, type Header, isComplete, planFor } from "../core/answer.ts";
import type { Point } from "../core/history.ts";
import type { PeerResponse } from "../options.ts";
import { BATCH_BYTES } from "../replay.ts";
import type { Received, Replica } from "../replica.ts";
import { decodeSegment, Verifier } from "../segments.ts";
import type { Applied } from "../store/apply.ts";
import { decodeHeader, readFrames } from "./wire.ts";

/** An answer that brings nothing for so long is cut off. */
const STALL_MS = 20_000;
/** Segments whose signatures are checked at once. */
const BATCH_SEGMENTS = 64;
/** Bytes of one answer when it is unpacked; the rest is asked for again, where what came goes on. */
const MAX_ANSWER_BYTES = 1 << 30;
/**
 * Bytes that one compressed byte may become, beyond a beginning: gzip makes up to 1 030 of it. Entries of a list differ in
 * some 6 bytes or more, so paths would have to be of 1 500 bytes on average.
 */
const MAX_RATIO = 256;
const FREE_BYTES = 4 << 20;

/** One question to one member. */
export interface Pull {
  readonly replica: Replica;
  /** Who is asked: the origin itself, or another that may have its list. */
  readonly source: string;
  /** Where the list stands by the origin's announcement. */
  readonly announced: Point;
  readonly signal: AbortSignal;
  fetch(member: string, path: string, signal: AbortSignal): Promise<PeerResponse>;
  /** Called for each batch that was added, shown or not. */
  added(applied: Applied, shown: boolean): void;
}

/**
 * Asks for what a list lacks, and adds it batch by batch as it comes: what was added stays when the rest fails.
 * Returns whether a whole list replaced what was shown. Throws with the reason. GroupShareError `corrupt` is the answering
 * member's fault, `invalid` and `too-large` are the origin's.
 */
export async function pull(job: Pull): Promise<boolean> {
  const { replica, source, announced } = job;
  const stall = new Stall(job.signal);
  try {
    const since = askFrom(replica, announced.epoch);
    const path = `/v1/catalog/${replica.member}?epoch=${announced.epoch}&since=${since}&encoding=gzip`;
    const response = await job.fetch(source, path, stall.signal);
    if (response.status !== 200) {
      await response.body.cancel().catch(() => undefined);
      throw new GroupShareError("unreachable", `it answered with status ${response.status}`);
    }
    const batches = readFrames(unpack(stall.watch(response.body)));
    return await take(job, batches);
  } finally {
    stall.end();
  }
}

async function take(job: Pull, batches: AsyncIterable<Uint8Array[]>): Promise<boolean> {
  const { replica, source, announced } = job;
  let taker: Taker | null = null;
  for await (const batch of batches) {
    const payloads = taker === null ? batch.slice(1) : batch;
    taker ??= await begin(job, batch[0] ?? new Uint8Array(0));
    if (taker === null) return false;
    for (const bytes of payloads) await taker.take(bytes);
    // What is there is added before more is waited for: a small change is seen at once.
    await taker.flush();
  }
  if (taker === null) throw corrupt("it is empty");
  const { header, to } = taker;
  if (taker.next !== header.to + 1) throw new GroupShareError("unreachable", "it ended before its last segment");
  if (to === "live" || replica.staged === null) return false;
  if (!isComplete(replica.staged, header, announced, source === replica.member)) {
    throw new GroupShareError("unreachable", "it has only a part of this list");
  }
  job.signal.throwIfAborted();
  await replica.show();
  return true;
}

/** Reads the header and makes ready what its segments go to; null where they bring nothing new. */
async function begin(job: Pull, bytes: Uint8Array): Promise<Taker | null> {
  const { replica, source, announced } = job;
  const header = decodeHeader(bytes);
  if ("refused" in header) throw corrupt(header.refused);
  if (header.member !== replica.member) throw corrupt("it is another member's list");
  const verifier = await Verifier.of(header.member, header.key);
  if (verifier === null) throw corrupt("its key is not the one that the member id names");
  const plan = planFor(replica, announced.epoch, header, source === replica.member);
  if (plan.kind === "refuse") throw new GroupShareError("unreachable", plan.why);
  if (plan.kind === "nothing") return null;
  if (plan.kind === "whole") await replica.begin(header.epoch, header.key);
  return new Taker(job, header, verifier, plan.kind === "whole" ? "staged" : plan.to);
}

/** Proves and adds the segments of one answer. */
class Taker {
  readonly header: Header;
  readonly to: "live" | "staged";
  /** Number that the next segment must start with. */
  next: number;
  readonly #job: Pull;
  readonly #verifier: Verifier;
  #batch: Received[] = [];
  #bytes = 0;
  #all = 0;

  constructor(job: Pull, header: Header, verifier: Verifier, to: "live" | "staged") {
    this.#job = job;
    this.header = header;
    this.to = to;
    this.next = header.from;
    this.#verifier = verifier;
  }

  async take(bytes: Uint8Array): Promise<void> {
    const segment = decodeSegment(bytes);
    if ("refused" in segment) throw corrupt(segment.refused);
    if (segment.from !== this.next) throw corrupt("its segments do not follow each other");
    if (segment.to > this.header.to) throw corrupt("it goes on after its end");
    this.next = segment.to + 1;
    this.#all += bytes.length;
    if (this.#all > MAX_ANSWER_BYTES) throw new GroupShareError("unreachable", "it is too long for one answer");
    this.#batch.push({ segment, bytes });
    this.#bytes += bytes.length;
    if (this.#bytes >= BATCH_BYTES || this.#batch.length >= BATCH_SEGMENTS) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#batch.length === 0) return;
    const batch = this.#batch;
    this.#batch = [];
    this.#bytes = 0;
    const proofs = await Promise.all(batch.map(({ segment }) => this.#verifier.proves(this.header.epoch, segment)));
    if (proofs.includes(false)) throw corrupt("a segment is not signed by the member whose list it is");
    this.#job.signal.throwIfAborted();
    this.#job.added(await this.#job.replica.add(this.to, batch), this.to === "live");
  }
}

const corrupt = (why: string): GroupShareError => new GroupShareError("corrupt", why);

/** Ends a request that nothing comes from. */
class Stall {
  readonly #abort = new AbortController();
  readonly signal: AbortSignal;
  #timer: ReturnType<typeof setTimeout>;

  constructor(signal: AbortSignal) {
    this.signal = AbortSignal.any([signal, this.#abort.signal]);
    this.#timer = this.#start();
  }

  #start(): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.#abort.abort(new Error(`nothing came for ${STALL_MS / 1000} s`)), STALL_MS);
  }

  async *watch(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of readStream(body, this.signal)) {
      clearTimeout(this.#timer);
      yield piece;
      // The clock runs while the other side is waited for, not while this one works.
      this.#timer = this.#start();
    }
    clearTimeout(this.#timer);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

/** The bytes as they were before compression, told by gzip's magic (RFC 1952 §2.3.1): a frame cannot begin so. */
async function* unpack(body: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  let first = new Uint8Array(0);
  while (first.length < 2) {
    const { done, value } = await body.next();
    if (done === true) break;
    first = new Uint8Array(Buffer.concat([first, value]));
  }
  const all = prepend(first, body);
  if (first[0] !== 0x1f || first[1] !== 0x8b) {
    yield* all;
    return;
  }
  const gunzip = createGunzip();
  const packed = { bytes: 0 };
  pipeline(Readable.from(count(all, packed), { objectMode: false }), gunzip, () => undefined);
  let unpacked = 0;
  try {
    for await (const piece of gunzip as AsyncIterable<Uint8Array>) {
      unpacked += piece.length;
      if (unpacked > FREE_BYTES + MAX_RATIO * packed.bytes) throw corrupt("it unpacks to more than a list can");
      yield piece;
    }
  } catch (thrown) {
    // Bytes that are not what was compressed; one that was only cut off has another code.
    throw systemCode(thrown) === "Z_DATA_ERROR" ? corrupt("it is not what was compressed") : thrown;
  }
}

async function* count(pieces: AsyncGenerator<Uint8Array>, sum: { bytes: number }): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    sum.bytes += piece.length;
    yield piece;
  }
}

async function* prepend(first: Uint8Array, rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (first.length > 0) yield first;
    for await (const piece of rest) yield piece;
  } finally {
    await rest.return(undefined);
  }
}
