import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { link, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { GroupShareError } from "../../src/shared/errors.ts";
import { syncFolder } from "../../src/shared/folders.ts";
import { type Disk, placePart } from "../../src/transfer/download/spot.ts";
import { noise, root, World } from "./world.ts";

async function offered(files: Record<string, Uint8Array>) {
  const world = await World.make();
  const ana = await world.member("Ana");
  await mkdir(join(ana.dir, "f"));
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(ana.dir, "f", name), bytes);
  await ana.index();
  return { world, ana, taker: await world.taker() };
}

test("a folder that cannot be written to fails with what, why and what to do, on one line", async () => {
  const { world, ana, taker } = await offered({ a: Buffer.from("a") });
  await writeFile(join(world.dir, "file"), "");
  for (const into of [join(world.dir, "file"), join(world.dir, "file", "below"), "/proc/groupshare/x"]) {
    for (const path of ["f", "f/a"]) {
      const download = await taker.settled((await taker.get(ana.ref(path), into)).id);
      assert.equal(download.state, "failed");
      assert.match(download.error ?? "", /^Cannot write "[^"]+": .+; download it into another folder, or make/);
      assert.ok(!download.error?.includes("\n"));
    }
  }
  await rm(join(world.dir, "file"));
  const failed = taker.transfers.list()[0];
  assert.ok(failed !== undefined);
  await taker.transfers.resume(failed.id);
  await taker.done(failed.id);
});

test("a download into a place where nothing may be written makes no folder there, says why, and can be resumed", async () => {
  const { world, ana, taker } = await offered({ a: Buffer.from("a") });
  const away = join(world.dir, "away");
  const refusal = new GroupShareError("unwritable", `Cannot write "${away}": its drive is away`, { hint: "mount it" });
  const asked: string[] = [];
  world.refusesWrite = (path) => {
    asked.push(path);
    return path.startsWith(away) ? refusal : null;
  };
  for (const path of ["f", "f/a"]) {
    const { id } = await taker.get(ana.ref(path), away);
    const download = await taker.settled(id);
    assert.deepEqual(
      [download.state, download.error],
      ["failed", `Cannot write "${away}": its drive is away; mount it`],
    );
  }
  assert.deepEqual(asked, [join(away, "f"), away]);
  assert.equal((await readdir(world.dir)).includes("away"), false);
  world.refusesWrite = () => null;
  for (const { id } of taker.transfers.list()) {
    await taker.transfers.resume(id);
    await taker.done(id);
  }
  assert.deepEqual((await readdir(away)).sort(), ["a", "f"]);
});

test("a full disk stops a download, keeps what is here, and lets it go on when there is room", async (t) => {
  const { world, ana, taker } = await offered({ "big.bin": noise(3_000_000, 1), small: Buffer.from("small") });
  const disk = join(world.dir, "small-disk");
  await mkdir(disk);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "groupshare-test", disk], { stdio: "pipe" });
  } catch {
    if (process.env.GROUPSHARE_TEST_REQUIRE === "all") assert.fail("cannot mount a tmpfs");
    t.skip("mounting a small tmpfs takes root");
    return;
  }
  world.atEnd(async () => void execFileSync("umount", [disk]));
  await writeFile(join(disk, "mine.txt"), "mine");
  const { id } = await taker.get(ana.ref("f"), disk);
  const failed = await taker.settled(id);
  assert.equal(failed.state, "failed");
  assert.match(failed.error ?? "", /^Cannot write "[^"]+": no space left on the disk; free some space and try again/);
  assert.equal(await readFile(join(disk, "mine.txt"), "utf8"), "mine");
  assert.ok((await readdir(join(disk, "f"))).includes("big.bin.groupshare-part"));
  execFileSync("mount", ["-o", "remount,size=8m", disk]);
  const before = taker.transfers.counters().bytesReceived ?? 0;
  await taker.transfers.resume(id);
  const download = await taker.done(id);
  assert.deepEqual(await readFile(join(download.target, "big.bin")), noise(3_000_000, 1));
  assert.deepEqual((await readdir(download.target)).sort(), ["big.bin", "small"]);
  assert.ok((taker.transfers.counters().bytesReceived ?? 0) - before < 2_000_000, "what was here is not fetched again");
});

test("where a disk has no hard links, a part file is put in place without overwriting either", async () => {
  const world = await World.make();
  const at = (name: string) => join(world.dir, name);
  const noLinks: typeof link = () => Promise.reject(Object.assign(new Error("no links"), { code: "EPERM" }));
  const disk: Disk = { link: noLinks, syncFolder };
  const wanted = { size: 3, mtime: 0, root: await root(Buffer.from("new")) };
  const how = { trustTime: false, signal: new AbortController().signal };
  for (const expected of ["x.txt", "x (2).txt"]) {
    await writeFile(at("part"), "new");
    if (expected === "x (2).txt") await writeFile(at("x.txt"), "old");
    assert.equal(await placePart(at("part"), world.dir, "x.txt", wanted, how, disk), at(expected));
    assert.equal(await readFile(at(expected), "utf8"), "new");
    await assert.rejects(readFile(at("part")));
  }
  assert.equal(await readFile(at("x.txt"), "utf8"), "old");
  await writeFile(at("part"), "new");
  assert.equal(await placePart(at("part"), world.dir, "x.txt", wanted, how, disk), at("x (2).txt"));
  await assert.rejects(readFile(at("part")), "the same content is there already");
});

test("a file is done only when its name is on the disk too, with and without hard links", async () => {
  const world = await World.make();
  const how = { trustTime: false, signal: new AbortController().signal };
  const wanted = { size: 3, mtime: 0, root: null };
  for (const makeLink of [link, () => Promise.reject(Object.assign(new Error("no links"), { code: "EPERM" }))]) {
    const names: string[][] = [];
    const disk: Disk = {
      link: makeLink,
      syncFolder: async (folder) => {
        assert.equal(folder, join(world.dir, "d"));
        names.push(await readdir(folder));
      },
    };
    await mkdir(join(world.dir, "d"));
    await writeFile(join(world.dir, "d", "part"), "new");
    await placePart(join(world.dir, "d", "part"), join(world.dir, "d"), "x.txt", wanted, how, disk);
    assert.deepEqual(names, [["x.txt"]]);
    await rm(join(world.dir, "d"), { recursive: true });
  }
});

test("two programs that put files of one name in place at once lose neither", async () => {
  const world = await World.make();
  const how = { trustTime: false, signal: new AbortController().signal };
  const names = Array.from({ length: 12 }, (_, i) => `${i}`);
  await Promise.all(names.map((name) => writeFile(join(world.dir, `part${name}`), `content ${name}`)));
  const placed = await Promise.all(
    names.map(async (name) => {
      const wanted = { size: 9, mtime: 0, root: await root(Buffer.from(`content ${name}`)) };
      return await placePart(join(world.dir, `part${name}`), world.dir, "same.txt", wanted, how);
    }),
  );
  assert.equal(new Set(placed).size, names.length);
  const contents = await Promise.all(placed.map((path) => readFile(path, "utf8")));
  assert.deepEqual(
    contents,
    names.map((name) => `content ${name}`),
  );
});

test("a queue that cannot be written is told, and the download goes on", async () => {
  const { world, ana } = await offered({ a: Buffer.from("a") });
  const { Transfers } = await import("../../src/transfer/mod.ts");
  const options = world.options(ana.id, join(world.dir, "d"), "/proc/groupshare/queue.json");
  const transfers = await Transfers.open({ ...options, stateFile: join(world.dir, "a-file", "queue.json") }).catch(
    () => null,
  );
  await transfers?.stop();
  await mkdir(join(world.dir, "state"));
  const taker = await Transfers.open({ ...options, stateFile: join(world.dir, "state", "queue.json") });
  await rm(join(world.dir, "state"), { recursive: true });
  await writeFile(join(world.dir, "state"), "");
  const [download] = await taker.add([ana.ref("f/a")], { into: null });
  while (taker.list()[0]?.state !== "done") await new Promise((resolve) => taker.on("changed", () => resolve(null)));
  await taker.stop();
  assert.equal(download?.target, join(world.dir, "d", "a"));
  assert.ok(world.warnings.some((line) => line.includes("not kept over a restart")));
});
