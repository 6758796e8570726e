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

/** A folder that is a drive, with files that outlast its unmounting; null where this user may not mount. */
function drive(bench: Bench, at: string, fill: (at: string) => void) {
  const store = bench.path("store");
  mkdirSync(store);
  mkdirSync(at, { recursive: true });
  try {
    execFileSync("mount", ["-t", "tmpfs", "none", store], { stdio: "ignore" });
  } catch {
    return null;
  }
  fill(store);
  const mount = () => execFileSync("mount", ["--bind", store, at]);
  const unmount = () => execFileSync("umount", ["--lazy", at], { stdio: "ignore" });
  const close = () => {
    for (const path of [at, store]) {
      try {
        execFileSync("umount", ["--lazy", path], { stdio: "ignore" });
      } catch {
        // It is unmounted.
      }
    }
  };
  mount();
  return { mount, unmount, close, store };
}

test("an unmounted drive is offline without a tombstone, and nothing is hashed again when it returns", async (t) => {
  const bench = await Bench.open(t, { timing: { poll: 200 } });
  const at = bench.path("drive");
  const fill = (root: string) => {
    for (let i = 0; i < 20; i++) writeFileSync(`${root}/${i}`, `file ${i}`);
  };
  const usb = drive(bench, at, fill);
  if (usb === null) return t.skip("only root may mount");
  try {
    const id = await bench.add(at);
    await bench.state(id, "ready");
    const read = bench.shares.counters().filesHashed;
    for (let round = 0; round < 2; round++) {
      usb.unmount();
      await bench.state(id, "offline");
      assert.match(bench.status(id).error ?? "", /not mounted/);
      assert.equal(bench.kept(id).rows.size, 20);
      writeFileSync(`${at}/written to the empty mount point ${round}`, "x");
      usb.mount();
      await bench.state(id, "ready");
      await bench.settled(id);
    }
    assert.equal(bench.shares.counters().filesHashed, read);
    assert.equal(bench.catalog.changes.filter(({ change }) => change.kind === "gone").length, 0);
    writeFileSync(`${at}/later`, "it is watched again");
    await bench.settled(id);
  } finally {
    usb.close();
  }
});

test("a drive mounted in a shared folder may go and return: what it has stays listed and is not hashed again", async (t) => {
  const bench = await Bench.open(t, { timing: { poll: 200 } });
  const at = bench.path("in/media/usb");
  const usb = drive(bench, at, (root) => {
    mkdirSync(`${root}/sub`);
    for (let i = 0; i < 20; i++) writeFileSync(`${root}/sub/${i}`, `file ${i}`);
  });
  if (usb === null) return t.skip("only root may mount");
  try {
    writeFileSync(bench.path("in/own"), "beside it");
    const id = await bench.add(bench.path("in"));
    await bench.state(id, "ready");
    await bench.settled(id);
    const read = bench.shares.counters().filesHashed;
    usb.unmount();
    await bench.catalog.until("it is told", () => /"media\/usb" is not mounted/.test(bench.status(id).error ?? ""));
    writeFileSync(bench.path("in/own"), "changed beside it");
    await bench.catalog.until("the rest is looked at", () => bench.kept(id).rows.get("own")?.size === 17);
    assert.equal(bench.kept(id).rows.size, 24);
    rmSync(`${usb.store}/sub/7`);
    usb.mount();
    await bench.catalog.until("it is back", () => bench.status(id).error === null);
    await bench.settled(id);
    assert.equal(bench.shares.counters().filesHashed, read + 1);
    const gone = bench.catalog.changes.flatMap(({ change }) => (change.kind === "gone" ? [change.path] : []));
    assert.deepEqual(gone, ["media/usb/sub/7"]);
    writeFileSync(`${at}/sub/later`, "it is watched again");
    await bench.settled(id);
  } finally {
    usb.close();
  }
});
