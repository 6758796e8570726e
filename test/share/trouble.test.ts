import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import type { Look } from "../../src/share/core/compare.ts";
import { Inodes } from "../../src/share/core/inodes.ts";
import { until } from "../support/until.ts";
import { alone } from "./alone.ts";

/** Fails so many times in a way that nobody expects. */
class Failing extends Inodes {
  failures = 0;

  override find(look: Look): ReturnType<Inodes["find"]> {
    if (this.failures === 0) return super.find(look);
    this.failures -= 1;
    throw new Error("nobody expects this");
  }
}

test("what was to be looked at when something unexpected went wrong is looked at all the same, later each time that it goes wrong again", async (t) => {
  const inodes = new Failing();
  const { root, scanner, scans, of } = await alone(t, (at) => writeFileSync(`${at}/old`, "x"), inodes);
  inodes.failures = 4;
  const from = performance.now();
  writeFileSync(`${root}/new`, "y");
  await until("it is told", () => scanner.status().error === "nobody expects this");
  await until("it is looked at", () => of("new").length > 0 && scanner.status().error === null);
  const times = [from, ...scans.slice(1)];
  const waits = times.slice(1).map((at, index) => at - (times[index] ?? 0));
  assert.equal(waits.length, 4);
  for (const [index, wait] of waits.entries()) assert.ok(wait > 100 * 2 ** index - 5, `${waits}`);
});
