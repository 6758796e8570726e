import { setTimeout as sleep } from "node:timers/promises";
import type { Entry, EntryRef } from "../shared/entry.ts";
import { GroupShareError } from "../shared/errors.ts";
import type { ByteRange } from "../shared/http-range.ts";
import type { Counters } from "./counters.ts";
import type { TransfersOptions } from "./needs.ts";
import { NOT_THERE } from "./offline.ts";
import { emptyStream, fileStream, sameVersion, versionTag } from "./own-file.ts";
import { SourceFailure } from "./source-failure.ts";
import type { Sources, Wanted } from "./sources.ts";

/** A file of the group, opened to be read. */
export interface OpenedFile {
  readonly name: string;
  readonly size: number;
  readonly mtime: number;
  /** Strong validator without quotes. */
  readonly etag: string;
  /** The bytes of the range, or all. Cancelling it frees what it holds. */
  stream(range: ByteRange | null): Promise<ReadableStream<Uint8Array>>;
}

/** Waits between rounds in which nobody could go on, in milliseconds; then the stream fails. A short one to begin. */
const FIRST_ROUNDS_MS = [100];
const ROUNDS_MS = [100, 400, 1_500, 3_000];

/**
 * Opens a file of the group: one of an own share from this disk, another from whoever has it. What is read changes
 * its source in the middle, if it must, without the reader noticing.
 */
export async function openFile(
  ref: EntryRef,
  options: TransfersOptions,
  sources: Sources,
  counters: Counters,
): Promise<OpenedFile> {
  const entry = await options.catalog.stat(ref);
  if (entry === null) {
    throw new GroupShareError("not-found", `Cannot open "${options.path(ref)}": nobody here shares it`);
  }
  if (entry.kind === "folder")
    throw new GroupShareError("invalid", `Cannot open "${options.path(ref)}": it is a folder`);
  const { name, size, mtime, root } = entry;
  if (ref.member === options.self()) return await openOwn(ref, entry, options);
  const wanted: Wanted = { ref, size, mtime, root };
  const etag = root === null ? versionTag({ size, mtime }).slice(1, -1) : `${root}-${size}`;
  return {
    name,
    size,
    mtime,
    etag,
    async stream(range) {
      if (size === 0) return emptyStream();
      return await streamOf(wanted, range ?? { start: 0, end: size - 1 }, options, sources, counters);
    },
  };
}

/** From this disk, as it is now, which may be newer than the catalog. */
async function openOwn(ref: EntryRef, entry: Entry, options: TransfersOptions): Promise<OpenedFile> {
  const now = await options.openOwn(ref.share, ref.path, entry.root === null).catch((thrown: unknown) => {
    if (entry.offline !== true) throw thrown;
    const what = `Cannot open "${options.path(ref)}": ${NOT_THERE}`;
    throw new GroupShareError("unreachable", what, { hint: "connect the drive and try again", cause: thrown });
  });
  await now.handle.close();
  const { size, mtime } = now;
  const known = entry.root !== null && sameVersion(now, entry);
  return {
    name: entry.name,
    size,
    mtime: Math.floor(mtime),
    etag: known ? `${entry.root}-${size}` : versionTag(now).slice(1, -1),
    async stream(range) {
      if (size === 0) return emptyStream();
      const file = await options.openOwn(ref.share, ref.path, false);
      if (sameVersion(file, now)) return fileStream(file.handle, file, range);
      await file.handle.close();
      throw new GroupShareError("changed", `Cannot read "${options.path(ref)}": it changed meanwhile`, {
        hint: "open it again",
      });
    },
  };
}

/** Resolves when the first bytes are here, so that what cannot be had is an error and not a broken stream. */
async function streamOf(
  wanted: Wanted,
  range: ByteRange,
  options: TransfersOptions,
  sources: Sources,
  counters: Counters,
): Promise<ReadableStream<Uint8Array>> {
  const stop = new AbortController();
  const bytes = failingOver(wanted, range, options, sources, counters, stop.signal);
  let next: IteratorResult<Uint8Array, void> | null = await bytes.next();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = next ?? (await bytes.next());
          next = null;
          if (done === true) controller.close();
          else controller.enqueue(value);
        } catch (thrown) {
          controller.error(thrown);
        }
      },
      async cancel() {
        stop.abort(new Error("cancelled"));
        await bytes.return().catch(() => undefined);
      },
    },
    { highWaterMark: 1 },
  );
}

async function* failingOver(
  wanted: Wanted,
  range: ByteRange,
  options: TransfersOptions,
  sources: Sources,
  counters: Counters,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  let at = range.start;
  let why = "nobody who has it is here";
  for (let round = 0; at <= range.end; ) {
    const before = at;
    for (const source of await sources.find(wanted)) {
      try {
        for await (const bytes of sources.read(source, wanted, { start: at, end: range.end }, signal)) {
          at += bytes.length;
          counters.add("bytesReceived", bytes.length);
          yield bytes;
        }
        return;
      } catch (thrown) {
        if (!(thrown instanceof SourceFailure)) throw thrown;
        why = `${options.name(source.member)}: ${thrown.message}`;
      }
      if (at > range.end) return;
    }
    if (at > before) round = 0;
    const pause = (at > range.start ? ROUNDS_MS : FIRST_ROUNDS_MS)[round];
    const entry = await options.catalog.stat(wanted.ref);
    const other = entry !== null && wanted.root === null && !sameVersion(entry, wanted);
    if (pause === undefined || other) {
      throw new GroupShareError("unreachable", `Cannot read "${options.path(wanted.ref)}": ${why}`, {
        hint: why.endsWith(NOT_THERE) ? "try again when it is back" : "try again when a member that has it is here",
      });
    }
    await sleep(pause, undefined, { signal });
    round += 1;
  }
}
