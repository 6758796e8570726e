import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { Bench, inDeno } from "./harness.ts";

const NAMES = ["a", "b", "A", ".h"];
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
  fc.record({ kind: fc.constant("swap" as const), path, to: path }),
  fc.record({ kind: fc.constant("symlink" as const), path, to: path }),
  fc.record({ kind: fc.constant("hardlink" as const), path, to: path }),
  fc.record({ kind: fc.constant("chmod" as const), path, mode: fc.constantFrom(0o600, 0o644, 0o755) }),
  fc.record({ kind: fc.constant("disguise" as const), path }),
  fc.record({ kind: fc.constant("case" as const), path }),
  fc.record({
    kind: fc.constant("rules" as const),
    path,
    lines: fc.array(fc.constantFrom("a", "!a", "b/", "/A", "*", "!.h"), { maxLength: 3 }),
  }),
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
    if (one.kind === "swap") {
      renameSync(here, at("swapping"));
      renameSync(at(one.to), here);
      renameSync(at("swapping"), at(one.to));
    }
    if (one.kind === "symlink") {
      symlinkSync(at(one.to), here);
      // Deno tells nothing of a link that leads to itself, only of what happens after in the same folder.
      if (inDeno) {
        writeFileSync(`${here}~`, "");
        rmSync(`${here}~`);
      }
    }
    if (one.kind === "hardlink") linkSync(at(one.to), here);
    if (one.kind === "chmod") chmodSync(here, lstatSync(here).isDirectory() ? one.mode | 0o700 : one.mode);
    if (one.kind === "disguise") {
      const { size, atime, mtime } = statSync(here);
      // What Deno cannot tell within one second is asserted in games.test.ts.
      if (inDeno) return;
      writeFileSync(here, new Uint8Array(size).fill(1 + (size % 7)));
      utimesSync(here, atime, mtime);
    }
    if (one.kind === "case") renameSync(here, inOtherCase(here));
    if (one.kind === "rules") {
      const folder = statSync(here).isDirectory() ? here : at("");
      writeFileSync(`${folder}/.groupshareignore`, one.lines.join("\n"));
    }
    // Not cpSync: on a link that leads nowhere Node 26.10 ends the process.
    if (one.kind === "copy") execFileSync("cp", ["-Rp", here, at(one.to)], { stdio: "ignore" });
    if (one.kind === "anew") {
      rmSync(here, { recursive: true });
      mkdirSync(here);
      writeFileSync(`${here}/a`, "made anew");
    }
  } catch {
    // Not there, or in the way.
  }
}

/** With its last name in capitals, or in small letters where it has none. */
function inOtherCase(path: string): string {
  const slash = path.lastIndexOf("/") + 1;
  const name = path.slice(slash);
  return path.slice(0, slash) + (name === name.toUpperCase() ? name.toLowerCase() : name.toUpperCase());
}

/** What the catalog has of a share, with the contents, sizes and times. */
function listed(bench: Bench, id: string): string[] {
  const { rows, mtime } = bench.kept(id);
  const lines = [...rows].map(([path, { kind, size, mtime, root }]) => `${path} ${kind} ${size} ${mtime} ${root}`);
  return [`of its own ${mtime}`, ...lines.sort()];
}

test("whatever is done to a folder, soon after the catalog is what a fresh scan finds", async (t) => {
  const bench = await Bench.open(t);
  const fresh = await Bench.open(t);
  let round = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 5, maxLength: 40 }), fc.boolean(), async (operations, hidden) => {
      const folder = bench.path(`in-${round++}`);
      mkdirSync(folder);
      const { id } = await bench.shares.add({ path: folder, name: null, fixed: false, hidden });
      const at = (below: string) => `${folder}/${below}`;
      symlinkSync("late", at("link"));
      for (const one of operations) await act(at, one);
      writeFileSync(at("late"), "made after the link to it");
      const other = (await fresh.shares.add({ path: folder, name: null, fixed: false, hidden })).id;
      await fresh.state(other, "ready");
      await bench.catalog.until("the share is told", () => bench.catalog.shares.has(id));
      const expected = listed(fresh, other);
      const deadline = performance.now() + 4_000;
      while (performance.now() < deadline && listed(bench, id).join() !== expected.join()) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      assert.deepEqual(listed(bench, id), expected);
      const { files, bytes } = bench.status(id);
      const { files: freshFiles, bytes: freshBytes } = fresh.status(other);
      assert.deepEqual([files, bytes], [freshFiles, freshBytes]);
      await bench.shares.remove(id);
      await fresh.shares.remove(other);
      assert.equal(bench.catalog.shares.has(id), false);
      rmSync(folder, { recursive: true });
    }),
    {
      endOnFailure: true,
      ...(process.env.SEED === undefined ? {} : { seed: Number(process.env.SEED), path: process.env.AT ?? "" }),
      numRuns: Number(process.env.RUNS ?? 25),
      interruptAfterTimeLimit: Number(process.env.RUNS ?? 0) > 0 ? 200_000 : 12_000,
    },
  );
});
