import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { Bench } from "./harness.ts";

async function shared(t: TestContext): Promise<{ bench: Bench; id: string; gone: () => number }> {
  const bench = await Bench.open(t, { timing: { poll: 200 } });
  mkdirSync(bench.path("in", "a"), { recursive: true });
  for (let i = 0; i < 20; i++) writeFileSync(bench.path("in", "a", `${i}`), `file ${i}`);
  const id = await bench.add(bench.path("in"));
  await bench.state(id, "ready");
  return { bench, id, gone: () => bench.catalog.changes.filter(({ change }) => change.kind === "gone").length };
}

test("a share folder that vanishes is offline without a tombstone, and comes back without being read again", async (t) => {
  const { bench, id, gone } = await shared(t);
  const read = bench.shares.counters().filesHashed;
  renameSync(bench.path("in"), bench.path("away"));
  await bench.state(id, "offline");
  assert.equal(bench.kept(id).online, false);
  assert.match(bench.status(id).error ?? "", /not there/);
  writeFileSync(bench.path("away/a/new"), "while away");
  rmSync(bench.path("away/a/0"));
  renameSync(bench.path("away"), bench.path("in"));
  await bench.state(id, "ready");
  assert.equal(bench.kept(id).online, true);
  await bench.settled(id);
  assert.equal(gone(), 1);
  assert.equal(bench.shares.counters().filesHashed, read + 1);
  writeFileSync(bench.path("in/a/later"), "it is watched again");
  await bench.settled(id, 1_500);
});

test("a share that starts without its folder is offline and keeps what is known of it", async (t) => {
  const { bench, id, gone } = await shared(t);
  await bench.shares.stop();
  renameSync(bench.path("in"), bench.path("away"));
  await bench.start();
  await bench.state(id, "offline");
  assert.equal(bench.kept(id).online, false);
  renameSync(bench.path("away"), bench.path("in"));
  await bench.state(id, "ready");
  await bench.settled(id);
  assert.equal(gone(), 0);
  assert.equal(bench.shares.counters().filesHashed, 0);
});

test("a share folder deleted and made anew is the new folder", async (t) => {
  const { bench, id } = await shared(t);
  rmSync(bench.path("in"), { recursive: true });
  mkdirSync(bench.path("in"));
  writeFileSync(bench.path("in/other"), "new");
  await bench.settled(id);
  await bench.state(id, "ready");
  mkdirSync(bench.path("in/sub"));
  writeFileSync(bench.path("in/sub/f"), "watched");
  await bench.settled(id, 1_500);
});

test("a mount point that is one no more is an unmounted drive, whatever lies in its place", async (t) => {
  const { bench, id, gone } = await shared(t);
  await bench.shares.stop();
  const stateFile = bench.path("state", "shares.json");
  writeFileSync(stateFile, readFileSync(stateFile, "utf8").replace('"mounted": false', '"mounted": true'));
  rmSync(bench.path("in"), { recursive: true });
  mkdirSync(bench.path("in"));
  await bench.start();
  await bench.state(id, "offline");
  assert.match(bench.status(id).error ?? "", /not mounted/);
  assert.equal(gone(), 0);
});

test("an unmounted drive is offline at once, without a tombstone", async (t) => {
  const bench = await Bench.open(t, { timing: { poll: 200 } });
  const drive = bench.path("drive");
  mkdirSync(drive);
  try {
    execFileSync("mount", ["-t", "tmpfs", "none", drive], { stdio: "ignore" });
  } catch {
    t.skip("only root may mount");
    return;
  }
  let mounted = true;
  const unmount = () => {
    if (mounted) execFileSync("umount", ["--lazy", drive]);
    mounted = false;
  };
  try {
    for (let i = 0; i < 20; i++) writeFileSync(`${drive}/${i}`, `file ${i}`);
    const id = await bench.add(drive);
    await bench.state(id, "ready");
    unmount();
    await bench.state(id, "offline");
    assert.match(bench.status(id).error ?? "", /not mounted/);
    assert.equal(bench.kept(id).rows.size, 20);
    assert.equal(bench.catalog.changes.filter(({ change }) => change.kind === "gone").length, 0);
  } finally {
    unmount();
  }
});
