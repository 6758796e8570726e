import assert from "node:assert/strict";
import { lstatSync, mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Worker } from "node:worker_threads";
import { compared, inFolder } from "../../src/share/pinned.ts";
import { temporaryFolder } from "../support/folders.ts";
import { until } from "../support/until.ts";
import { Bench, rootOf } from "./harness.ts";

const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 31);
const INSIDE = "what is shared";
const OUTSIDE = "what nobody but this user may see";

/** So many chances in each scan to be led astray. */
const MANY = Array.from({ length: 20 }, (_, at) => `many/${at}`);

/** A folder to be shared with `sub/deep/f` in it, beside one that is like it and has one more file in each folder. */
function fill(dir: string) {
  const root = join(dir, "in");
  for (const folder of ["deep", ...MANY]) {
    mkdirSync(join(root, "sub", folder), { recursive: true });
    mkdirSync(join(dir, "out", folder), { recursive: true });
    writeFileSync(join(root, "sub", folder, "f"), INSIDE);
    for (const name of ["f", "secret"]) writeFileSync(join(dir, "out", folder, name), OUTSIDE);
  }
  writeFileSync(join(dir, "out/secret"), OUTSIDE);
  symlinkSync(join(dir, "out"), join(dir, "link"));
  return root;
}

/** Swaps `sub` for a link to the other folder until it is told to stop, which leaves all as it was. `longest` in milliseconds. */
function swapping(t: TestContext, dir: string, longest: number) {
  t.diagnostic(`SEED=${SEED}`);
  const state = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(new URL("./swapping.worker.ts", import.meta.url), {
    workerData: {
      folder: join(dir, "in/sub"),
      away: join(dir, "away"),
      link: join(dir, "link"),
      seed: SEED,
      longest,
      state,
    },
  });
  const ended = new Promise<void>((resolve, reject) => {
    worker.on("exit", () => resolve());
    worker.on("error", reject);
  });
  const stop = () => {
    Atomics.store(state, 0, 1);
    return ended;
  };
  t.after(stop);
  return { swaps: () => Atomics.load(state, 1), stop };
}

/** What is listed at a path, and the size of `f` there; "" where there is nothing. */
function glance(reach: (name: string) => string): string {
  const names = readdirSync(reach(""));
  return `${names.sort()} ${names.includes("f") ? lstatSync(reach("f")).size : ""}`;
}

test("while a folder is swapped for a link that leads out, no look into the share sees what is there", {
  skip: process.platform === "linux" ? false : "only Linux reaches files through an open folder",
}, async (t) => {
  const { path: dir, remove } = await temporaryFolder();
  t.after(remove);
  const root = fill(dir);
  const { swaps, stop } = swapping(t, dir, 0.2);
  await until("it swaps", () => swaps() > 10);
  const seen = { held: new Set<string>(), plain: new Set<string>() };
  const look = (kind: "held" | "plain", how: () => string) => {
    try {
      seen[kind].add(how());
    } catch {
      // Just now there is nothing, or a link.
    }
  };
  let rounds = 0;
  const end = performance.now() + 20_000;
  // At least until the same look without care was led astray: else this would show nothing.
  while (rounds < 3_000 || (seen.plain.size < 4 && performance.now() < end)) {
    rounds += 1;
    for (const path of ["sub", "sub/deep"]) {
      look("held", () => inFolder(root, path, glance));
      look("plain", () => glance((name) => join(root, path, name)));
    }
  }
  await stop();
  t.diagnostic(`${rounds} rounds, ${swaps()} swaps`);
  assert.deepEqual([...seen.held].sort(), ["deep,many ", `f ${INSIDE.length}`]);
  assert.ok(seen.plain.has("deep,many,secret "), "a look without care is led astray");
});

test("while a folder is swapped for a link that leads out, nothing of what is there is told", async (t) => {
  const bench = await Bench.open(t, { timing: { rescan: 10, quiet: 5, longest: 20 } });
  const root = fill(bench.dir);
  symlinkSync("sub/deep/f", join(root, "link to it"));
  const id = await bench.add(root);
  await bench.state(id, "ready");
  const { swaps, stop } = swapping(t, bench.dir, 3);
  const scans = bench.shares.counters().scans;
  const from = performance.now();
  await until(
    "it was looked at again and again",
    () => {
      return performance.now() - from > 2_000 && bench.shares.counters().scans > scans + 20 && swaps() > 300;
    },
    32_000,
  );
  await stop();
  const told = new Set(
    bench.catalog.changes.map(({ change }) =>
      change.kind === "file" ? `${change.path} ${change.size} ${change.root}` : "path" in change ? change.path : "",
    ),
  );
  t.diagnostic(`${bench.shares.counters().scans} scans, ${swaps()} swaps`);
  const folders = ["sub", "sub/deep", "sub/many", ...MANY.map((path) => `sub/${path}`)];
  const files = ["link to it", "sub/deep/f", ...MANY.map((path) => `sub/${path}/f`)];
  const hashed = rootOf(Buffer.from(INSIDE));
  const listed = files.flatMap((path) => [null, hashed].map((content) => `${path} ${INSIDE.length} ${content}`));
  const allowed = new Set(["", ...folders, ...files, ...listed]);
  assert.deepEqual(
    [...told].filter((one) => !allowed.has(one)),
    [],
  );
  await bench.catalog.until("the folder is listed as it is", () => {
    return [...bench.kept(id).rows.keys()].sort().join() === [...folders, ...files].sort().join();
  });
});

test("where nothing is reached through an open folder, what is seen of one that is another one afterwards is thrown away", async (t) => {
  const { path: dir, remove } = await temporaryFolder();
  t.after(remove);
  const root = fill(dir);
  const swap = () => {
    renameSync(join(root, "sub"), join(dir, "away"));
    renameSync(join(dir, "link"), join(root, "sub"));
  };
  for (const path of ["sub", "sub/deep", ""]) {
    assert.equal(compared(root, path, glance), inFolder(root, path, glance), path);
  }
  const late = (reach: (name: string) => string) => {
    swap();
    return glance(reach);
  };
  assert.throws(() => compared(root, "sub/deep", late), { code: "ENOTDIR" });
  for (const path of ["sub", "sub/deep"]) {
    assert.throws(() => compared(root, path, glance), { code: "ENOTDIR" }, path);
    assert.throws(() => inFolder(root, path, glance), { code: "ENOTDIR" }, path);
  }
  renameSync(join(root, "sub"), join(dir, "link"));
  mkdirSync(join(root, "sub/deep"), { recursive: true });
  const other = () => {
    renameSync(join(root, "sub"), join(dir, "second"));
    renameSync(join(dir, "away"), join(root, "sub"));
    return "";
  };
  assert.throws(() => compared(root, "sub/deep", other), /replaced while it was looked at/);
});

test("a folder whose path is told in another way is looked at all the same", async (t) => {
  const { path: dir, remove } = await temporaryFolder();
  t.after(remove);
  fill(dir);
  symlinkSync(join(dir, "in"), join(dir, "way"));
  // As on a drive that takes "Photos" and "photos" for one name.
  assert.equal(inFolder(join(dir, "way/sub"), "deep", glance), `f ${INSIDE.length}`);
  renameSync(join(dir, "in/sub/deep"), join(dir, "in/deep"));
  symlinkSync("../deep", join(dir, "in/sub/deep"));
  assert.throws(() => inFolder(join(dir, "way/sub"), "deep", glance), { code: "ENOTDIR" });
});
