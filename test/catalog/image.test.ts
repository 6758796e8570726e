import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { loadImage, saveImage } from "../../src/catalog/store/image.ts";
import type { Sqlite } from "../../src/catalog/store/sqlite.ts";
import { tempDir } from "./support.ts";

const addRows = (db: Sqlite, count: number, bytes: number): void =>
  db.transaction(() => {
    const first = Number(db.query("SELECT coalesce(max(id), 0) FROM entry").one()?.[0]) + 1;
    const sql = `INSERT INTO entry (id, share, parent, kind, name, size, mtime, files, root)
      VALUES (?, 1, 1, 1, ?, 1, 1, 1, randomblob(?))`;
    for (let id = first; id < first + count; id++) db.query(sql).run(id, `${id}`, bytes);
  });
const counted = (db: Sqlite): unknown => db.query("SELECT count(*) FROM entry").one()?.[0];
const isWhole = (db: Sqlite): void => assert.deepEqual(db.query("PRAGMA integrity_check").all(), [["ok"]]);

test("an image that is written while the store changes is that of one moment, and others are answered meanwhile", async (t) => {
  const path = join(await tempDir(t), "image");
  const { db } = await loadImage(path);
  addRows(db, 3_000, 6_000);
  let saved = false;
  const saving = saveImage(db, path).then(() => {
    saved = true;
  });
  let turns = 0;
  for (; !saved; turns++) {
    // Both or neither are in every image.
    if (turns < 60) addRows(db, 2, 30_000);
    await turn();
  }
  await saving;
  // Once more, where it outgrows the memory that is known meanwhile.
  const again = saveImage(db, path);
  addRows(db, 40, 1_000_000);
  await again;
  assert.ok(turns > 2, `${turns} turns`);
  const { db: loaded, aside } = await loadImage(path);
  assert.equal(aside, null);
  isWhole(loaded);
  assert.equal(Number(counted(loaded)) % 2, 0);
  assert.ok(Number(counted(loaded)) >= 3_000);
});

test("a store that grows by very much at once, or shrinks, is saved as it is", async (t) => {
  const path = join(await tempDir(t), "image");
  const { db } = await loadImage(path);
  addRows(db, 40, 1_000_000);
  assert.equal(db.file(), null, "it outgrew the memory that is known");
  await saveImage(db, path);
  const { db: loaded, aside } = await loadImage(path);
  assert.equal(aside, null);
  isWhole(loaded);
  assert.equal(counted(loaded), 40);
  loaded.run("DELETE FROM entry WHERE id > 3");
  loaded.vacuum();
  assert.ok((loaded.file()?.size ?? Number.POSITIVE_INFINITY) < 8_000_000);
  addRows(loaded, 1, 10);
  await saveImage(loaded, path);
  const { db: last } = await loadImage(path);
  isWhole(last);
  assert.equal(counted(last), 4);
});
