/**
 * Swaps a folder for a link and back, without rest, until it is told to stop. workerData: `folder` is what is swapped, `away`
 * where it is put meanwhile, `link` the link, `state` a shared Int32Array of [to stop, times swapped], `longest` the milliseconds between two swaps at most.
 */
import { renameSync } from "node:fs";
import { workerData } from "node:worker_threads";
import { below, seeded } from "../../src/shared/random.ts";

const { folder, away, link, seed, longest, state } = workerData as Record<"folder" | "away" | "link", string> & {
  seed: number;
  longest: number;
  state: Int32Array;
};
const random = seeded(seed);

/** Mostly much less than the longest time, without giving the processor away. */
function wait(): void {
  const end = performance.now() + longest * (below(random, 1_000) / 1_000) ** 3;
  while (performance.now() < end);
}

while (Atomics.load(state, 0) === 0) {
  renameSync(folder, away);
  renameSync(link, folder);
  wait();
  renameSync(folder, link);
  renameSync(away, folder);
  wait();
  Atomics.add(state, 1, 1);
}
