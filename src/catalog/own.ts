import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Change, FileStat, Known } from "../shared/entry.ts";
import { GroupShareError, reason } from "../shared/errors.ts";
import { toHex } from "../shared/hex.ts";
import { below } from "../shared/random.ts";
import { checkChange } from "./core/change.ts";
import { cut } from "./core/cut.ts";
import { type Point, provesLoss, worthRenewing } from "./core/history.ts";
import { encodeChange, joinChanges } from "./entries.ts";
import { Journal, type Piece } from "./journal.ts";
import { encodeNotes, notesOf } from "./notes.ts";
import type { CatalogOptions, Standing } from "./options.ts";
import { exact, type Store } from "./replay.ts";
import { MAX_ENTRIES_BYTES, MAX_SEGMENT_CHANGES, makeSegment } from "./segments.ts";
import type { Applied, SegmentRows } from "./store/apply.ts";

/** A change as it is kept: a file whose stat was lost has none. */
type OwnChange =
  | Exclude<Change, { kind: "file" }>
  | (Omit<Extract<Change, { kind: "file" }>, "stat"> & { readonly stat: FileStat | null });

/** Changes that are encoded without a pause for whatever else waits. */
const SLICE = 1_000;
/** Hearsay can make a new epoch at most this often: each one costs the group a whole list. */
const RENEWAL_PAUSE_MS = 60_000;

export const ownJournalPath = (dir: string): string => join(dir, "own.journal");

/**
 * This member's list. Its journal is the truth: a number is told or served only once its segment is on disk.
 * After a new epoch the rows stay what they were and are written again as segments of it, so that `known` still tells
 * what need not be hashed again; whatever was lost with the old history, the next scan finds as a change.
 */
export class OwnList {
  readonly #options: CatalogOptions;
  readonly #store: Store;
  readonly #told: (standing: Standing, changes: number) => void;
  #journal: Journal;
  #standing: Standing;
  #waiting: { changes: readonly Change[]; resolve: () => void; reject: (error: unknown) => void }[] = [];
  #work: Promise<unknown> = Promise.resolve();
  #renewedAt = Number.NEGATIVE_INFINITY;
  #closed = false;
  readonly counters = { segmentsSigned: 0, changesCommitted: 0, changesLeftOut: 0, epochs: 0 };

  constructor(
    options: CatalogOptions,
    store: Store,
    start: { journal: Journal; standing: Standing },
    told: (standing: Standing, changes: number) => void,
  ) {
    this.#options = options;
    this.#store = store;
    this.#journal = start.journal;
    this.#standing = start.standing;
    this.#told = told;
  }

  get standing(): Standing {
    return this.#standing;
  }

  get journal(): Journal {
    return this.#journal;
  }

  /** Resolves when the changes are on disk and in the rows. What waits together is written together, with one fsync. */
  commit(changes: readonly Change[]): Promise<void> {
    if (this.#closed)
      return Promise.reject(new GroupShareError("internal", "Cannot add to a catalog that was stopped"));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ changes, resolve, reject });
      if (this.#waiting.length === 1) void this.#alone(() => this.#drain());
    });
  }

  /** Takes a new epoch where what others say of this list shows that a part of it was lost here. Whether it did. */
  async heard(point: Point): Promise<boolean> {
    return this.#alone(async () => {
      const now = this.#options.clock.now();
      if (this.#closed || !provesLoss(this.#standing, point) || now - this.#renewedAt < RENEWAL_PAUSE_MS) return false;
      this.#renewedAt = now;
      await this.#disown(point);
      return true;
    });
  }

  /** Takes a new epoch, since others have changes of this one, signed, that are not on this disk. */
  async forked(point: Point): Promise<void> {
    await this.#alone(async () => {
      if (!this.#closed && this.#standing.epoch === point.epoch) await this.#disown(point);
    });
  }

  async #disown(point: Point): Promise<void> {
    const fields = { here: this.#standing.sequence, there: point.sequence };
    this.#options.log.warn("The group knows later changes of this member's list than this disk: new epoch", fields);
    await this.#renew();
  }

  /** The bytes of the segment that begins with this number; null where there is none in this epoch. */
  async segmentAt(epoch: string, from: number): Promise<Uint8Array | null> {
    const journal = this.#journal;
    const place = journal.places.find((place) => place.from === from);
    if (place === undefined || journal.header.epoch !== epoch) return null;
    const reader = journal.reader();
    try {
      return await reader.read(place.offset, place.length);
    } finally {
      reader.close();
    }
  }

  /** Waits for what was begun, then closes the journal. */
  async close(): Promise<Point & { bytes: number }> {
    this.#closed = true;
    await this.#work;
    await this.#journal.sync();
    const { epoch, sequence } = this.#standing;
    const bytes = this.#journal.length;
    await this.#journal.close();
    return { epoch, sequence, bytes };
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#work.then(work);
    this.#work = next.catch(() => undefined);
    return next;
  }

  async #drain(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    try {
      await this.#write(batch.flatMap(({ changes }) => changes));
      for (const { resolve } of batch) resolve();
    } catch (thrown) {
      for (const { reject } of batch) reject(thrown);
    }
  }

  async #write(all: readonly Change[]): Promise<void> {
    const changes = all.filter((change) => this.#isFit(change));
    if (changes.length === 0) return;
    const { epoch } = this.#standing;
    const { sequence } = this.#journal;
    const { pieces, rows, last } = await makePieces(this.#options, epoch, sequence, changes);
    const count = this.#journal.places.length;
    await this.#journal.append(pieces);
    const bytes = this.#journal.length;
    const batch = { member: this.#options.memberId, live: true, own: true, bytes, segments: rows };
    let applied: Applied;
    try {
      await this.#journal.sync();
      applied = await this.#store.call("apply", batch);
    } catch (thrown) {
      // Nobody was told of them yet. What cannot be put into rows must not stay: at each start it would fail again.
      await this.#journal.cutTo(count).catch(() => undefined);
      throw thrown;
    }
    const { standing, refused, why } = applied;
    if (refused > 0) this.#options.log.warn("Some own entries are not offered", { count: refused, why });
    this.counters.segmentsSigned += pieces.length;
    this.counters.changesCommitted += changes.length;
    this.#standing = { epoch, sequence: last, entries: standing.entries, bytes: standing.bytes };
    this.#told(this.#standing, changes.length);
    if (!worthRenewing(last, standing.entries, bytes)) return;
    // The changes are committed, whatever becomes of this: a disk without room for both histories keeps the long one.
    await this.#renew().catch((thrown: unknown) =>
      this.#options.log.warn("The own list could not be written anew, and stays longer", { why: reason(thrown) }),
    );
  }

  #isFit(change: Change): boolean {
    const checked = checkChange(change);
    if (!("refused" in checked)) return true;
    this.counters.changesLeftOut++;
    const path = "path" in change ? change.path.slice(0, 200) : change.share;
    this.#options.log.warn("An own entry is not offered", { path, why: checked.refused });
    return false;
  }

  /** Writes the rows as a new history, and tells its standing. */
  async #renew(): Promise<void> {
    const before = this.#journal;
    const { journal, standing } = await reissue(this.#options, this.#store, this.#standing.epoch);
    this.#journal = journal;
    this.#standing = standing;
    this.counters.epochs++;
    await before.close();
    this.#told(standing, standing.sequence);
  }
}

/** Encodes, cuts and signs changes as the segments after `sequence`. */
async function makePieces(
  options: CatalogOptions,
  epoch: string,
  sequence: number,
  changes: readonly OwnChange[],
): Promise<{ pieces: Piece[]; rows: SegmentRows[]; last: number }> {
  const encoded: Uint8Array[] = [];
  for (const [at, change] of changes.entries()) {
    if (at > 0 && at % SLICE === 0) await setImmediate();
    encoded.push(encodeChange(change));
  }
  const list = { member: options.memberId, epoch, sign: (bytes: Uint8Array) => options.sign(bytes) };
  const pieces: Piece[] = [];
  const rows: SegmentRows[] = [];
  let last = sequence;
  for (const [start, end] of cut(
    encoded.map(({ length }) => length),
    MAX_ENTRIES_BYTES,
    MAX_SEGMENT_CHANGES,
  )) {
    const [from, to] = [last + 1, last + end - start];
    const entries = joinChanges(encoded.slice(start, end));
    const noted = notesOf(changes.slice(start, end));
    const notes = noted.length === 0 ? null : exact(encodeNotes(noted));
    pieces.push({ from, to, bytes: await makeSegment(list, from, to, entries), notes });
    rows.push({ from, to, entries, notes });
    last = to;
  }
  return { pieces, rows, last };
}

/**
 * A new journal in place of the own one, with the own rows as the history of a new epoch. `beforeMove` may still do
 * something with the old file.
 */
export async function reissue(
  options: CatalogOptions,
  store: Store,
  before: string | null,
  beforeMove: () => Promise<void> = async () => {},
): Promise<{ journal: Journal; standing: Standing }> {
  const { dir, memberId: member, publicKey: key } = options;
  let epoch = newEpoch(options);
  while (epoch === before) epoch = newEpoch(options);
  const journal = await Journal.create(`${ownJournalPath(dir)}.part`, { member, epoch, key });
  try {
    for await (const changes of ownRows(store, member)) {
      const { pieces } = await makePieces(options, epoch, journal.sequence, changes);
      await journal.append(pieces);
    }
    await journal.sync();
    await beforeMove();
    await journal.moveTo(ownJournalPath(dir));
  } catch (thrown) {
    await journal.remove();
    throw thrown;
  }
  const { sequence, entries, bytes } = await store.call("relabel", member, epoch, journal.sequence);
  return { journal, standing: { epoch, sequence, entries, bytes } };
}

function newEpoch({ random }: CatalogOptions): string {
  return toHex(Uint8Array.from({ length: 8 }, () => below(random, 256)));
}

/** The own rows as the changes that make them, in runs that fill a segment. */
async function* ownRows(store: Store, member: string): AsyncGenerator<OwnChange[]> {
  let run: OwnChange[] = [];
  for (const { id: share, name, online } of await store.call("shares", member)) {
    run.push({ kind: "share", share, name, online });
    const own = await store.call("stat", { member, share, path: "" });
    run.push({ kind: "folder", share, path: "", mtime: own?.mtime ?? 0 });
    for (let after: string | null = null, more = true; more; more = after !== null) {
      const page: { items: readonly Known[]; next: string | null } = await store.call("known", share, after);
      for (const item of page.items) run.push(toChange(share, item));
      after = page.next;
      if (run.length < MAX_SEGMENT_CHANGES / 2) continue;
      yield run;
      run = [];
    }
  }
  if (run.length > 0) yield run;
}

function toChange(share: string, { path, kind, size, mtime, root, stat }: Known): OwnChange {
  if (kind === "folder") return { kind, share, path, mtime };
  return { kind, share, path, size, mtime, root, stat };
}
