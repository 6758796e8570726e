import assert from "node:assert/strict";
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { Bench } from "./harness.ts";

const NAMES = ["a", "b", "c"];
const path = fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
const operation = fc.oneof(
  fc.record({ kind: fc.constant("write" as const), path, size: fc.nat(40_000) }),
  fc.record({ kind: fc.constant("mkdir" as const), path }),
  fc.record({ kind: fc.constant("remove" as const), path }),
  fc.record({ kind: fc.constant("rename" as const), path, to: path }),
  fc.record({ kind: fc.constant("append" as const), path }),
  fc.record({ kind: fc.constant("truncate" as const), path }),
  fc.record({ kind: fc.constant("touch" as const), path }),
  fc.record({ kind: fc.constant("replace" as const), path }),
  fc.record({ kind: fc.constant("copy" as const), path, to: path }),
  fc.record({ kind: fc.constant("anew" as const), path }),
  fc.record({ kind: fc.constant("rest" as const), ms: fc.nat(120) }),
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** What a person or program does to a folder. Some of it cannot be done there; then nothing happens. */
async function act(at: (path: string) => string, one: Operation): Promise<void> {
  if (one.kind === "rest") return new Promise((resolve) => setTimeout(resolve, one.ms));
  const here = at(one.path);
  try {
    if (one.kind === "write") writeFileSync(here, new Uint8Array(one.size).fill(one.size % 251));
    if (one.kind === "mkdir") mkdirSync(here, { recursive: true });
    if (one.kind === "remove") rmSync(here, { recursive: true });
    if (one.kind === "rename") renameSync(here, at(one.to));
    if (one.kind === "append") appendFileSync(here, "more");
    if (one.kind === "truncate") truncateSync(here, 3);
    if (one.kind === "touch") utimesSync(here, 1_600_000_000, 1_600_000_000.5);
    if (one.kind === "replace") {
      writeFileSync(`${here}~`, "saved as editors do");
      renameSync(`${here}~`, here);
    }
    if (one.kind === "copy") cpSync(here, at(one.to), { recursive: true, preserveTimestamps: true });
    if (one.kind === "anew") {
      rmSync(here, { recursive: true });
      mkdirSync(here);
      writeFileSync(`${here}/a`, "made anew");
    }
  } catch {
    // Not there, or in the way.
  }
}

test("whatever is done to a folder, soon after the catalog is what a fresh look would find", async (t) => {
  const bench = await Bench.open(t);
  let round = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 5, maxLength: 40 }), async (operations) => {
      const folder = bench.path(`in-${round++}`);
      mkdirSync(folder);
      const id = await bench.add(folder);
      const at = (below: string) => `${folder}/${below}`;
      for (const one of operations) await act(at, one);
      await bench.settled(id, 4_000);
      assert.equal(
        bench.status(id).files,
        [...bench.kept(id).rows.values()].filter(({ kind }) => kind === "file").length,
      );
      await bench.shares.remove(id);
      assert.equal(bench.catalog.shares.has(id), false);
    }),
    { numRuns: 25, interruptAfterTimeLimit: 15_000 },
  );
});
