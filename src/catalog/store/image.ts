import { createHash, hash } from "node:crypto";
import { rename } from "node:fs/promises";
import { readIfThere, replaceFile } from "../../shared/state-file.ts";
import { Sqlite } from "./sqlite.ts";

/*
 * The image of the store on disk: an SQLite file, then 8 bytes of magic and the SHA-256 of what is before them.
 * SQLite tools open it as it is, since they go by the page count in its header.
 */
const MAGIC = new TextEncoder().encode("GSINDEX1");
const TRAILER = MAGIC.length + 32;

/** Bytes summed and written before whatever else waits has its turn. */
const PIECE = 8 << 20;

/** Copies the store out at once, then writes the copy piece by piece beside what else is asked. */
export async function saveImage(db: Sqlite, path: string): Promise<void> {
  const rows = db.export();
  try {
    await replaceFile(path, async (file) => {
      const sum = createHash("sha256");
      for (let at = 0; at < rows.length; at += PIECE) {
        const piece = rows.subarray(at, at + PIECE);
        sum.update(piece);
        await file.writeFile(piece);
      }
      await file.writeFile(Buffer.concat([MAGIC, sum.digest()]));
    });
  } finally {
    release(rows);
  }
}

/** Gives large memory back at once, not when garbage is next collected. */
function release({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength > 1 << 20) buffer.transfer(0);
}

/** Opens the store from its image, or empty. One that cannot be used is set aside under the name that is returned. */
export async function loadImage(path: string): Promise<{ db: Sqlite; aside: string | null }> {
  const bytes = await readIfThere(path);
  const rows = bytes === null ? null : soundRows(bytes);
  const loaded = rows === null ? null : await Sqlite.open(rows);
  if (loaded !== null) return { db: loaded, aside: null };
  const db = await Sqlite.open(null);
  if (db === null) throw new Error("Cannot make an empty store");
  if (bytes === null) return { db, aside: null };
  const aside = `${path}.damaged`;
  await rename(path, aside);
  return { db, aside };
}

function soundRows(image: Uint8Array): Uint8Array | null {
  const length = image.length - TRAILER;
  if (length <= 0 || !MAGIC.every((byte, i) => image[length + i] === byte)) return null;
  const rows = image.subarray(0, length);
  const sum = hash("sha256", rows, "buffer");
  return sum.every((byte, i) => image[length + MAGIC.length + i] === byte) ? rows : null;
}
