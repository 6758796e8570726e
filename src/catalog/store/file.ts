/** Bytes that a database may grow by within one transaction, and that its file may have, before they are lost sight of. */
const ROOM = 16 << 20;
export const MOST = 4 * 2 ** 30;
/** In the header of an SQLite file: how often it was written to, and its pages. Both have 4 bytes, the highest first. */
const WRITES = 24;
const PAGES = 28;
export const PAGE = 4_096;

/**
 * The bytes of a database's file in memory. sql.js has no way to read them but to copy all of them at once, in which a
 * million entries take 200 ms. But it keeps what `slice` makes of the image that it is given, and so can be given memory
 * that we know as well. It grows in place, too, where sql.js would copy all of it. Where it outgrows its room all the same,
 * sql.js goes on in memory of its own: whoever reads asks first whether this still is the file.
 */
export class DatabaseFile {
  readonly #begun: number;
  readonly #buffer: ArrayBuffer;
  readonly #bytes: Uint8Array;
  readonly #header: DataView;

  /** A file of so many bytes, all 0 yet. */
  constructor(size: number) {
    this.#begun = size;
    this.#buffer = new ArrayBuffer(size + ROOM, { maxByteLength: MOST + ROOM });
    this.#bytes = new Uint8Array(this.#buffer);
    this.#header = new DataView(this.#buffer);
  }

  static of(image: Uint8Array): DatabaseFile {
    const file = new DatabaseFile(image.length);
    file.put(0, image);
    return file;
  }

  /** Before it is given to sql.js. */
  put(at: number, bytes: Uint8Array): void {
    this.#bytes.set(bytes, at);
  }

  /** What sql.js is given for it: an image whose copy is this file. */
  given(): Uint8Array {
    return Object.defineProperty(this.#bytes.subarray(0, this.#begun), "slice", { value: () => this.#bytes });
  }

  /** Grows with every transaction that writes. */
  get writes(): number {
    return this.#header.getUint32(WRITES);
  }

  get size(): number {
    return PAGE * this.#header.getUint32(PAGES);
  }

  /** Copies what is from a place on: between transactions, where all of it is sound. */
  copy(from: number, to: Uint8Array): void {
    to.set(this.#bytes.subarray(from, from + to.length));
  }

  /** Before each transaction. */
  makeRoom(): void {
    const wanted = Math.min(this.size + ROOM, this.#buffer.maxByteLength);
    if (this.#buffer.byteLength < wanted) this.#buffer.resize(Math.min(wanted + ROOM, this.#buffer.maxByteLength));
  }
}
