import { GroupShareError } from "../../shared/errors.ts";
import type { ListChange } from "../core/change.ts";
import { absurdlyLarge, absurdlyLong } from "../core/history.ts";
import { decodeEntries } from "../entries.ts";
import { decodeNotes, type Note } from "../notes.ts";
import { Edit, type FolderCache } from "./edit.ts";
import type { Index } from "./index.ts";
import { countEntries, findList, type ListStanding, standingOf } from "./lists.ts";
import type { Sqlite } from "./sqlite.ts";

/** A proven segment on its way into rows. */
export interface SegmentRows {
  readonly from: number;
  readonly to: number;
  readonly entries: Uint8Array;
  readonly notes: Uint8Array | null;
}

/** Segments of one list, in order, that go on where it stands. Applied all or none. */
export interface Batch {
  readonly member: string;
  /** The list that is shown, or the one being collected. */
  readonly live: boolean;
  /** Own changes were checked before they were numbered, and are never refused for their number. */
  readonly own: boolean;
  /** Of the list's journal, with these segments. */
  readonly bytes: number;
  readonly segments: readonly SegmentRows[];
}

export interface Applied {
  readonly standing: ListStanding;
  /** Entries that were looked at. */
  readonly changes: number;
  /** Entries that were not taken, and why the first was not. */
  readonly refused: number;
  readonly why: string | null;
}

/**
 * Turns segments into rows, in one transaction. Throws GroupShareError for a list to be refused: `corrupt` where it is
 * none, `invalid` where no honest member has such a one, `too-large` where all lists together would have more entries than
 * `most`.
 */
export function applyBatch(db: Sqlite, folders: FolderCache, index: Index, batch: Batch, most: number): Applied {
  const list = findList(db, batch.member, batch.live);
  if (list === null) throw new GroupShareError("internal", `Cannot apply changes of "${batch.member}": no list`);
  const edit = new Edit(db, list, folders, index);
  try {
    const applied = db.transaction(() => {
      let { sequence, changes } = list;
      let refused = 0;
      let why: string | null = null;
      for (const segment of batch.segments) {
        if (segment.from !== sequence + 1) throw corrupt("its segments do not follow each other");
        sequence = segment.to;
        const decoded = decodeEntries(segment.entries);
        if ("refused" in decoded) throw corrupt(decoded.refused);
        const count = decoded.changes.length;
        const numbers = segment.to - segment.from + 1;
        if (count !== numbers)
          throw corrupt(`a segment has ${count > numbers ? "more" : "fewer"} entries than numbers`);
        changes += count;
        refused += decoded.malformed;
        if (decoded.malformed > 0) why ??= "it is no change";
        const notes = notesByIndex(segment.notes);
        edit.beginSegment(count);
        for (const [at, change] of decoded.changes.entries()) {
          if (change === null || isOverwritten(change, decoded.changes[at + 1])) continue;
          const refusal = edit.change(change, notes.get(at) ?? null);
          if (refusal === null) continue;
          refused++;
          why ??= `"${"path" in change ? change.path.slice(0, 120) : change.share}": ${refusal}`;
        }
      }
      edit.finish();
      const after = standingOf(db, list);
      const peak = Math.max(list.peak, after.entries);
      db.query("UPDATE list SET sequence = ?, changes = ?, peak = ? WHERE id = ?").run(
        sequence,
        changes,
        peak,
        list.id,
      );
      if (!batch.own) checkSize(db, batch.bytes, changes, peak, most);
      return { standing: { ...after, sequence, changes }, changes: changes - list.changes, refused, why };
    });
    index.moved(edit.moves);
    return applied;
  } catch (thrown) {
    folders.clear();
    throw thrown;
  }
}

const corrupt = (why: string): GroupShareError => new GroupShareError("corrupt", `Cannot take a list: ${why}`);

function checkSize(db: Sqlite, bytes: number, changes: number, peak: number, most: number): void {
  if (absurdlyLong(changes, peak)) {
    const why = `${changes} changes of at most ${peak} entries are more than any honest history`;
    throw new GroupShareError("invalid", `Cannot take a list: ${why}`);
  }
  if (absurdlyLarge(bytes, peak)) {
    const why = `${bytes} bytes for at most ${peak} entries are more than any honest history`;
    throw new GroupShareError("invalid", `Cannot take a list: ${why}`);
  }
  if (countEntries(db) > most) {
    const why = `all lists together would have more than ${most} entries`;
    throw new GroupShareError("too-large", `Cannot take a list: ${why}`);
  }
}

/** Whether the next change makes this one needless: a run of changes of one file costs as much as its last. */
function isOverwritten(change: ListChange, next: ListChange | null | undefined): boolean {
  return change.kind === "file" && next?.kind === "file" && next.path === change.path && next.share === change.share;
}

function notesByIndex(bytes: Uint8Array | null): Map<number, Note> {
  const notes = new Map<number, Note>();
  if (bytes !== null) for (const note of decodeNotes(bytes)) notes.set(note[0], note);
  return notes;
}
