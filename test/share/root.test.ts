import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { binding, drive } from "./drive.ts";
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

test("a share folder that another one takes the place of is watched", async (t) => {
  const { bench, id } = await shared(t);
  renameSync(bench.path("in"), bench.path("away"));
  mkdirSync(bench.path("in/a"), { recursive: true });
  writeFileSync(bench.path("in/a/other"), "of the other one");
  await bench.settled(id);
  await bench.state(id, "ready");
  writeFileSync(bench.path("in/a/later"), "watched");
  await bench.settled(id, 4_000);
});

/** As the version before wrote that a share's folder is a mount point. */
function storeMounted(bench: Bench): void {
  const file = bench.path("state", "shares.json");
  const state = JSON.parse(readFileSync(file, "utf8"));
  for (const share of state.shares) for (const newer of ["mount", "own", "beneath"]) delete share[newer];
  for (const share of state.shares) share.mounted = true;
  writeFileSync(file, JSON.stringify(state));
}

test("a mount point that is one no more is an unmounted drive, whatever lies in its place", async (t) => {
  const { bench, id, gone } = await shared(t);
  await bench.shares.stop();
  storeMounted(bench);
  rmSync(bench.path("in"), { recursive: true });
  mkdirSync(bench.path("in"));
  for (let start = 0; start < 2; start++) {
    await bench.start();
    await bench.state(id, "offline");
    assert.match(bench.status(id).error ?? "", /not mounted at ".+in"; mount it; or, .+ share it again$/);
    await bench.shares.stop();
  }
  assert.equal(gone(), 0);
});

test("a share given by flag is begun anew, whatever lies in its place, once it was not given in one run", async (t) => {
  const bench = await Bench.open(t, { timing: { poll: 200 } });
  mkdirSync(bench.path("in"));
  writeFileSync(bench.path("in/file"), "there");
  const start = async (given: boolean) => {
    await bench.start();
    const id = given ? await bench.add(bench.path("in"), null, true) : null;
    await bench.shares.given();
    return id;
  };
  const id = await bench.add(bench.path("in"), null, true);
  await bench.state(id, "ready");
  await bench.shares.stop();
  storeMounted(bench);
  assert.equal(await start(true), id);
  await bench.state(id, "offline");
  assert.match(bench.shares.refusesWrite(bench.path("in/new"))?.message ?? "", /"in" belongs there and is offline/);
  await bench.shares.stop();
  await start(false);
  assert.equal(bench.shares.refusesWrite(bench.path("in/new")), null);
  await bench.shares.stop();
  assert.equal(await start(true), id);
  await bench.state(id, "ready");
  await bench.settled(id);
});

test("a drive mounted for a while over a shared folder leaves that folder as it was; over an empty one it is missed when it goes", async (t) => {
  const bench = await Bench.open(t, { timing: { poll: 200 } });
  for (const name of ["full", "empty"]) mkdirSync(bench.path(name));
  writeFileSync(bench.path("full/own"), "of the folder itself");
  const full = await bench.add(bench.path("full"));
  const empty = await bench.add(bench.path("empty"));
  await bench.settled(full);
  await bench.state(empty, "ready");
  const usb = drive(bench, bench.path("full"), (root) => writeFileSync(`${root}/file`, "of the drive"));
  if (usb === null) return t.skip("only root may mount");
  const also = (...args: string[]) => execFileSync(args[0] as string, args.slice(1), { stdio: "ignore" });
  try {
    also("mount", "--bind", usb.store, bench.path("empty"));
    for (const id of [full, empty]) {
      await bench.catalog.until("the drive is listed", () => [...bench.kept(id).rows.keys()].join() === "file");
      await bench.state(id, "ready");
    }
    await bench.shares.stop();
    await bench.start();
    for (const id of [full, empty]) await bench.state(id, "ready");
    for (const name of ["full", "empty"]) also("umount", "--lazy", bench.path(name));
    await bench.catalog.until("the folder is listed", () => bench.kept(full).rows.has("own"));
    await bench.settled(full);
    await bench.state(full, "ready");
    await bench.state(empty, "offline");
    assert.match(bench.status(empty).error ?? "", /not mounted/);
    assert.deepEqual([...bench.kept(empty).rows.keys()], ["file"]);
    writeFileSync(bench.path("full/later"), "it is watched again");
    await bench.settled(full);
  } finally {
    usb.close();
    try {
      also("umount", "--lazy", bench.path("empty"));
    } catch {
      // It is unmounted.
    }
  }
});

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

test("a share that is a folder on a drive is offline while the drive is not mounted, whatever lies in its place", async (t) => {
  const bench = await Bench.open(t, { timing: { poll: 200 } });
  const usb = drive(bench, bench.path("usb"), (root) => {
    mkdirSync(`${root}/GS/sub`, { recursive: true });
    for (let i = 0; i < 20; i++) writeFileSync(`${root}/GS/sub/${i}`, `file ${i}`);
  });
  if (usb === null) return t.skip("only root may mount");
  const at = bench.path("usb/GS");
  const refusal = () => bench.shares.refusesWrite(`${at}/Photos`)?.message ?? "";
  try {
    const id = await bench.add(at);
    await bench.state(id, "ready");
    await bench.settled(id);
    const { rows } = bench.kept(id);
    assert.equal(refusal(), "");
    usb.unmount();
    assert.match(refusal(), /^Cannot write ".+Photos": the share "GS" .+ its drive is not mounted at ".+usb"$/);
    assert.equal(bench.shares.refusesWrite(bench.path("usb")), null);
    await bench.state(id, "offline");
    mkdirSync(at);
    writeFileSync(`${at}/written meanwhile`, "x");
    assert.match(refusal(), /not mounted/);
    for (let start = 0; start < 2; start++) {
      await bench.shares.stop();
      await bench.start();
      await bench.state(id, "offline");
      assert.match(bench.status(id).error ?? "", /not mounted at ".+usb"; mount it/);
      assert.equal(rows.size, 21);
    }
    usb.mount();
    await bench.state(id, "ready");
    assert.equal(refusal(), "");
    await bench.settled(id);
    usb.unmount();
    await bench.state(id, "offline");
    assert.match(bench.status(id).error ?? "", /not mounted/);
    usb.mount();
    await bench.state(id, "ready");
    await bench.settled(id);
    assert.equal(bench.shares.counters().filesHashed, 0);
    assert.equal(bench.catalog.changes.filter(({ change }) => change.kind === "gone").length, 0);
  } finally {
    usb.close();
  }
});

test("a shared folder that is mounted from another place of the same disk is a drive like any other", async (t) => {
  const bench = await Bench.open(t, { timing: { poll: 200 } });
  const at = bench.path("mounted here");
  const bound = binding(bench, at, (root) => {
    for (let i = 0; i < 20; i++) writeFileSync(`${root}/${i}`, `file ${i}`);
  });
  if (bound === null) return t.skip("only root may mount");
  try {
    const id = await bench.add(at);
    await bench.state(id, "ready");
    await bench.settled(id);
    bound.unmount();
    await bench.state(id, "offline");
    assert.match(bench.status(id).error ?? "", /not mounted/);
    await bench.shares.stop();
    await bench.start();
    await bench.state(id, "offline");
    assert.equal(bench.kept(id).rows.size, 20);
    bound.mount();
    await bench.state(id, "ready");
    await bench.settled(id);
    assert.equal(bench.shares.counters().filesHashed, 0);
    assert.equal(bench.catalog.changes.filter(({ change }) => change.kind === "gone").length, 0);
  } finally {
    bound.close();
  }
});
