import { Worker } from "node:worker_threads";
import type { WorkerName } from "../shared/worker-call.ts";
import { WORKER_FILES } from "./worker-names.ts";

/** Starts a worker from its source. The bundle has another module in this one's place, with the workers' code in it. */
export function spawnWorker(name: WorkerName): Worker {
  return new Worker(new URL(`../${WORKER_FILES[name]}`, import.meta.url));
}
