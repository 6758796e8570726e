import { rm } from "node:fs/promises";
import { join } from "node:path";
import { reason } from "../shared/errors.ts";
import { syncFolder } from "../shared/folders.ts";
import { readIfThere } from "../shared/state-file.ts";
import { setAside } from "./aside.ts";
import { type Found, lostHistory, type Point } from "./core/history.ts";
import { Journal } from "./journal.ts";
import type { Scanned } from "./journal-format.ts";
import type { CatalogOptions, Standing } from "./options.ts";
import { ownJournalPath, reissue } from "./own.ts";
import { Replay, type Store } from "./replay.ts";
import type { ListStanding } from "./store/lists.ts";

type Mark = Point & { readonly bytes: number };

export const markPath = (dir: string): string => join(dir, "clean.json");

/** The note of the last clean stop. No mark that can be read is none. */
async function readMark(dir: string): Promise<Mark | null> {
  const bytes = await readIfThere(markPath(dir));
  if (bytes === null) return null;
  try {
    const { epoch, sequence, bytes: length } = JSON.parse(bytes.toString("utf8")) as Record<string, unknown>;
    if (typeof epoch === "string" && typeof sequence === "number" && typeof length === "number") {
      return { epoch, sequence, bytes: length };
    }
  } catch {
    return null;
  }
  return null;
}

/** Once the journal may grow, the mark tells the past: a start after a crash must not find it. */
async function dropMark(dir: string): Promise<void> {
  await rm(markPath(dir), { force: true });
  await syncFolder(dir);
}

/**
 * Brings the own list from disk to rows, and decides whether its history is whole. If not, whatever of it could be read,
 * or the image has, is written again under a new epoch before anything is told, and the old journal is set aside.
 * `isNew`: nobody can have heard of its epoch.
 */
export async function openOwn(
  options: CatalogOptions,
  store: Store,
  image: ListStanding | null,
): Promise<{ journal: Journal; standing: Standing; isNew: boolean }> {
  const { dir, memberId } = options;
  const { journal, scanned, rows } = await load(options, store, image);
  const isOwn = journal !== null && journal.header.member === memberId;
  const found: Found = {
    file: scanned === null ? "none" : isOwn ? scanned.end : "hurt",
    journal: isOwn ? { epoch: journal.header.epoch, sequence: journal.sequence, bytes: journal.length } : null,
    mark: await readMark(dir),
    image,
  };
  const lost = lostHistory(found);
  let start: { journal: Journal; standing: Standing; isNew: boolean };
  if (lost === null && journal !== null) {
    // What a crash left in the system's memory only was never told; from now on it may be.
    await journal.sync();
    const { epoch } = journal.header;
    start = {
      journal,
      standing: { epoch, sequence: journal.sequence, entries: rows?.entries ?? 0, bytes: rows?.bytes ?? 0 },
      isNew: false,
    };
  } else {
    await journal?.close();
    start = { ...(await startAgain(options, store, found, lost ?? "it is missing")), isNew: true };
  }
  await dropMark(dir);
  return start;
}

async function startAgain(
  options: CatalogOptions,
  store: Store,
  { file, journal, mark, image }: Found,
  lost: string,
): Promise<{ journal: Journal; standing: Standing }> {
  const path = ownJournalPath(options.dir);
  return reissue(options, store, journal?.epoch ?? image?.epoch ?? null, async () => {
    const aside = file === "none" ? null : await setAside(path);
    if (file === "none" && mark === null && image === null) return;
    const fields = aside === null ? {} : { aside };
    options.log.warn(`Own journal "${path}": ${lost}; this member's list goes on under a new epoch`, fields);
  });
}

interface Loaded {
  readonly journal: Journal | null;
  readonly scanned: Scanned | null;
  /** What the rows came to; null where there are none. */
  readonly rows: { readonly entries: number; readonly bytes: number } | null;
}

/** Replays what the journal has beyond the image; all of it, where the image does not fit. */
async function load(options: CatalogOptions, store: Store, image: ListStanding | null): Promise<Loaded> {
  const { dir, log, memberId } = options;
  try {
    return await replay(dir, memberId, store, image);
  } catch (thrown) {
    log.warn("The index of the own list does not fit its journal and is made again", { why: reason(thrown) });
    await store.call("drop", memberId, true);
    return await replay(dir, memberId, store, null);
  }
}

async function replay(dir: string, member: string, store: Store, image: ListStanding | null): Promise<Loaded> {
  const rows = new Replay(store, member, true);
  let upTo: number | null = null;
  const fit = async (epoch: string): Promise<number> => {
    if (image?.epoch === epoch) return image.sequence;
    await store.call("begin", member, epoch, true);
    return 0;
  };
  const { journal, scanned } = await Journal.load(ownJournalPath(dir), async (segment, notes, header) => {
    if (header.member !== member) return;
    upTo ??= await fit(header.epoch);
    if (segment.to > upTo) await rows.add(segment, notes);
  });
  try {
    await rows.flush();
    if (journal !== null && scanned?.end === "whole" && journal.header.member === member) {
      upTo ??= await fit(journal.header.epoch);
    }
  } catch (thrown) {
    await journal?.close();
    throw thrown;
  }
  const kept = image !== null && (upTo === null || image.epoch === journal?.header.epoch) ? image : null;
  return { journal, scanned, rows: rows.applied?.standing ?? kept };
}
