import { type FileHandle, open, rename, rm, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { systemCode, writeError } from "../shared/errors.ts";
import { syncFolder } from "../shared/folders.ts";
import {
  encodeFrame,
  encodeHeader,
  FRAME_HEAD,
  type Frame,
  type JournalHeader,
  KIND,
  type Scanned,
  scanJournal,
} from "./journal-format.ts";
import { decodeSegment, type Segment } from "./segments.ts";

/** Where one segment is in a journal's file. */
export interface Place {
  readonly from: number;
  readonly to: number;
  /** Offset and length of the segment's bytes. */
  readonly offset: number;
  readonly length: number;
}

/** A segment on its way to the journal: its bytes, and the notes that go before it. */
export interface Piece {
  readonly from: number;
  readonly to: number;
  readonly bytes: Uint8Array;
  readonly notes: Uint8Array | null;
}

/** One list's segments on disk, appended and never changed. One writer at a time. */
export class Journal {
  readonly header: JournalHeader;
  readonly #file: FileHandle;
  readonly #places: Place[];
  #path: string;
  #length: number;
  /** Appends so far, and how many of them an fsync has covered; opening counts as one. */
  #written = 1;
  #synced = 0;
  #readers = 0;
  #closing = false;

  private constructor(path: string, header: JournalHeader, file: FileHandle, places: Place[], length: number) {
    this.#path = path;
    this.header = header;
    this.#file = file;
    this.#places = places;
    this.#length = length;
  }

  /** Starts a journal without segments in place of whatever is at `path`. */
  static async create(path: string, header: JournalHeader): Promise<Journal> {
    try {
      await rm(path, { force: true });
      const file = await open(path, "wx+", 0o600);
      const head = encodeHeader(header);
      await file.write(head, 0, head.length, 0);
      return new Journal(path, header, file, [], head.length);
    } catch (thrown) {
      throw writeError(`write "${path}"`, thrown);
    }
  }

  /**
   * Opens a journal and gives its sound segments to `each`, with the notes before them. Nothing is mended: `trim` before
   * appending to one that is torn. The journal is null where there is no file, or one without a header that can be read.
   */
  static async load(
    path: string,
    each: (segment: Segment, notes: Uint8Array | null, header: JournalHeader) => Promise<void>,
  ): Promise<{ journal: Journal | null; scanned: Scanned | null }> {
    const opened = await open(path, "r+").catch((thrown: unknown) => {
      const code = systemCode(thrown);
      if (code === "ENOENT" || code === "EISDIR") return code;
      throw writeError(`open "${path}"`, thrown);
    });
    if (opened === "ENOENT") return { journal: null, scanned: null };
    // A folder in its place.
    if (opened === "EISDIR") return { journal: null, scanned: { header: null, end: "hurt", length: 0 } };
    const file = opened;
    const places: Place[] = [];
    let notes: Uint8Array | null = null;
    let hurt = false;
    const take = async ({ kind, payload, offset }: Frame, header: JournalHeader): Promise<void> => {
      if (kind === KIND.notes) notes = payload;
      if (kind !== KIND.segment || hurt) return;
      const segment = decodeSegment(payload);
      const last = places.at(-1)?.to ?? 0;
      hurt = "refused" in segment || segment.from !== last + 1;
      if (hurt || "refused" in segment) return;
      places.push({ from: segment.from, to: segment.to, offset, length: payload.length });
      await each(segment, notes, header);
      notes = null;
    };
    const scanned = await scanJournal(file, take).catch(async (thrown: unknown) => {
      await file.close();
      throw thrown;
    });
    if (scanned.header === null) {
      await file.close();
      return { journal: null, scanned };
    }
    const journal = new Journal(path, scanned.header, file, places, scanned.length);
    return { journal, scanned: hurt ? { ...scanned, end: "hurt" } : scanned };
  }

  get path(): string {
    return this.#path;
  }

  /** Number of the last change, 0 where there is none. */
  get sequence(): number {
    return this.#places.at(-1)?.to ?? 0;
  }

  /** Bytes of the file. */
  get length(): number {
    return this.#length;
  }

  /** Segments in order. */
  get places(): readonly Place[] {
    return this.#places;
  }

  /** Puts segments at the end; on disk for good after `sync`. A failure leaves the journal as it was. */
  async append(pieces: readonly Piece[]): Promise<void> {
    const places: Place[] = [];
    const frames: Uint8Array[] = [];
    let at = this.#length;
    for (const { from, to, bytes, notes } of pieces) {
      if (notes !== null) {
        frames.push(encodeFrame(KIND.notes, notes));
        at += FRAME_HEAD + notes.length;
      }
      frames.push(encodeFrame(KIND.segment, bytes));
      places.push({ from, to, offset: at + FRAME_HEAD, length: bytes.length });
      at += FRAME_HEAD + bytes.length;
    }
    try {
      this.#written++;
      await this.#write(Buffer.concat(frames));
      for (const place of places) this.#places.push(place);
      this.#length = at;
    } catch (thrown) {
      await this.#file.truncate(this.#length).catch(() => undefined);
      throw writeError(`write "${this.path}"`, thrown);
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, this.#length + done);
      done += bytesWritten;
    }
  }

  /** Takes back the segments after the first `count`, which nobody has been told of. */
  async cutTo(count: number): Promise<void> {
    if (count >= this.#places.length) return;
    const last = this.#places[count - 1];
    const length = last === undefined ? encodeHeader(this.header).length : last.offset + last.length;
    this.#places.length = count;
    this.#length = length;
    await this.#file.truncate(length);
  }

  /** Cuts off what follows the last sound frame. */
  async trim(): Promise<void> {
    await this.#file.truncate(this.#length);
  }

  /** Returns when all that was appended is on disk. */
  async sync(): Promise<void> {
    const written = this.#written;
    if (this.#synced >= written) return;
    try {
      await this.#file.sync();
      this.#synced = Math.max(this.#synced, written);
    } catch (thrown) {
      throw writeError(`write "${this.path}"`, thrown);
    }
  }

  /** Takes the place of the file at `path`, for good. */
  async moveTo(path: string): Promise<void> {
    await this.sync();
    try {
      await rename(this.#path, path);
      this.#path = path;
    } catch (thrown) {
      throw writeError(`write "${path}"`, thrown);
    }
    await syncFolder(dirname(path));
  }

  /** Bytes of the file as they are on disk, for as long as the reader needs, also when the journal is replaced meanwhile. */
  reader(): { read(offset: number, length: number): Promise<Uint8Array>; close(): void } {
    this.#readers++;
    let open = true;
    return {
      read: async (offset, length) => {
        const bytes = new Uint8Array(length);
        for (let done = 0; done < length; ) {
          const { bytesRead } = await this.#file.read(bytes, done, length - done, offset + done);
          if (bytesRead === 0) throw new Error(`"${this.path}" is shorter than it was`);
          done += bytesRead;
        }
        return bytes;
      },
      close: () => {
        if (!open) return;
        open = false;
        this.#readers--;
        void this.#closeWhenUnread();
      },
    };
  }

  /** Closes the file, after the last reader. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#closeWhenUnread();
  }

  /** Closes and deletes it. */
  async remove(): Promise<void> {
    await this.close();
    await unlink(this.path).catch(() => undefined);
  }

  async #closeWhenUnread(): Promise<void> {
    if (!this.#closing || this.#readers > 0) return;
    this.#closing = false;
    await this.#file.close().catch(() => undefined);
  }
}
