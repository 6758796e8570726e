import { parentPort } from "node:worker_threads";
import { answerCalls } from "../shared/worker-call.ts";
import { storeMethods } from "./store/methods.ts";

// All the SQL of the program runs here: a long query or a large batch never holds up the answer to a probe.
if (parentPort !== null) answerCalls(parentPort, storeMethods());
