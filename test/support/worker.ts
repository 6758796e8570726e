import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { spawnWorker as fromSource } from "../../src/platform/worker-files.ts";
import type { WorkerName } from "../../src/shared/worker-call.ts";

/** Where `make` has just made the workers' code; unset where a test is started by hand, when that may be an old one. */
const MADE = process.env.GROUPSHARE_TEST_WORKERS;

/**
 * Starts a worker of the program: on Node as it is in the bundle, which takes a fifth of the time that its source takes;
 * on Deno, which starts either as soon, from its source.
 */
export function spawnWorker(name: WorkerName): Worker {
  if (MADE === undefined || "Deno" in globalThis) return fromSource(name);
  return new Worker(readFileSync(join(MADE, `${name}.cjs`), "utf8"), { eval: true, execArgv: [] });
}
