import { fromHex, toHex } from "../../shared/hex.ts";
import type { FileFacts } from "./compare.ts";

/** Rows of a block, a power of 2, and the bytes of a root. */
const ROWS = 1_024;
const ROOT = 32;
/** In the column of inodes: there is none, or it is among the odd ones. */
const NONE = -1;
const ODD = -2;
/** Devices and numbers of inodes below these two make one number that is exact. */
const DEVICES = 2 ** 20;
const NUMBERS = 2 ** 32;

/** Bits of a file's flags. */
export const ROOTED = 1;
export const VERIFY = 2;
export const QUEUED = 4;
export const READING = 8;
export const UNREADABLE = 16;
export const GONE = 32;

/** An inode as one number where it fits: half of what its text takes. NTFS and very large disks have some that do not. */
export function inodeKey(inode: string): number | string {
  const at = inode.indexOf(":");
  const device = Number(inode.slice(0, at));
  const number = Number(inode.slice(at + 1));
  if (!(device >= 0 && device < DEVICES && number >= 0 && number < NUMBERS)) return inode;
  const key = device * NUMBERS + number;
  return inodeOf(key) === inode ? key : inode;
}

const inodeOf = (key: number): string => `${Math.floor(key / NUMBERS)}:${key % NUMBERS}`;

/** Some files' facts, a row each. */
class Block {
  readonly sizes = new Float64Array(ROWS);
  readonly mtimes = new Float64Array(ROWS);
  readonly ctimes = new Float64Array(ROWS);
  readonly births = new Float64Array(ROWS);
  readonly inodes = new Float64Array(ROWS);
  readonly roots = new Uint8Array(ROWS * ROOT);
  readonly flags = new Uint8Array(ROWS);
  /** Inodes that are no number here. */
  readonly odd = new Map<number, string>();
}

/**
 * What is known of a share's files, in columns, 73 bytes a file: as fields of objects, with texts for roots and inodes,
 * it takes 300, which of a million files is most of what a member needs. It grows by blocks, so that nothing is copied.
 */
export class FileRows {
  readonly #blocks: Block[] = [];
  readonly #free: number[] = [];
  #count = 0;

  /** A row for one more file. */
  take(): number {
    const row = this.#free.pop() ?? this.#count++;
    if (row === this.#blocks.length * ROWS) this.#blocks.push(new Block());
    this.#block(row).flags[row % ROWS] = 0;
    this.put(row, { size: 0, mtime: 0, ctime: 0, inode: null, birth: 0 }, null);
    return row;
  }

  /** Nobody asks for this row any more. */
  give(row: number): void {
    this.#block(row).odd.delete(row % ROWS);
    this.#free.push(row);
  }

  /** Flags but `ROOTED` stay as they are. */
  put(row: number, { size, mtime, ctime, inode, birth }: FileFacts, root: string | null): void {
    const block = this.#block(row);
    const at = row % ROWS;
    block.sizes[at] = size;
    block.mtimes[at] = mtime;
    block.ctimes[at] = ctime;
    block.births[at] = birth;
    const key = inode === null ? NONE : inodeKey(inode);
    block.inodes[at] = typeof key === "number" ? key : ODD;
    if (typeof key === "string") block.odd.set(at, key);
    else block.odd.delete(at);
    const bytes = root === null ? null : fromHex(root, ROOT);
    if (bytes !== null) block.roots.set(bytes, at * ROOT);
    this.mark(row, ROOTED, bytes !== null);
  }

  refine(row: number, ctime: number, birth: number): void {
    const block = this.#block(row);
    block.ctimes[row % ROWS] = ctime;
    block.births[row % ROWS] = birth;
  }

  size(row: number): number {
    return this.#block(row).sizes[row % ROWS] as number;
  }

  mtime(row: number): number {
    return this.#block(row).mtimes[row % ROWS] as number;
  }

  ctime(row: number): number {
    return this.#block(row).ctimes[row % ROWS] as number;
  }

  birth(row: number): number {
    return this.#block(row).births[row % ROWS] as number;
  }

  inode(row: number): string | null {
    const { inodes, odd } = this.#block(row);
    const key = inodes[row % ROWS] as number;
    return key === NONE ? null : key === ODD ? (odd.get(row % ROWS) as string) : inodeOf(key);
  }

  root(row: number): string | null {
    if ((this.flags(row) & ROOTED) === 0) return null;
    const at = (row % ROWS) * ROOT;
    return toHex(this.#block(row).roots.subarray(at, at + ROOT));
  }

  flags(row: number): number {
    return this.#block(row).flags[row % ROWS] as number;
  }

  mark(row: number, flag: number, on: boolean): void {
    const { flags } = this.#block(row);
    const before = flags[row % ROWS] as number;
    flags[row % ROWS] = on ? before | flag : before & ~flag;
  }

  #block(row: number): Block {
    return this.#blocks[Math.floor(row / ROWS)] as Block;
  }
}
