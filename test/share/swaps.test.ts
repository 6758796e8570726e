import assert from "node:assert/strict";
import { lstatSync, mkdirSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { SharesOptions } from "../../src/share/mod.ts";
import { Bench } from "./harness.ts";

const MANY = 20;

/** Folders in a share, each with files of the same names, sizes and times as the others': only their bytes differ. */
async function alike(t: TestContext, names: readonly string[], options: Partial<SharesOptions> = {}) {
  const bench = await Bench.open(t, options);
  const at = (path: string) => bench.path("in", path);
  for (const name of names) mkdirSync(at(name), { recursive: true });
  for (let i = 0; i < MANY; i++) {
    const files = names.map((name) => at(`${name}/${i}`));
    for (const [which, file] of files.entries()) writeFileSync(file, `${which} of ${i}`);
    const ctimes = () => new Set(files.map((file) => lstatSync(file, { bigint: true }).ctimeMs));
    do for (const file of files) utimesSync(file, 1_700_000_000, 1_700_000_000);
    while (ctimes().size > 1);
  }
  const id = await bench.add(bench.path("in"));
  await bench.state(id, "ready");
  await bench.settled(id);
  return { bench, id, at, read: () => bench.shares.counters().filesHashed };
}

test("contents go with their folders when one takes the place of another whose files have the same sizes and times, and nothing is read", async (t) => {
  const { bench, id, at, read } = await alike(t, ["current", "next"]);
  const before = read();
  renameSync(at("current"), at("old"));
  renameSync(at("next"), at("current"));
  await bench.settled(id);
  renameSync(at("current"), at("tmp"));
  renameSync(at("old"), at("current"));
  renameSync(at("tmp"), at("old"));
  await bench.settled(id);
  assert.equal(read(), before);
});

test("the same is found at the next start where nobody looked", async (t) => {
  const { bench, id, at } = await alike(t, ["one", "other"]);
  await bench.shares.stop();
  renameSync(at("one"), at("tmp"));
  renameSync(at("other"), at("one"));
  renameSync(at("tmp"), at("other"));
  await bench.start();
  await bench.settled(id);
});

test("a folder that comes from outside the share is not taken for the one whose place it takes", async (t) => {
  const { bench, id, at } = await alike(t, ["current", "../next"]);
  renameSync(at("current"), bench.path("old"));
  renameSync(bench.path("next"), at("current"));
  await bench.settled(id);
  await bench.shares.stop();
  renameSync(at("current"), bench.path("next"));
  renameSync(bench.path("old"), at("current"));
  await bench.start();
  await bench.settled(id);
});

test("what was gone for longer than it is remembered is read anew, though nothing happened meanwhile", async (t) => {
  const { bench, id, at, read } = await alike(t, ["folder"], { timing: { departed: 400 } });
  const before = read();
  renameSync(at("folder"), bench.path("away"));
  await bench.settled(id);
  await pause(1_000);
  renameSync(bench.path("away"), at("folder"));
  await bench.settled(id);
  assert.equal(read(), before + MANY);
});
