import assert from "node:assert/strict";
import { test } from "node:test";
import { PROFILES } from "../../src/membership/core/profiles.ts";
import { chaoticRun, healingBound } from "./run.ts";

/** Fixed, so that a failure is the same everywhere. `make sim SEED=…` runs any other. */
const SEEDS = Array.from({ length: 200 }, (_, i) => i + 1);
const CHAOS = { chaos: 30_000, faults: 16 };
/** The core asks nothing of its runtime: on Deno a part of the seeds, and no large group, is enough. */
const inDeno = "Deno" in globalThis;

for (let part = 0; part < (inDeno ? 1 : 4); part++) {
  const seeds = SEEDS.slice(part * 50, part * 50 + 50);
  test(`16 members agree again after anything, by the rules at every step: seeds ${seeds[0]} to ${seeds.at(-1)}`, () => {
    for (const seed of seeds) chaoticRun({ seed, members: 16, ...CHAOS });
  });
}

test("the same seed gives the same run, to the last belief, and another one another", () => {
  const [a, b, c] = [7, 7, 8].map((seed) => chaoticRun({ seed, members: 16, ...CHAOS }));
  assert.deepEqual(a, b);
  assert.notEqual(a?.digest, c?.digest);
});

test("1 000 members agree again after a bad quarter of a minute", { skip: inDeno }, () => {
  const result = chaoticRun({ seed: 1, members: 1_000, chaos: 12_000, faults: 40, without: ["partition"] });
  assert.ok(result.running > 980, "most of them are there");
  assert.ok(result.packets > 100_000, "and much was said");
});

test("128 members agree again after a bad quarter of a minute, for half of which fifteen of them were cut off", {
  skip: inDeno,
}, () => {
  const result = chaoticRun({ seed: 1, members: 128, chaos: 12_000, faults: 40, without: ["partition"], cutOff: 15 });
  assert.ok(result.running > 118, "most of them are there");
});

test("the bound to healing follows from the profile", () => {
  assert.equal(healingBound(PROFILES.lan, 16), 90_000 + 10_000 + 12_800 + 3_200 + 11_558.4 + 60_000);
});
