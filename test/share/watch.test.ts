import assert from "node:assert/strict";
import {
  appendFileSync,
  linkSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { watchTree } from "../../src/share/watch.ts";
import { temporaryFolder } from "../support/folders.ts";
import { until } from "../support/until.ts";
import { Bench } from "./harness.ts";

/** A share with a file and a folder in it, listed and hashed. */
async function shared(t: TestContext): Promise<{ bench: Bench; id: string; at: (path: string) => string }> {
  const bench = await Bench.open(t);
  mkdirSync(bench.path("in", "old"), { recursive: true });
  writeFileSync(bench.path("in", "old", "f"), "one");
  const id = await bench.add(bench.path("in"));
  await bench.state(id, "ready");
  await bench.settled(id);
  return { bench, id, at: (path) => bench.path("in", path) };
}

test("files in folders made by mkdir -p and written at once are listed with their contents", async (t) => {
  const { bench, id, at } = await shared(t);
  mkdirSync(at("a/b/c"), { recursive: true });
  writeFileSync(at("a/b/c/f"), "x");
  await bench.settled(id, 1_500);
  appendFileSync(at("a/b/c/f"), "y");
  await bench.settled(id, 1_500);
});

test("a tree that is moved in is listed whole, and watched from then on", async (t) => {
  const { bench, id, at } = await shared(t);
  mkdirSync(bench.path("out/t/u/v"), { recursive: true });
  writeFileSync(bench.path("out/t/u/v/f"), "x");
  writeFileSync(bench.path("out/t/g"), "x");
  renameSync(bench.path("out/t"), at("t"));
  await bench.settled(id, 1_500);
  writeFileSync(at("t/u/v/f"), "other");
  writeFileSync(at("t/u/new"), "");
  await bench.settled(id, 1_500);
});

test("a folder deleted and made anew at once is still watched", async (t) => {
  const { bench, id, at } = await shared(t);
  for (let round = 0; round < 3; round++) {
    rmSync(at("old"), { recursive: true });
    mkdirSync(at("old"));
    writeFileSync(at("old/g"), `round ${round}`);
    await bench.settled(id, 1_500);
    writeFileSync(at("old/h"), `later in round ${round}`);
    await bench.settled(id, 1_500);
  }
});

test("folders that swap their names are told apart", async (t) => {
  const { bench, id, at } = await shared(t);
  mkdirSync(at("other/deep"), { recursive: true });
  writeFileSync(at("other/deep/g"), "two");
  await bench.settled(id, 1_500);
  renameSync(at("old"), at("tmp"));
  renameSync(at("other"), at("old"));
  renameSync(at("tmp"), at("other"));
  await bench.settled(id, 1_500);
  writeFileSync(at("old/deep/later"), "three");
  writeFileSync(at("other/later"), "four");
  await bench.settled(id, 1_500);
});

test("a renamed file and a renamed tree keep their contents, and nothing is read", async (t) => {
  const { bench, id, at } = await shared(t);
  const before = bench.shares.counters().filesHashed;
  renameSync(at("old/f"), at("old/renamed"));
  await bench.settled(id, 1_500);
  renameSync(at("old"), at("moved"));
  await bench.settled(id, 1_500);
  mkdirSync(at("further"));
  renameSync(at("moved"), at("further/moved"));
  await bench.settled(id, 1_500);
  assert.equal(bench.shares.counters().filesHashed, before);
});

test("a name of which only the case changes is the new one alone, and nothing is read; two names that differ in case are two", async (t) => {
  const { bench, id, at } = await shared(t);
  const before = bench.shares.counters().filesHashed;
  renameSync(at("old/f"), at("old/F"));
  await bench.settled(id, 1_500);
  renameSync(at("old"), at("Old"));
  await bench.settled(id, 1_500);
  assert.deepEqual([...bench.kept(id).rows.keys()].sort(), ["Old", "Old/F"]);
  assert.equal(bench.shares.counters().filesHashed, before);
  linkSync(at("Old/F"), at("Old/f"));
  await bench.settled(id, 1_500);
  assert.deepEqual([...bench.kept(id).rows.keys()].sort(), ["Old", "Old/F", "Old/f"]);
  renameSync(at("Old/f"), at("Old/G"));
  await bench.settled(id, 1_500);
  assert.deepEqual([...bench.kept(id).rows.keys()].sort(), ["Old", "Old/F", "Old/G"]);
});

test("a file that becomes a folder, and a folder that becomes a file, are each told as gone first", async (t) => {
  const { bench, id, at } = await shared(t);
  rmSync(at("old"), { recursive: true });
  writeFileSync(at("old"), "a file now");
  await bench.settled(id, 1_500);
  rmSync(at("old"));
  mkdirSync(at("old"));
  writeFileSync(at("old/f"), "a folder again");
  await bench.settled(id, 1_500);
});

test("a small change is one change, with its content, told within 200 ms at the median", async (t) => {
  const { bench, id, at } = await shared(t);
  const took: number[] = [];
  for (let round = 0; round < 15; round++) {
    const from = bench.catalog.changes.length;
    const path = `old/file-${round}`;
    const start = performance.now();
    writeFileSync(at(path), `content ${round}`);
    await bench.catalog.until(`${path} is told`, () => bench.kept(id).rows.has(path));
    const told = bench.catalog.changes
      .slice(from)
      .filter(({ change }) => change.kind === "file" && change.path === path);
    assert.equal(told.length, 1);
    assert.notEqual(bench.kept(id).rows.get(path)?.root, null);
    took.push((told[0]?.at ?? 0) - start);
  }
  took.sort((a, b) => a - b);
  t.diagnostic(`change to commit: median ${took[7]?.toFixed(0)} ms, worst ${took[14]?.toFixed(0)} ms`);
  assert.ok((took[7] ?? 0) < 200, `median ${took[7]} ms`);
});

test("a name in a folder that is the folder's own is not taken for the folder", async (t) => {
  const { path: root, remove } = await temporaryFolder();
  mkdirSync(join(root, "src"));
  const heard: string[] = [];
  const watching = watchTree(realpathSync(root), {
    changed: (path) => heard.push(path),
    replaced: (path) => heard.push(`replaced ${path}`),
    failed: assert.fail,
    ended: assert.fail,
  });
  t.after(() => {
    watching.close();
    return remove();
  });
  const at = join(realpathSync(root), "src");
  watching.folder("src", at);
  mkdirSync(join(at, "src"));
  await until("it is heard that it was made", () => heard.includes("src/src"));
  rmdirSync(join(at, "src"));
  writeFileSync(join(at, "last"), "");
  await until("what follows is heard", () => heard.includes("src/last"));
  assert.deepEqual(
    [...new Set(heard)].filter((one) => one.startsWith("replaced")),
    [],
  );
  if (!watching.immediate) return;
  renameSync(at, join(root, "other"));
  await until("the folder itself is missed", () => heard.includes("replaced src"));
});
