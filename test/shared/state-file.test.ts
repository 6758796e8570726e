import assert from "node:assert/strict";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { replaceFile, StateFile } from "../../src/shared/state-file.ts";
import { temporaryFolder } from "../support/folders.ts";

const aNumber = (value: unknown): number => {
  if (typeof value === "number") return value;
  throw new Error("not a number");
};

test("a state is read back as it was written, by nobody else, and the last write wins", async () => {
  const folder = await temporaryFolder();
  const file = new StateFile(join(folder.path, "deep", "state.json"), aNumber);
  await Promise.all([file.write(1), file.write(2), file.write(3)]);
  assert.equal(await file.read(assert.fail), 3);
  if (process.platform !== "win32") assert.equal((await stat(file.path)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(join(folder.path, "deep")), ["state.json"]);
  await folder.remove();
});

test("a damaged state is set aside, its name told, and nothing of it lost", async () => {
  const folder = await temporaryFolder();
  const file = new StateFile(join(folder.path, "state.json"), aNumber);
  for (const damaged of ["", "{", '"text"', "\0\0"]) {
    await writeFile(file.path, damaged);
    const told: string[] = [];
    assert.equal(await file.read((message) => told.push(message)), null);
    const [, aside = ""] = /set aside as "(.*)"/.exec(told.join()) ?? [];
    assert.equal(await readFile(aside, "utf8"), damaged);
  }
  await folder.remove();
});

test("a write that cannot be leaves what was there and says so", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder.path, "file"), "kept");
  await assert.rejects(replaceFile(join(folder.path, "file", "below"), "x"), /Cannot write ".*below"/);
  assert.equal(await readFile(join(folder.path, "file"), "utf8"), "kept");
  await folder.remove();
});
