/** Where a list stands: an epoch and the sequence number of its last change; 0 where there is none. */
export interface Point {
  readonly epoch: string;
  readonly sequence: number;
}

/** What a start finds of the own journal. */
export interface Found {
  /** `torn`: it ends within a frame; `hurt`: something in it is not what was written. */
  readonly file: "none" | "whole" | "torn" | "hurt";
  /** Where the sound part of the journal ends; null where not even its header can be read. */
  readonly journal: (Point & { readonly bytes: number }) | null;
  /** What the last clean stop noted; null after a crash. */
  readonly mark: (Point & { readonly bytes: number }) | null;
  /** Where the own list stands in the image of the store. */
  readonly image: Point | null;
}

/**
 * Whether a start must take a new epoch, and why; null where the history on disk is surely whole.
 *
 * A number that was ever served is never given to another change. Numbers are served only after an fsync, so a journal
 * that ends with a whole frame, without traces of a longer one, has all that was served. A torn end is most often a
 * crash while appending, but looks the same as a cut file: a new epoch costs others one whole list, a wrong guess
 * would leave them with a list that is wrong for good.
 */
export function lostHistory(found: Found): string | null {
  const { file, journal, mark, image } = found;
  if (file === "none") return mark === null && image === null ? "it is new" : "it is missing";
  if (file === "hurt" || journal === null) return "it is damaged";
  if (file === "torn") return "it ends within a frame";
  if (
    mark !== null &&
    (mark.epoch !== journal.epoch || mark.sequence !== journal.sequence || mark.bytes !== journal.bytes)
  ) {
    return "it is not as the last stop left it";
  }
  if (image !== null && image.epoch === journal.epoch && image.sequence > journal.sequence) {
    return "it is older than the index beside it";
  }
  return null;
}

/** Whether what others tell of our own list proves that we lost a part of it, as a restored backup has. */
export function provesLoss(own: Point, heard: Point): boolean {
  return heard.epoch === own.epoch && heard.sequence > own.sequence;
}

const MIB = 1 << 20;

/**
 * Whether so much of a history is overwritten that its origin starts a new epoch with only what is still there.
 * Every file costs two changes, listed and hashed; four times that and room for small lists is still worth keeping.
 * `bytes` of its journal count too, unless a new one would be nearly as long: paths may have 4 096 bytes.
 */
export function worthRenewing(changes: number, entries: number, bytes: number): boolean {
  if (changes > 4 * entries + 100_000) return true;
  return changes > 2 * entries && bytes > 4_096 * entries + 16 * MIB;
}

/**
 * Whether a list has more changes than any honest one: its origin would have renewed it long before.
 * `peak` is the most entries that it ever had. This is what bounds a million changes of one name.
 */
export function absurdlyLong(changes: number, peak: number): boolean {
  return changes > 16 * peak + 1_000_000;
}

/** Whether a list's journal has more bytes than any honest one: four times those at which its origin would have renewed it. */
export function absurdlyLarge(bytes: number, peak: number): boolean {
  return bytes > 16_384 * peak + 64 * MIB;
}
