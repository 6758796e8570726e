import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { binding, drive } from "./drive.ts";
import { Bench } from "./harness.ts";

/** A share with files of its own and a drive in it that has more; null where this user may not mount. */
function shared(bench: Bench) {
  const at = bench.path("in/media/usb");
  const usb = drive(bench, at, (root) => {
    mkdirSync(`${root}/sub`);
    for (let i = 0; i < 20; i++) writeFileSync(`${root}/sub/${i}`, `file ${i}`);
  });
  writeFileSync(bench.path("in/own"), "beside it");
  return usb === null ? null : { ...usb, at };
}

/** Paths that were told as gone. */
const gone = (bench: Bench) =>
  bench.catalog.changes.flatMap(({ change }) => (change.kind === "gone" ? [change.path] : []));

const isAway = (bench: Bench, id: string) => /"media\/usb" is not mounted/.test(bench.status(id).error ?? "");

test("a drive mounted in a shared folder may go and return: what it has stays listed and is not hashed again", async (t) => {
  const bench = await Bench.open(t, { timing: { poll: 200 } });
  const usb = shared(bench);
  if (usb === null) return t.skip("only root may mount");
  try {
    const id = await bench.add(bench.path("in"));
    await bench.state(id, "ready");
    await bench.settled(id);
    const read = bench.shares.counters().filesHashed;
    usb.unmount();
    await bench.catalog.until("it is told", () => isAway(bench, id));
    writeFileSync(bench.path("in/own"), "changed beside it");
    await bench.catalog.until("the rest is looked at", () => bench.kept(id).rows.get("own")?.size === 17);
    assert.equal(bench.kept(id).rows.size, 24);
    rmSync(`${usb.store}/sub/7`);
    usb.mount();
    await bench.catalog.until("it is back", () => bench.status(id).error === null);
    await bench.settled(id);
    assert.equal(bench.shares.counters().filesHashed, read + 1);
    assert.deepEqual(gone(bench), ["media/usb/sub/7"]);
    writeFileSync(`${usb.at}/sub/later`, "it is watched again");
    await bench.settled(id);
  } finally {
    usb.close();
  }
});

test("a drive in a share that is not there when the program starts is away, not empty, and nothing is hashed when it returns", async (t) => {
  const bench = await Bench.open(t, { timing: { poll: 200 } });
  const usb = shared(bench);
  if (usb === null) return t.skip("only root may mount");
  try {
    const id = await bench.add(bench.path("in"));
    await bench.state(id, "ready");
    await bench.settled(id);
    await bench.shares.stop();
    usb.unmount();
    // As systems do that make a mount point for a drive and remove it afterwards.
    rmdirSync(usb.at);
    const { rows } = bench.kept(id);
    for (const own of ["changed while nobody looked", "and once more"]) {
      writeFileSync(bench.path("in/own"), own);
      await bench.start();
      await bench.catalog.until("it is told", () => isAway(bench, id) && rows.get("own")?.size === own.length);
      await bench.state(id, "ready");
      assert.equal(rows.size, 24);
      await bench.shares.stop();
    }
    await bench.start();
    await bench.catalog.until("it is told", () => isAway(bench, id));
    await bench.state(id, "ready");
    assert.equal(bench.shares.counters().filesHashed, 0);
    mkdirSync(usb.at);
    usb.mount();
    await bench.catalog.until("it is back", () => bench.status(id).error === null);
    await bench.state(id, "ready");
    await bench.settled(id);
    assert.equal(bench.shares.counters().filesHashed, 0);
    assert.deepEqual(gone(bench), []);
    writeFileSync(`${usb.at}/sub/later`, "it is watched again");
    await bench.settled(id);
  } finally {
    usb.close();
  }
});

test("a drive that never returns is forgotten when a rule leaves it out, also one that is there", async (t) => {
  const bench = await Bench.open(t, { timing: { poll: 200 } });
  const usb = shared(bench);
  if (usb === null) return t.skip("only root may mount");
  const rule = bench.path("in/.groupshareignore");
  try {
    const id = await bench.add(bench.path("in"));
    await bench.state(id, "ready");
    const listed = () => [...bench.kept(id).rows.keys()].filter((path) => path.startsWith("media")).length;
    writeFileSync(rule, "usb/\n");
    await bench.catalog.until("it is left out while it is there", () => listed() === 1);
    assert.equal(bench.status(id).error, null);
    rmSync(rule);
    await bench.catalog.until("it is offered again", () => listed() === 23);
    await bench.settled(id);
    usb.unmount();
    await bench.catalog.until("it is told", () => isAway(bench, id));
    assert.equal(listed(), 23);
    writeFileSync(rule, "usb/\n");
    await bench.catalog.until("what was on it is forgotten", () => listed() === 1 && bench.status(id).error === null);
    rmSync(rule);
    writeFileSync(`${usb.at}/plain`, "a folder like any other now");
    await bench.catalog.until("its place is listed", () => bench.kept(id).rows.has("media/usb/plain"));
    await bench.settled(id);
  } finally {
    usb.close();
  }
});

/** Waits until all was looked at once more. */
async function lookedAtAll(bench: Bench): Promise<void> {
  const { scans } = bench.shares.counters();
  await bench.catalog.until("all is looked at again", () => bench.shares.counters().scans > scans + 1);
}

test("a folder of the same disk mounted in a share is a drive like any other, also as the version before stored it", async (t) => {
  const bench = await Bench.open(t, { timing: { poll: 200, rescan: 200 } });
  const at = bench.path("in/media/usb");
  const bound = binding(bench, at, (root) => {
    for (let i = 0; i < 20; i++) writeFileSync(`${root}/${i}`, `file ${i}`);
  });
  if (bound === null) return t.skip("only root may mount");
  try {
    const id = await bench.add(bench.path("in"));
    await bench.state(id, "ready");
    await bench.settled(id);
    const away = async () => {
      await bench.catalog.until("it is told", () => isAway(bench, id));
      await lookedAtAll(bench);
      assert.equal(bench.kept(id).rows.size, 22);
      assert.match(bench.status(id).error ?? "", /the rule "\/media\/usb\/" in .groupshareignore/);
    };
    bound.unmount();
    await away();
    await bench.shares.stop();
    const file = bench.path("state", "shares.json");
    const state = JSON.parse(readFileSync(file, "utf8"));
    for (const share of state.shares) share.mounts = share.mounts.map((mount: { at: string }) => mount.at);
    assert.deepEqual(state.shares[0].mounts, ["media/usb"]);
    writeFileSync(file, JSON.stringify(state));
    await bench.start();
    await away();
    bound.mount();
    await bench.catalog.until("it is back", () => bench.status(id).error === null);
    await lookedAtAll(bench);
    await bench.settled(id);
    bound.unmount();
    await away();
    assert.deepEqual(gone(bench), []);
    assert.equal(bench.shares.counters().filesHashed, 0);
  } finally {
    bound.close();
  }
});

test("a drive mounted for a while over a folder of a share leaves that folder as it was, also after a restart", async (t) => {
  const bench = await Bench.open(t, { timing: { poll: 200, rescan: 200 } });
  const usb = shared(bench);
  if (usb === null) return t.skip("only root may mount");
  const listed = (id: string, path: string) => () => bench.kept(id).rows.has(`media/usb/${path}`);
  try {
    usb.unmount();
    writeFileSync(`${usb.at}/ordinary`, "of the folder itself");
    const id = await bench.add(bench.path("in"));
    await bench.state(id, "ready");
    for (const restart of [false, true]) {
      usb.mount();
      await bench.catalog.until("the drive is listed", listed(id, "sub/19"));
      await bench.settled(id);
      if (restart) {
        await bench.shares.stop();
        await bench.start();
        await bench.state(id, "ready");
      }
      usb.unmount();
      await bench.catalog.until("the folder is listed", listed(id, "ordinary"));
      await bench.settled(id);
      assert.equal(bench.status(id).error, null);
    }
    writeFileSync(`${usb.at}/later`, "it is watched again");
    await bench.settled(id);
  } finally {
    usb.close();
  }
});
