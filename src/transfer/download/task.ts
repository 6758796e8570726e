import type { GroupShareError } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import type { Counters } from "../counters.ts";
import type { CatalogView } from "../needs.ts";
import type { Sources, Wanted } from "../sources.ts";
import type { Claims } from "./claims.ts";
import { findLeftOver, type Kept, removePart } from "./part-file.ts";
import type { Tree } from "./tree.ts";

/** One file to be downloaded, and how far it is. */
export interface FileTask {
  wanted: Wanted;
  /** Folders below the download's own, and the name there, as this disk takes them. */
  readonly at: readonly string[];
  readonly name: string;
  /** Its part file, once it is known in this run of the program. */
  part: string | null;
  /** The part file was opened in this run: what is in it is of this version. */
  begun: boolean;
  /** Where an earlier try of this run left the part file. */
  kept: Kept | null;
  /** This run has looked whether the file is in place already, and it is not. */
  looked: boolean;
  /** Members that sent wrong bytes for it. */
  readonly blamed: Set<string>;
  /** Take all bytes from one member only, so that wrong ones can be told whose they are. */
  solo: boolean;
  /** How often nobody had it. */
  starved: number;
  /** Bytes that count as done. */
  counted: number;
  /** Where it is, once it is in place. */
  target: string | null;
  /** Why it cannot be had. */
  failure: GroupShareError | null;
}

export function newTask(wanted: Wanted, at: readonly string[], name: string): FileTask {
  const blamed = new Set<string>();
  return {
    wanted,
    at,
    name,
    part: null,
    begun: false,
    kept: null,
    looked: false,
    blamed,
    solo: false,
    starved: 0,
    counted: 0,
    target: null,
    failure: null,
  };
}

/** What a download tells while it goes on. */
export interface Progress {
  /** So many bytes of a file are here now. */
  count(task: FileTask, bytes: number): void;
  received(member: string, bytes: number): void;
  /** A member began or ended giving. */
  using(member: string, by: 1 | -1): void;
}

/** What downloading a file needs beside the file. */
export interface Run {
  readonly id: string;
  readonly tree: Tree;
  readonly sources: Sources;
  readonly catalog: Pick<CatalogView, "stat">;
  readonly claims: Claims;
  readonly counters: Counters;
  readonly log: Log;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Display name of a member. */
  name(member: string): string;
  /** When the download was added, if an earlier run of the program may have left files of it; else null. */
  readonly resumedSince: number | null;
}

/** In place, or nobody here has what is missing. */
export type Outcome = { readonly kind: "done" } | { readonly kind: "starved"; readonly why: string };

/** Lets go of the part file of a task, which is no more. */
export function release(task: FileTask, run: Pick<Run, "claims">): void {
  if (task.part !== null) run.claims.delete(task.part);
  task.part = null;
  task.begun = false;
  task.looked = false;
  task.kept = null;
}

/** Removes what is here of a task that is not in place, also what an earlier run of the program left. */
export async function discard(task: FileTask, run: Run): Promise<void> {
  const path = task.part ?? (await leftOver(task, run));
  if (path !== null) await removePart(path);
  release(task, run);
  run.progress.count(task, 0);
}

/** The part file that an earlier run of the program left of a task; null where there is none. */
export async function leftOver({ at, name }: FileTask, run: Run): Promise<string | null> {
  const { claims, id: tag, resumedSince: ownSince } = run;
  return ownSince === null ? null : findLeftOver({ folder: await run.tree.folder(at), name, tag, claims, ownSince });
}
