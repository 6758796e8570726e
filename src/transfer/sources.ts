import type { EntryRef } from "../shared/entry.ts";
import { GroupShareError, reason } from "../shared/errors.ts";
import type { ByteRange } from "../shared/http-range.ts";
import { pick } from "../shared/random.ts";
import { readStream } from "../shared/read-stream.ts";
import type { Counters } from "./counters.ts";
import type { TransfersOptions } from "./needs.ts";
import { NOT_THERE } from "./offline.ts";
import { fileStream } from "./own-file.ts";
import { readRemote } from "./remote.ts";
import { openOffered } from "./serve/held.ts";
import { SourceFailure } from "./source-failure.ts";

/** A file that is wanted: where it was asked for, and which version of it. */
export interface Wanted {
  readonly ref: EntryRef;
  /** Bytes, more than 0. */
  readonly size: number;
  readonly mtime: number;
  /** null while the member that has it has not hashed it: then only that member can give it. */
  readonly root: string | null;
}

/** Who can give it. */
export interface Source {
  readonly member: string;
  readonly ref: EntryRef;
}

type Need = Pick<TransfersOptions, "catalog" | "fetch" | "openOwn" | "self" | "random" | "name">;

/** Finds who has a file and reads it from them. */
export class Sources {
  readonly #need: Need;
  readonly #counters: Counters;
  readonly #reading = new Set<{ readonly wanted: Wanted; readonly member: string; readonly cut: AbortController }>();

  constructor(need: Need, counters: Counters) {
    this.#need = need;
    this.#counters = counters;
  }

  /** Everyone present who has it: this machine first, the others in random order. */
  async find(wanted: Wanted): Promise<Source[]> {
    const { root, size, ref } = wanted;
    if (root === null) {
      const entry = await this.#need.catalog.stat(ref);
      const same = entry?.kind === "file" && entry.size === size && entry.mtime === wanted.mtime;
      return same ? [{ member: ref.member, ref }] : [];
    }
    const self = this.#need.self();
    const byMember = new Map<string, Source>();
    for (const held of await this.#need.catalog.holders({ root, size })) {
      if (!byMember.has(held.member)) byMember.set(held.member, { member: held.member, ref: held });
    }
    const own = byMember.get(self);
    byMember.delete(self);
    const others = pick(this.#need.random, [...byMember.values()], byMember.size);
    return own === undefined ? others : [own, ...others];
  }

  /**
   * Reads a range from one source: exactly its bytes, or a SourceFailure. Ends with the signal's reason when it fires.
   * The request is made when the first chunk is asked for.
   */
  async *read(source: Source, wanted: Wanted, range: ByteRange, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const cut = new AbortController();
    const either = AbortSignal.any([signal, cut.signal]);
    const reading = { wanted, member: source.member, cut };
    this.#reading.add(reading);
    try {
      if (source.member === this.#need.self()) yield* this.#readOwn(source, wanted, range, either);
      else yield* readRemote(this.#need, source, wanted, range, either);
    } catch (thrown) {
      if (signal.aborted) throw signal.reason;
      this.#counters.add("sourcesLost");
      if (thrown instanceof SourceFailure) throw thrown;
      const changed = thrown instanceof GroupShareError && thrown.code === "changed";
      throw new SourceFailure(changed ? "refused" : "broken", reason(thrown));
    } finally {
      this.#reading.delete(reading);
    }
  }

  /** Cuts what is being read from members that are no longer here or no longer have it, without waiting for silence. */
  async dropAbsent(): Promise<void> {
    for (const { wanted, member, cut } of [...this.#reading]) {
      const here = (await this.find(wanted)).some((source) => source.member === member);
      if (!here) cut.abort(new SourceFailure("unreachable", "it left the group"));
    }
  }

  async *#readOwn(source: Source, wanted: Wanted, range: ByteRange, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const { root, size } = wanted;
    const file = await openOffered(this.#need, source.ref, root === null ? null : { root, size });
    if (typeof file === "string" || file.size !== size) {
      if (typeof file !== "string") await file.handle.close();
      throw new SourceFailure("refused", file === "offline" ? NOT_THERE : "the own file changed");
    }
    yield* readStream(fileStream(file.handle, file, range, { signal }), signal);
  }
}
