import { parentPort } from "node:worker_threads";
import { answerCalls } from "../shared/worker-call.ts";
import { hashFile } from "./hash.ts";
import type { HashMethods, HashResult } from "./protocol.ts";

let before: Promise<unknown> = Promise.resolve();

const methods: HashMethods = {
  hash(items) {
    const done = before.then(async () => {
      const results: HashResult[] = [];
      for (const item of items) results.push(await hashFile(item));
      return results;
    });
    before = done.catch(() => undefined);
    return done;
  },
};

if (parentPort !== null) answerCalls(parentPort, methods);
