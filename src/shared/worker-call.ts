import type { MessagePort, Worker } from "node:worker_threads";
import { type ErrorCode, GroupShareError, reason } from "./errors.ts";

/** The workers of the program, by the part that owns them. `platform/workers.ts` knows where their code is. */
export type WorkerName = "scan" | "hash" | "store";
export type SpawnWorker = (name: WorkerName) => Worker;

/** The methods that a worker answers; arguments and results are structured-cloned. */
// biome-ignore lint/suspicious/noExplicitAny: any arguments fit, each method names its own
export type Methods = Record<string, (...args: any[]) => unknown>;

interface Call {
  readonly id: number;
  readonly method: string;
  readonly args: unknown[];
}
interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | undefined;
}
type Answer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failure: Failure }
  | { readonly event: string; readonly detail: unknown };

/** The worker's side: answers calls with the methods, one by one unless they await. Returns a way to tell news. */
export function answerCalls(port: MessagePort, methods: Methods): (event: string, detail: unknown) => void {
  port.on("message", (call: Call) => {
    answer(methods, call)
      .then((result) => port.postMessage(result))
      // A result that cannot be handed over.
      .catch((thrown: unknown) => port.postMessage(failure(call.id, thrown)));
  });
  return (event, detail) => port.postMessage({ event, detail } satisfies Answer);
}

async function answer(methods: Methods, { id, method, args }: Call): Promise<Answer> {
  try {
    const run = methods[method];
    if (run === undefined) throw new GroupShareError("internal", `Cannot call "${method}" in the worker`);
    return { id, result: await run(...args) };
  } catch (thrown) {
    return failure(id, thrown);
  }
}

function failure(id: number, thrown: unknown): Answer {
  const known = thrown instanceof GroupShareError;
  return {
    id,
    failure: {
      code: known ? thrown.code : "internal",
      message: known ? thrown.message : reason(thrown),
      hint: known ? thrown.hint : undefined,
    },
  };
}

/** The other side: calls a worker's methods. A worker that dies fails every call under way and all later ones. */
export class WorkerCaller<M extends Methods> {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  readonly #listeners = new Map<string, (detail: never) => void>();
  #next = 1;
  #dead: Error | null = null;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.on("message", (answer: Answer) => this.#answered(answer));
    worker.on("error", (error) => this.#die(reason(error)));
    worker.on("exit", () => this.#die("it ended"));
  }

  call<K extends keyof M & string>(method: K, ...args: Parameters<M[K]>): Promise<Awaited<ReturnType<M[K]>>> {
    if (this.#dead !== null) return Promise.reject(this.#dead);
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, method, args } satisfies Call);
    });
  }

  /** Hears one kind of news that the worker tells. One listener an event. */
  on<T>(event: string, listener: (detail: T) => void): void {
    this.#listeners.set(event, listener);
  }

  async close(): Promise<void> {
    this.#dead ??= new GroupShareError("internal", "Cannot call a worker that was closed");
    await this.#worker.terminate();
  }

  #answered(answer: Answer): void {
    if ("event" in answer) {
      this.#listeners.get(answer.event)?.(answer.detail as never);
      return;
    }
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (waiting === undefined) return;
    if ("failure" in answer) {
      const { code, message, hint } = answer.failure;
      waiting.reject(new GroupShareError(code, message, hint === undefined ? {} : { hint }));
    } else waiting.resolve(answer.result as never);
  }

  #die(why: string): void {
    this.#dead ??= new GroupShareError("internal", `Cannot go on with a worker: ${why}`);
    for (const { reject } of this.#waiting.values()) reject(this.#dead);
    this.#waiting.clear();
  }
}
