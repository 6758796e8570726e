import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { GroupShareError, reason, systemCode } from "../../shared/errors.ts";
import { replaceFile } from "../../shared/state-file.ts";
import { setAside } from "../aside.ts";
import { DatabaseFile, MOST } from "./file.ts";
import { Sqlite } from "./sqlite.ts";

/*
 * The image of the store on disk: an SQLite file, then 8 bytes of magic and the SHA-256 of what is before them.
 * SQLite tools open it as it is, since they go by the page count in its header.
 */
const MAGIC = new TextEncoder().encode("GSINDEX1");
const TRAILER = MAGIC.length + 32;

/** Bytes copied out, summed and written before whatever else waits has its turn: some 8 ms. */
const PIECE = 4 << 20;
/** How often it is begun again where something was written meanwhile, before it is copied out all at once. */
const ATTEMPTS = 3;

/** Writes the store piece by piece beside what else is asked: half a second a million entries. */
export async function saveImage(db: Sqlite, path: string): Promise<void> {
  await replaceFile(path, async (file) => {
    const piece = new Uint8Array(PIECE);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const rows = db.file();
      if (rows === null) break;
      const { writes } = rows;
      const read = (from: number, to: number): Uint8Array | null => {
        if (rows.writes !== writes) return null;
        rows.copy(from, piece.subarray(0, to - from));
        return piece.subarray(0, to - from);
      };
      // The last is asked of the store: what sql.js writes elsewhere by now does not count here.
      if ((await write(file, rows.size, read)) && rows.writes === writes && db.file() === rows) return;
    }
    const rows = db.export();
    await write(file, rows.length, (from, to) => rows.subarray(from, to));
  });
}

/** Whether all could be read. */
async function write(
  file: FileHandle,
  size: number,
  read: (from: number, to: number) => Uint8Array | null,
): Promise<boolean> {
  const sum = createHash("sha256");
  for (let at = 0; at < size; at += PIECE) {
    const piece = read(at, Math.min(size, at + PIECE));
    if (piece === null) return false;
    sum.update(piece);
    await writeAt(file, piece, at);
  }
  await writeAt(file, Buffer.concat([MAGIC, sum.digest()]), size);
  // An attempt before may have come further.
  await file.truncate(size + TRAILER);
  return true;
}

async function writeAt(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}

/** Opens the store from its image, or empty. One that cannot be used is set aside under the name that is returned. */
export async function loadImage(path: string): Promise<{ db: Sqlite; aside: string | null }> {
  const unreadable = (thrown: unknown): never => {
    throw new GroupShareError("unwritable", `Cannot read "${path}": ${reason(thrown)}`, { cause: thrown });
  };
  const image = await open(path).catch((thrown) => (systemCode(thrown) === "ENOENT" ? null : unreadable(thrown)));
  const rows =
    image === null
      ? null
      : await soundRows(image)
          .catch(unreadable)
          .finally(() => image.close());
  const loaded = rows === null ? null : await Sqlite.open(rows);
  if (loaded !== null) return { db: loaded, aside: null };
  const db = await Sqlite.open(null);
  if (db === null) throw new Error("Cannot make an empty store");
  if (image === null) return { db, aside: null };
  return { db, aside: await setAside(path) };
}

/** Reads an image straight to where it is used, so that a large one is never there twice. */
async function soundRows(image: FileHandle): Promise<DatabaseFile | null> {
  const found = await image.stat();
  const size = found.size - TRAILER;
  if (!found.isFile() || size <= 0 || size > MOST) return null;
  const rows = new DatabaseFile(size);
  const sum = createHash("sha256");
  const piece = new Uint8Array(PIECE);
  for (let at = 0; at < size; ) {
    const { bytesRead } = await image.read(piece, 0, Math.min(PIECE, size - at), at);
    if (bytesRead === 0) return null;
    const bytes = piece.subarray(0, bytesRead);
    sum.update(bytes);
    rows.put(at, bytes);
    at += bytesRead;
  }
  const trailer = new Uint8Array(TRAILER);
  const { bytesRead } = await image.read(trailer, 0, TRAILER, size);
  return bytesRead === TRAILER && Buffer.concat([MAGIC, sum.digest()]).equals(trailer) ? rows : null;
}
