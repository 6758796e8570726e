import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { test } from "node:test";
import { HashQueue } from "../../src/share/core/queue.ts";
import { Speed } from "../../src/share/core/speed.ts";
import { type FileNode, Tree } from "../../src/share/core/tree.ts";
import { zerosAndOne } from "../shared/zeros.ts";
import { Bench, rootOf } from "./harness.ts";

const GIB = 2 ** 30;
/** `SOAK=1` takes a file of several GiB. */
const SPARSE = process.env.SOAK === undefined ? GIB / 4 : 4 * GIB;

test("what somebody asks for is given out first, once, and no other while only such is wanted", () => {
  const tree = new Tree();
  const queue = new HashQueue<string>();
  const nodes = [7, 500_000, 3, 90].map((size, at) => {
    const node = tree.file(tree.top, `${at}`);
    tree.describe(node, { size, mtime: 1, ctime: 1, inode: `1:${at}`, birth: 1 }, null);
    return node;
  }) as [FileNode, FileNode, FileNode, FileNode];
  for (const node of nodes.slice(0, 3)) queue.add("s", node);
  queue.hurry("s", nodes[1]);
  queue.hurry("s", nodes[1]);
  queue.hurry("s", nodes[3]);
  assert.equal(queue.size, 4);
  const sizes = (taken: { node: FileNode }[]) => taken.map(({ node }) => node.size);
  assert.deepEqual(sizes(queue.take(1, 9, true)), [500_000]);
  assert.deepEqual(sizes(queue.take(9, 9_000_000)), [90, 3, 7]);
  assert.deepEqual(queue.take(9, 9_000_000), []);
  assert.equal(queue.size, 0);
});

test("the time that remains is that of the last seconds, many small files weigh, and none is told while it is not known", () => {
  const speed = new Speed();
  const left = { files: 0, bytes: 10_000_000 };
  assert.equal(speed.remaining(0, left), null);
  speed.add({ files: 0, bytes: 1_000_000 });
  assert.equal(speed.remaining(400, left), null, "too short a time");
  assert.equal(speed.remaining(1_000, left), 10_000);
  assert.ok((speed.remaining(1_000, { files: 1_000, bytes: 0 }) ?? 0) > 20_000);
  for (let at = 1_000; at <= 40_000; at += 500) {
    speed.add({ files: 0, bytes: 5_000_000 });
    speed.remaining(at, left);
  }
  assert.equal(speed.remaining(40_000, left), 1_000, "what was long ago does not count");
  assert.equal(speed.remaining(60_000, left), null, "nothing was read for longer than it looks back");
  speed.reset();
  assert.equal(speed.remaining(60_001, left), null);
});

test("hashing pauses, also within a large file, and goes on; what is asked for does not wait for that file", async (t) => {
  const bench = await Bench.open(t);
  mkdirSync(bench.path("in"));
  const big = bench.path("in/big");
  writeFileSync(big, "");
  truncateSync(big, 4 * GIB);
  const id = await bench.add(bench.path("in"));
  const root = (path: string) => bench.kept(id).rows.get(path)?.root;
  await bench.catalog.until("the time that remains is told", () => (bench.status(id).remainingMs ?? 0) > 0, 32_000);
  for (let i = 0; i < 30; i++) writeFileSync(bench.path("in", `${i}`), `small ${i}`);
  await bench.catalog.until("all are listed", () => bench.status(id).files === 31);
  await bench.shares.urgent(id, "7");
  await bench.catalog.until("the one asked for is hashed", () => root("7") === rootOf(Buffer.from("small 7")));
  assert.equal(root("big"), null);
  assert.equal(bench.status(id).hashedBytes < GIB, true);

  await bench.shares.pause();
  assert.deepEqual([bench.status(id).paused, bench.status(id).remainingMs], [true, null]);
  const others = () => bench.status(id).hashed;
  const before = others();
  writeFileSync(bench.path("in/new"), "listed all the same");
  await bench.catalog.until("it is listed", () => bench.kept(id).rows.has("new"));
  assert.deepEqual([root("new"), root("big"), others()], [null, null, before]);
  assert.equal(bench.status(id).state, "hashing");
  rmSync(big);
  await bench.shares.resume();
  await bench.state(id, "ready", 32_000);
  await bench.settled(id);
  const { paused, remainingMs, bytes, hashedBytes } = bench.status(id);
  assert.deepEqual([paused, remainingMs, hashedBytes], [false, 0, bytes]);
});

test("a large sparse file is given the root that the tree's rule gives for its zeros", async (t) => {
  const bench = await Bench.open(t);
  mkdirSync(bench.path("in"));
  writeFileSync(bench.path("in/zeros"), "");
  truncateSync(bench.path("in/zeros"), SPARSE + 1);
  const id = await bench.add(bench.path("in"));
  await bench.state(id, "ready", 8_000 + SPARSE / 30_000);
  const { size, root } = bench.kept(id).rows.get("zeros") ?? {};
  assert.deepEqual({ size, root }, { size: SPARSE + 1, root: zerosAndOne(SPARSE, 1 << 18).root });
});

test("a folder that is asked for comes before smaller files", async (t) => {
  const bench = await Bench.open(t);
  mkdirSync(bench.path("in/sub/deep"), { recursive: true });
  for (let i = 0; i < 50; i++) writeFileSync(bench.path("in", `${i}`), `${i}`);
  for (const name of ["sub/a", "sub/deep/b"]) writeFileSync(bench.path("in", name), new Uint8Array(1 << 20).fill(1));
  await bench.shares.pause();
  const id = await bench.add(bench.path("in"));
  await bench.state(id, "hashing");
  assert.equal(bench.status(id).hashed, 0);
  await bench.shares.urgent(id, "sub");
  await bench.shares.urgent(id, "nothing/there");
  await bench.shares.resume();
  await bench.state(id, "ready");
  const order = bench.catalog.changes.flatMap(({ change }) =>
    change.kind === "file" && change.root !== null ? [change.path] : [],
  );
  assert.deepEqual(order.slice(0, 2).sort(), ["sub/a", "sub/deep/b"]);
});

test("a file that changes while it is read is read again, and its content told only when it is at rest", async (t) => {
  const bench = await Bench.open(t, { timing: { settle: 200 } });
  mkdirSync(bench.path("in"));
  const path = bench.path("in/f");
  const size = 64 << 20;
  writeFileSync(path, "");
  truncateSync(path, size);
  const id = await bench.add(bench.path("in"));
  await bench.state(id, "hashing");
  const file = openSync(path, "r+");
  for (let i = 0; i < 5; i++) {
    writeSync(file, Buffer.from(`${i}`), 0, 1, size - 1 - i);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  closeSync(file);
  await bench.settled(id, 32_000);
  const told = bench.catalog.changes.filter(({ change }) => change.kind === "file" && change.root !== null);
  assert.equal(told.length, 1, `${told.length} contents told`);
});

test("pipes, sockets and devices are never opened, only counted", { skip: process.platform === "win32" }, async (t) => {
  const bench = await Bench.open(t);
  mkdirSync(bench.path("in"));
  execFileSync("mkfifo", [bench.path("in/pipe")]);
  const { createServer } = await import("node:net");
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(bench.path("in/socket"), resolve));
  t.after(() => server.close());
  let devices = 0;
  try {
    execFileSync("mknod", [bench.path("in/tape"), "c", "1", "5"], { stdio: "ignore" });
    devices = 1;
  } catch {
    t.diagnostic("making a device takes root");
  }
  writeFileSync(bench.path("in/f"), "x");
  const id = await bench.add(bench.path("in"));
  await bench.state(id, "ready");
  await bench.settled(id);
  assert.equal(bench.shares.counters().skipped, 2 + devices);
  for (const path of ["pipe", "socket", "tape"]) await assert.rejects(bench.shares.openFile(id, path), /no such file/);
});
