import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import initSqlJs from "sql.js/dist/sql-wasm-inline.js";
import { APPLICATION_ID, MIGRATIONS } from "../../src/catalog/store/schema.sql.ts";
import { atEnd, everything, file, Member, members, share, tempDir, until } from "./support.ts";

test("a list that is too long for this member is not taken in part, told once, and counted; others still are", async (t) => {
  const [a, c] = await members(t, 2);
  assert.ok(a && c);
  const b = new Member(await tempDir(t), a.roads);
  atEnd(t, () => b.stop());
  b.limit = 100;
  await b.start();
  await a.catalog.commit([share(), ...Array.from({ length: 150 }, (_, i) => file(`f${i}`))]);
  await c.catalog.commit([share("Small"), file("x")]);
  b.meet(a, c);
  await until("a's list is refused", () => b.catalog.refusals().get(a.id) === "too-large");
  await until("c's list is here", async () => (await b.catalog.shares(c.id)).length === 1);
  assert.deepEqual([...(await b.catalog.totals()).keys()].sort(), [b.id, c.id].sort());
  assert.equal((await b.catalog.search({ text: "f1", after: null, limit: 10 })).total, 0);
  assert.equal(b.catalog.counters().listsTooLarge, 1);
  assert.equal(b.logged.filter((line) => line.includes(a.id) && line.includes("more than 100 entries")).length, 1);
  assert.equal(b.catalog.refusals().has(c.id), false);
});

test("the list of a member that was not here for 30 days is dropped, those of others stay", async (t) => {
  const [a, c] = await members(t, 2);
  assert.ok(a && c);
  const b = new Member(await tempDir(t), a.roads);
  atEnd(t, () => b.stop());
  const day = 86_400_000;
  let now = 1_800_000_000_000;
  b.wall = () => now;
  await b.start();
  for (const origin of [a, c]) await origin.catalog.commit([share(), file("x")]);
  b.meet(a, c);
  await until("both lists are here", async () => (await b.catalog.totals()).size === 3);
  b.meet(c);
  await b.stop();
  now += 20 * day;
  await b.start();
  b.meet(c);
  await b.stop();
  assert.ok(await readFile(join(b.dir, `${a.id}.journal`)));
  now += 11 * day;
  await b.start();
  await assert.rejects(readFile(join(b.dir, `${a.id}.journal`)), { code: "ENOENT" });
  assert.ok(b.logged.some((line) => line.includes("30 days") && line.includes(a.id)));
  b.meet(a, c);
  assert.equal((await everything(b.catalog, c.id)).length, 2);
  await until("who comes back is asked again", async () => (await everything(b.catalog, a.id)).length === 2);
});

test("an index of the first version is brought to this one, with all that is in it", async (t) => {
  const dir = await tempDir(t);
  const member = new Member(dir, new Map());
  atEnd(t, () => member.stop());
  await member.start();
  await member.catalog.commit([share(), file("sub/x", 3)]);
  const before = await everything(member.catalog, member.id);
  await member.stop();
  const path = join(dir, "index.sqlite");
  const image = await readFile(path);
  const { Database } = await initSqlJs();
  const now = new Database(image.subarray(0, image.length - 40));
  const first = new Database();
  first.run(`PRAGMA application_id = ${APPLICATION_ID}; ${MIGRATIONS[0]}; PRAGMA user_version = 1`);
  for (const table of ["list", "share", "entry"]) {
    const columns = first.exec(`SELECT name FROM pragma_table_info('${table}')`)[0]?.values.flat().join(", ");
    for (const row of now.exec(`SELECT ${columns} FROM ${table}`)[0]?.values ?? []) {
      first.run(`INSERT INTO ${table} VALUES (${row.map(() => "?")})`, row);
    }
  }
  const rows = first.export();
  const sum = new Uint8Array(hash("sha256", rows, "buffer"));
  await writeFile(path, Buffer.concat([rows, Buffer.from("GSINDEX1"), sum]));
  await member.start();
  assert.deepEqual(await everything(member.catalog, member.id), before);
  await member.stop();
  const after = new Database((await readFile(path)).subarray(0, -40));
  assert.deepEqual(after.exec("PRAGMA user_version")[0]?.values, [[MIGRATIONS.length]]);
  assert.equal(after.exec("SELECT count(*) FROM list WHERE seen > 0")[0]?.values[0]?.[0], 1);
  assert.deepEqual(member.logged, []);
});

test("an index of a newer version is set aside and made again", async (t) => {
  const dir = await tempDir(t);
  const member = new Member(dir, new Map());
  atEnd(t, () => member.stop());
  await member.start();
  await member.catalog.commit([share(), file("x")]);
  await member.stop();
  const path = join(dir, "index.sqlite");
  const image = await readFile(path);
  const { Database } = await initSqlJs();
  const newer = new Database(image.subarray(0, image.length - 40));
  newer.run(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
  const rows = newer.export();
  await writeFile(path, Buffer.concat([rows, Buffer.from("GSINDEX1"), new Uint8Array(hash("sha256", rows, "buffer"))]));
  await member.start();
  assert.ok(member.logged.some((line) => line.includes("index.sqlite.damaged")));
  assert.equal((await everything(member.catalog, member.id)).length, 2);
});
