import type { Clock } from "../shared/clock.ts";
import type { Change, Known, Page } from "../shared/entry.ts";
import type { Log } from "../shared/log.ts";
import type { SpawnWorker } from "../shared/worker-call.ts";
import type { Timing } from "./protocol.ts";

/** What the shares are given. */
export interface SharesOptions {
  /** Gives "scan", one for all shares, and "hash". */
  readonly spawn: SpawnWorker;
  /** Where the shares are remembered. Its folder is never offered, whatever share it is in. */
  readonly stateFile: string;
  /** Workers that hash. */
  readonly hashers: number;
  readonly log: Log;
  readonly clock: Clock;
  /** What the catalog still knows of a share, in pages of any order. */
  known(share: string, after: string | null): Promise<Page<Known>>;
  /** Ids of the shares that the own catalog has. */
  listed(): Promise<readonly string[]>;
  /** Resolves when durable. Called one batch at a time, in order; a batch is at most 1 000 changes. Tried again on failure. */
  commit(changes: readonly Change[]): Promise<void>;
  /** Other times than the usual. */
  readonly timing?: Partial<Timing>;
}

export interface ShareStatus {
  readonly id: string;
  readonly name: string;
  /** The folder on this machine, links resolved. */
  readonly path: string;
  /** `scanning` until all of it is listed, `hashing` until all contents are known. Either means: and committed. */
  readonly state: "scanning" | "hashing" | "ready" | "offline";
  readonly files: number;
  readonly bytes: number;
  /** Files whose content is known, empty ones among them. */
  readonly hashed: number;
  /** Bytes of those files. */
  readonly hashedBytes: number;
  /** Milliseconds until all contents are known, at the speed of the last seconds; null while that cannot be told. */
  readonly remainingMs: number | null;
  /** Hashing waits until a person has it go on. */
  readonly paused: boolean;
  /** What is there and not offered: links that lead elsewhere, special files, names that are not UTF-8, unreadable folders. */
  readonly skipped: number;
  /** Files and folders whose names begin with "." are offered too. */
  readonly hidden: boolean;
  /** Given by flag for this run, so not to be removed. */
  readonly fixed: boolean;
  /** What is wrong with it just now, in words. */
  readonly error: string | null;
}
