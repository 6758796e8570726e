import { clearTimeout, setTimeout } from "node:timers";
import { reason } from "../shared/errors.ts";
import { answersRange, type ByteRange } from "../shared/http-range.ts";
import { readStream } from "../shared/read-stream.ts";
import type { Answer, TransfersOptions } from "./needs.ts";
import { NOT_THERE, OFFLINE } from "./offline.ts";
import { versionTag } from "./own-file.ts";
import { SourceFailure } from "./source-failure.ts";
import type { Source, Wanted } from "./sources.ts";

/** How long a member may say nothing, in milliseconds; one that died is noticed by gossip long before. */
const SILENCE_MS = 15_000;

/** Ends a wait when nothing happened for too long. */
class Patience {
  readonly #given = new AbortController();
  readonly signal: AbortSignal;
  #timer: NodeJS.Timeout | null = null;

  constructor(outer: AbortSignal) {
    this.signal = AbortSignal.any([outer, this.#given.signal]);
    this.renew();
  }

  renew(): void {
    this.end();
    this.#timer = setTimeout(() => {
      this.#given.abort(new SourceFailure("unreachable", `it said nothing for ${SILENCE_MS / 1_000} s`));
    }, SILENCE_MS);
  }

  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

/** Reads a range of a file from another member: exactly its bytes, or a SourceFailure, or the signal's reason. */
export async function* readRemote(
  need: Pick<TransfersOptions, "fetch">,
  source: Source,
  wanted: Wanted,
  range: ByteRange,
  outer: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const patience = new Patience(outer);
  try {
    const answer = await request(need, source, wanted, range, patience.signal);
    yield* bodyOf(answer, range.end - range.start + 1, patience);
  } finally {
    patience.end();
  }
}

async function request(
  need: Pick<TransfersOptions, "fetch">,
  { member, ref }: Source,
  { root, size, mtime }: Wanted,
  range: ByteRange,
  signal: AbortSignal,
): Promise<Answer> {
  const headers: Record<string, string> = {};
  const whole = range.start === 0 && range.end === size - 1;
  if (!whole) headers.Range = `bytes=${range.start}-${range.end}`;
  if (root === null) headers["If-Match"] = versionTag({ size, mtime });
  const path =
    root === null ? `/v1/file/${ref.share}?path=${encodeURIComponent(ref.path)}` : `/v1/content/${root}-${size}`;
  let answer: Answer;
  try {
    answer = await unlessAborted(need.fetch(member, path, { headers, signal }), signal);
  } catch (thrown) {
    signal.throwIfAborted();
    throw new SourceFailure("unreachable", reason(thrown));
  }
  const refusal = whyNot(answer, whole ? null : range, size);
  if (refusal === null) return answer;
  await answer.body.cancel().catch(() => undefined);
  throw refusal;
}

/** An answer, or the signal's reason at once when it fires; an answer that comes after that is let go. */
async function unlessAborted(asked: Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => {
    aborted.reject(signal.reason);
    asked.then(({ body }) => body.cancel()).catch(() => undefined);
  };
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([asked, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function whyNot({ status, headers }: Answer, range: ByteRange | null, size: number): SourceFailure | null {
  if (status === 206 && range !== null) {
    if (answersRange(headers.get("Content-Range"), range, size)) return null;
    return new SourceFailure("broken", "it sent another range than it was asked for");
  }
  if (status === 200 && range === null) {
    const length = headers.get("Content-Length");
    if (length === null || Number(length) === size) return null;
    return new SourceFailure("broken", `it sent ${length} bytes instead of ${size}`);
  }
  if (status === 404 || status === 410 || status === 412 || status === 416) {
    return new SourceFailure("refused", headers.has(OFFLINE) ? NOT_THERE : "it no longer has this version");
  }
  return new SourceFailure("broken", `it answered with status ${status}`);
}

async function* bodyOf({ body }: Answer, length: number, patience: Patience): AsyncGenerator<Uint8Array> {
  let left = length;
  try {
    patience.renew();
    for await (const bytes of readStream(body, patience.signal)) {
      if (bytes.length > left) throw new SourceFailure("broken", "it sent more than it should");
      left -= bytes.length;
      // The taker may be slow to write: that is not the source's silence.
      patience.end();
      if (bytes.length > 0) yield bytes;
      patience.renew();
    }
  } catch (thrown) {
    patience.signal.throwIfAborted();
    if (thrown instanceof SourceFailure) throw thrown;
    throw new SourceFailure("broken", `it stopped before the end: ${reason(thrown)}`);
  }
  if (left > 0) throw new SourceFailure("broken", "it stopped before the end");
}
