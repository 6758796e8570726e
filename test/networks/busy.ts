/*
 * Loaded before the program (`node --import`): between one SIGUSR2 and the next, its event loop stands still for 1 to 3 s at
 * a time, again and again, as under a long computation. The seed is in its URL.
 */
import { isMainThread } from "node:worker_threads";
import { below, seeded } from "../../src/shared/random.ts";

const STANDS_STILL = { from: 1_000, to: 3_000 };
const RUNS = { from: 50, to: 1_500 };

const random = seeded(Number(new URL(import.meta.url).searchParams.get("seed")));
const among = ({ from, to }: { from: number; to: number }): number => from + below(random, to - from);
let busy = false;

function standStill(): void {
  if (!busy) return;
  for (const end = performance.now() + among(STANDS_STILL); performance.now() < end; );
  setTimeout(standStill, among(RUNS));
}

if (isMainThread) {
  process.on("SIGUSR2", () => {
    busy = !busy;
    standStill();
  });
}
