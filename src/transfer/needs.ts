import type { FileHandle } from "node:fs/promises";
import type { Clock } from "../shared/clock.ts";
import type { Content, Entry, EntryRef } from "../shared/entry.ts";
import type { GroupShareError } from "../shared/errors.ts";
import type { Log } from "../shared/log.ts";
import type { Random } from "../shared/random.ts";

/** What the catalog tells: entries of this member and of those present. */
export interface CatalogView {
  /** This and `walk` fail where the signal fires while a member is asked. */
  stat(ref: EntryRef, signal?: AbortSignal): Promise<Entry | null>;
  /** Everything below a folder, depth first, without the folder itself. */
  walk(ref: EntryRef, signal: AbortSignal): AsyncIterable<Entry>;
  holders(content: Content): Promise<readonly EntryRef[]>;
  /** The same of many contents, in their order; of each some places, of different members where there are. */
  holdersOf(contents: readonly Content[]): Promise<readonly (readonly EntryRef[])[]>;
}

/** A file of an own share, opened and proven to be inside it. */
export interface OwnFile {
  readonly handle: FileHandle;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly mtime: number;
}

/** A member's answer to a GET on its peer port. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: ReadableStream<Uint8Array>;
}

export interface TransfersOptions {
  /** Where downloads go unless said otherwise; made when first needed. */
  readonly dir: string;
  /** The queue, kept over restarts. Plans of folders are kept beside it, as `STATEFILE.ID.plan`. */
  readonly stateFile: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly catalog: CatalogView;
  /** Why nothing may be written at this path just now, though the disk would let it; null where it may. */
  refusesWrite(path: string): GroupShareError | null;
  /** Path in the group, for people, as it is called now. */
  path(ref: EntryRef): string;
  /** Display name of a member. */
  name(member: string): string;
  /** Own member id. */
  self(): string;
  /** `unread`: its content is not known yet, and somebody wants it. */
  openOwn(share: string, path: string, unread: boolean): Promise<OwnFile>;
  fetch(
    member: string,
    path: string,
    init: { readonly headers: Record<string, string>; readonly signal: AbortSignal },
  ): Promise<Answer>;
}
