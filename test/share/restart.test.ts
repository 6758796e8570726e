import assert from "node:assert/strict";
import { appendFileSync, chmodSync, mkdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { Bench, inDeno, rootOf } from "./harness.ts";

function fill(at: string): void {
  mkdirSync(`${at}/a/b`, { recursive: true });
  mkdirSync(`${at}/empty`);
  for (let i = 0; i < 40; i++) writeFileSync(`${at}/a/b/${i}.txt`, `file ${i}`);
  writeFileSync(`${at}/none`, "");
  writeFileSync(`${at}/large`, new Uint8Array(3 << 20).fill(7));
}

test("after a restart with unchanged files nothing is told of them and nothing is read", async (t) => {
  const bench = await Bench.open(t);
  fill(bench.path("in"));
  const id = await bench.add(bench.path("in"));
  await bench.state(id, "ready");
  await bench.settled(id);
  assert.equal(bench.shares.counters().filesHashed, 41);
  await bench.shares.stop();

  const told = bench.catalog.changes.length;
  await bench.start();
  assert.equal(bench.shares.list()[0]?.id, id);
  await bench.state(id, "ready");
  await bench.settled(id);
  assert.equal(bench.shares.counters().filesHashed, 0);
  assert.equal(bench.shares.counters().scans, 1);
  const again = bench.catalog.changes.slice(told).map(({ change }) => change);
  const { mtime } = bench.kept(id);
  assert.deepEqual(again, [
    { kind: "share", share: id, name: "in", online: true },
    { kind: "folder", share: id, path: "", mtime },
  ]);
  const { files, bytes, hashed } = bench.status(id);
  assert.deepEqual([files, hashed, bytes], [42, 42, (3 << 20) + 10 * 6 + 30 * 7]);
});

test("what happened while nobody looked is found at the next start: changes, losses, renames", async (t) => {
  const bench = await Bench.open(t);
  fill(bench.path("in"));
  const id = await bench.add(bench.path("in"));
  await bench.state(id, "ready");
  await bench.shares.stop();

  writeFileSync(bench.path("in/a/b/0.txt"), "other");
  rmSync(bench.path("in/a/b/1.txt"));
  renameSync(bench.path("in/a/b"), bench.path("in/c"));
  await bench.start();
  const large = bench.kept(id).rows.get("large")?.root;
  await bench.settled(id);
  await bench.state(id, "ready");
  assert.equal(bench.kept(id).rows.get("large")?.root, large);
  const renamed = bench.catalog.changes.filter(({ change }) => change.kind === "file" && change.path === "c/5.txt");
  assert.equal(renamed.length, 1, "told once, and at once with its content");
});

test("a folder that was renamed while nobody looked is not read again, one file that was is, where ctimes are exact", async (t) => {
  const bench = await Bench.open(t);
  fill(bench.path("in"));
  const id = await bench.add(bench.path("in"));
  await bench.state(id, "ready");
  await bench.shares.stop();
  renameSync(bench.path("in/a"), bench.path("in/c"));
  renameSync(bench.path("in/large"), bench.path("in/larger"));
  await bench.start();
  const read = () => bench.shares.counters().filesHashed;
  // Those with a ctime in whole seconds, as Deno tells all, are read too: their numbers may have been used again.
  const ctimes = Array.from(
    { length: 40 },
    (_, i) => statSync(bench.path(`in/c/b/${i}.txt`), { bigint: true }).ctimeMs,
  );
  const expected = 1 + ctimes.filter((ctime) => ctime % 1_000n === 0n).length;
  await bench.catalog.until(`${expected} are read, not ${read()}`, () => read() === expected);
  await bench.state(id, "ready");
  await bench.settled(id);
  assert.equal(read(), expected);
});

test("a file that was disguised as unchanged is read at the next start, if a stop came before that", async (t) => {
  const bench = await Bench.open(t);
  fill(bench.path("in"));
  const path = bench.path("in/a/b/4.txt");
  utimesSync(path, 1_600_000_000, 1_600_000_000.5);
  const id = await bench.add(bench.path("in"));
  await bench.state(id, "ready");
  await bench.shares.stop();
  // Deno tells ctime in whole seconds.
  if (inDeno) await new Promise((resolve) => setTimeout(resolve, 1_100));
  writeFileSync(path, "FILE 4");
  utimesSync(path, 1_600_000_000, 1_600_000_000.5);
  await bench.start();
  await bench.shares.pause();
  await bench.state(id, "ready");
  await bench.shares.stop();
  assert.equal(bench.kept(id).rows.get("a/b/4.txt")?.root, rootOf(Buffer.from("file 4")), "not read in time");
  await bench.start();
  await bench.settled(id);
  await bench.state(id, "ready");
  await bench.shares.stop();
  await bench.start();
  await bench.state(id, "ready");
  assert.equal(bench.shares.counters().filesHashed, 0, "proven once and for all");
});

test("shares given by flag are no more when they are not given again, and get their id back when they are", async (t) => {
  const bench = await Bench.open(t);
  fill(bench.path("in"));
  mkdirSync(bench.path("mine"));
  const id = await bench.add(bench.path("in"), "Docs", true);
  const mine = await bench.add(bench.path("mine"));
  await bench.state(id, "ready");
  await bench.shares.stop();

  await bench.start();
  assert.equal(await bench.add(bench.path("in"), "Docs", true), id);
  await bench.shares.given();
  await bench.state(id, "ready");
  assert.equal(bench.shares.counters().filesHashed, 0, "given again, nothing is read again");
  await bench.shares.stop();

  await bench.start();
  await bench.shares.given();
  await bench.catalog.until("it is no more", () => !bench.catalog.shares.has(id));
  assert.deepEqual(
    bench.shares.list().map((share) => share.id),
    [mine],
    "one that a person added is not touched",
  );
  assert.ok(bench.catalog.shares.has(mine));
  assert.equal(await bench.add(bench.path("in"), "Papers"), id);
  await bench.state(id, "ready");
  assert.equal(bench.kept(id).name, "Papers");
  await bench.settled(id);
});

test("a share that is given again while its end is still being committed is listed whole", async (t) => {
  const bench = await Bench.open(t);
  fill(bench.path("in"));
  const id = await bench.add(bench.path("in"), null, true);
  await bench.state(id, "ready");
  await bench.shares.stop();
  await bench.start();
  bench.catalog.delay = 100;
  await bench.shares.given();
  assert.equal(await bench.add(bench.path("in")), id);
  await bench.state(id, "ready");
  await bench.settled(id);
});

test("shares that only the catalog remembers are no more once all are given", async (t) => {
  const bench = await Bench.open(t);
  fill(bench.path("in"));
  const id = await bench.add(bench.path("in"));
  await bench.state(id, "ready");
  await bench.shares.stop();
  writeFileSync(bench.path("state/shares.json"), "{ damaged");
  await bench.start();
  await bench.shares.given();
  await bench.catalog.until("it is no more", () => !bench.catalog.shares.has(id));
  assert.deepEqual(bench.shares.list(), []);
});

test("chmod keeps a content and reads the file again behind; an mtime set back does not hide a change", async (t) => {
  const bench = await Bench.open(t);
  fill(bench.path("in"));
  const id = await bench.add(bench.path("in"));
  await bench.state(id, "ready");
  // Deno tells ctime in whole seconds: what happens within one cannot be seen.
  if (inDeno) await new Promise((resolve) => setTimeout(resolve, 1_100));
  const read = () => bench.shares.counters().filesHashed;
  const before = read();
  chmodSync(bench.path("in/a/b/3.txt"), 0o600);
  await bench.catalog.until("it was read again", () => read() === before + 1);
  await bench.settled(id);

  if (inDeno) await new Promise((resolve) => setTimeout(resolve, 1_100));
  const path = bench.path("in/a/b/4.txt");
  const { atime, mtime } = statSync(path);
  writeFileSync(path, "FILE 4");
  utimesSync(path, atime, mtime);
  await bench.catalog.until(
    "the new content",
    () => bench.kept(id).rows.get("a/b/4.txt")?.root === rootOf(Buffer.from("FILE 4")),
  );
  await bench.settled(id);
});

test("a large file that grows is listed as it is, and hashed when it has come to rest", async (t) => {
  const bench = await Bench.open(t, { timing: { settle: 300 } });
  mkdirSync(bench.path("in"));
  const id = await bench.add(bench.path("in"));
  await bench.state(id, "ready");
  for (let i = 0; i < 20; i++) {
    appendFileSync(bench.path("in/big"), new Uint8Array(1 << 18).fill(i));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await bench.settled(id);
  const roots = bench.catalog.changes.filter(({ change }) => change.kind === "file" && change.root !== null);
  assert.ok(roots.length <= 5, `${roots.length} contents told of it while it grew through 4 small sizes`);
  assert.equal(bench.kept(id).rows.get("big")?.size, 20 << 18);
});

test("a commit that fails is told in the status and tried again, and nothing is lost", async (t) => {
  let full = true;
  const bench = await Bench.open(t);
  const real = bench.catalog.commit;
  bench.catalog.commit = (changes) =>
    full ? Promise.reject(new Error('Cannot write "own.journal": no space left on the disk')) : real(changes);
  fill(bench.path("in"));
  const id = await bench.add(bench.path("in"));
  await bench.catalog.until("it is told", () => bench.status(id).error !== null);
  assert.equal(
    bench.status(id).error,
    'cannot record what changed: Cannot write "own.journal": no space left on the disk; trying again',
  );
  full = false;
  await bench.state(id, "ready");
  await bench.settled(id);
  assert.equal(bench.status(id).error, null);
});
