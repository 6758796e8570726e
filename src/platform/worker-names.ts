import type { WorkerName } from "../shared/worker-call.ts";

/** Where each worker's code begins, below src/. */
export const WORKER_FILES: Readonly<Record<WorkerName, string>> = {
  scan: "share/scan.worker.ts",
  hash: "share/hash.worker.ts",
  store: "catalog/store.worker.ts",
};
