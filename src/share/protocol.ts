import type { Change, Known } from "../shared/entry.ts";
import type { Identity } from "./core/compare.ts";
import type { Amount } from "./core/speed.ts";
import type { Place } from "./place.ts";

/** How long things take, in milliseconds. */
export interface Timing {
  /** Quiet after a change before it is looked at. */
  readonly quiet: number;
  /** What is changed without pause is looked at this often all the same. */
  readonly longest: number;
  /** A large file that is being written is looked at this often, and hashed when it has stopped changing. */
  readonly settle: number;
  /** Whether a share's folder is still there, and the same. */
  readonly poll: number;
  /** Everything is looked at anew: the net below the watcher. */
  readonly rescan: number;
  /** A file that is gone is remembered this long, in case it was moved. */
  readonly departed: number;
}

export const TIMING: Timing = {
  quiet: 50,
  longest: 200,
  settle: 1_000,
  poll: 2_000,
  rescan: 600_000,
  departed: 60_000,
};

/** What a share's folder was when it was last seen: that outlasts a restart. */
export interface Ground {
  /** Path of the mount point that it lay on, itself or above; null on the file system where everything begins. */
  readonly mount: string | null;
  /** Which folder it was; null where that is not known. */
  readonly own: Identity | null;
  /** The folder that its drive was mounted over, where that was shared before and had something in it. */
  readonly beneath: Identity | null;
}

/** A drive that is, or was, mounted inside a share. */
export interface InnerMount {
  /** Path below the share. */
  readonly at: string;
  /** The folder that it was mounted over, where that was offered before and had something in it. */
  readonly beneath: Identity | null;
}

/** A share as the scan worker takes it on. */
export interface ScannedShare extends Place, Ground {
  readonly id: string;
  readonly name: string;
  /** As they were when they were last seen. */
  readonly mounts: readonly InnerMount[];
  /** Hidden files are offered. */
  readonly hidden: boolean;
}

export interface ScanStatus extends Ground {
  readonly share: string;
  readonly state: "scanning" | "hashing" | "ready" | "offline";
  readonly files: number;
  readonly bytes: number;
  readonly hashed: number;
  readonly hashedBytes: number;
  /** Files whose content is not known and can be. */
  readonly unhashed: Amount;
  /** What is there and not offered: links out of it, special files, names that are not UTF-8, unreadable folders. */
  readonly skipped: number;
  readonly mounts: readonly InnerMount[];
  readonly error: string | null;
}

export interface ShareCounters {
  /** Files whose bytes were read to be hashed. */
  readonly filesHashed: number;
  readonly bytesHashed: number;
  /** Times that all of a share was looked at. */
  readonly scans: number;
  /** What is in shares now and not offered. */
  readonly skipped: number;
}

/** What became known since the last report. The states hold once the changes are committed. */
export interface ScanReport {
  readonly changes: readonly Change[];
  readonly shares: readonly ScanStatus[];
  readonly counters: ShareCounters;
}

/** A file to be hashed, and how it looked when that was decided. */
export interface HashItem {
  readonly share: string;
  readonly path: string;
  /** Where it is on disk. */
  readonly file: string;
  readonly size: number;
  readonly mtime: number;
  readonly ctime: number;
  readonly inode: string;
}

export type HashOutcome =
  | { readonly kind: "hashed"; readonly root: string }
  /** It is not what it was, or became something else while it was read. */
  | { readonly kind: "changed" }
  | { readonly kind: "unreadable"; readonly why: string };

export interface Hashed {
  readonly outcome: HashOutcome;
  /** Bytes read. */
  readonly read: number;
}

export interface HashResult extends Hashed {
  readonly item: HashItem;
}

/** What the scan worker answers. */
export type ScanMethods = {
  configure(timing: Timing): void;
  /** Takes on a share; `load` tells what is known of it, `begin` starts. */
  start(share: ScannedShare): void;
  load(share: string, known: readonly Known[]): void;
  begin(share: string): void;
  rename(share: string, name: string): void;
  /** Whether hidden files are offered from now on. */
  choose(share: string, hidden: boolean): void;
  /** Somebody asks for this file, or what is in this folder. */
  urgent(share: string, path: string): void;
  /** Whether the rules of the share let a file at this path be offered. */
  offers(share: string, path: string): boolean;
  /** Nothing is given out to be hashed until it is called with false. */
  pause(paused: boolean): void;
  /** Its last change says that it is no more; also of one that was not taken on. */
  drop(share: string): void;
  /** Resolves when there is something to tell. At most 1 000 changes. One call at a time. */
  next(): Promise<ScanReport>;
  /** Resolves when there is something to hash; `urgent`: that somebody asks for. */
  take(urgent: boolean): Promise<readonly HashItem[]>;
  hashed(results: readonly HashResult[]): void;
};

/** What a hasher has read since it last told, of one share. */
export interface HashProgress extends Amount {
  readonly share: string;
  /** Which of the calls under way it belongs to. */
  readonly lane: number;
  /** Bytes read of the file that it is at, 0 between two. */
  readonly ahead: number;
}

/** Tells HashProgress as "read". */
export type HashMethods = {
  /**
   * What was found of each, in their order. Calls in several lanes run beside each other, taking turns within large
   * files; in one lane, one call at a time.
   */
  hash(items: readonly HashItem[], lane: number): Promise<readonly Hashed[]>;
  /** It stops where it is, also within a file, until this is called with false. */
  pause(paused: boolean): void;
};
