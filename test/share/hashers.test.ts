import assert from "node:assert/strict";
import { lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { getPriority } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Worker } from "node:worker_threads";
import { Hashers } from "../../src/share/hashers.ts";
import { toLook } from "../../src/share/look.ts";
import type { HashItem } from "../../src/share/protocol.ts";
import { ContentHasher } from "../../src/shared/content.ts";
import { silentLog } from "../../src/shared/log.ts";
import { temporaryFolder } from "../support/folders.ts";
import { until } from "../support/until.ts";
import { spawnWorker } from "../support/worker.ts";

const REST = 100;

async function hashers(t: TestContext) {
  const folder = await temporaryFolder();
  const file = join(folder.path, "file");
  writeFileSync(file, "some content");
  const hasher = new ContentHasher(12);
  hasher.update(Buffer.from("some content"));
  const { size, mtime, ctime, inode } = toLook(lstatSync(file, { bigint: true }));
  const item: HashItem = { share: "s", path: "file", file, size, mtime, ctime, inode };
  const workers: Worker[] = [];
  const spawn = () => {
    const worker = spawnWorker("hash");
    workers.push(worker);
    return worker;
  };
  const pool = new Hashers({ spawn, log: silentLog, read: () => undefined, rest: REST });
  t.after(async () => {
    await pool.close();
    await folder.remove();
  });
  const found = { item, outcome: { kind: "hashed", root: hasher.digest()?.root }, read: size };
  return { pool, item, found, workers };
}

test("a hasher is there while it has something to do, and again when there is more", async (t) => {
  const { pool, item, found, workers } = await hashers(t);
  assert.equal(pool.running, 0);
  assert.deepEqual(await pool.hash(0, 0, [item]), [found]);
  assert.deepEqual(await pool.hash(0, 1, [item, item]), [found, found]);
  assert.equal(workers.length, 1);
  await until("it has ended", () => pool.running === 0);
  assert.deepEqual(await pool.hash(0, 0, [item]), [found]);
  assert.equal(workers.length, 2);
});

test("a hasher that was paused at its work does not count as one that has none", async (t) => {
  const { pool, item, found } = await hashers(t);
  await pool.pause(true);
  const hashed = pool.hash(0, 0, [item]);
  // Another one comes and goes meanwhile.
  const other = pool.hash(1, 0, []);
  await other;
  await until("that one has ended", () => pool.running === 1);
  await pool.pause(false);
  assert.deepEqual(await hashed, [found]);
});

test("the files of a hasher that fails count as unreadable, and the next ones get another", async (t) => {
  const { pool, item, found, workers } = await hashers(t);
  await pool.pause(true);
  const lost = pool.hash(0, 0, [item]);
  await workers[0]?.terminate();
  assert.deepEqual(
    (await lost).map(({ outcome }) => outcome.kind),
    ["unreadable"],
  );
  await pool.pause(false);
  assert.deepEqual(await pool.hash(0, 0, [item]), [found]);
  await pool.close();
  await assert.rejects(pool.hash(0, 0, [item]), /Cannot hash any more/);
});

test("hashing gives way to the threads that answer", { skip: process.platform !== "linux" }, async (t) => {
  const { pool, item } = await hashers(t);
  await pool.hash(0, 0, [item]);
  const nices = readdirSync("/proc/self/task").map((thread) => {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16]);
  });
  const own = getPriority();
  assert.ok(nices.includes(Math.min(own + 5, 19)), `threads have ${nices}, this one ${own}`);
  assert.ok(nices.includes(own));
});
