import { reason } from "./errors.ts";

/** What parts write for the person who runs the program. Fields never hold secrets. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** What nobody waits for: where it fails, that is told, and the program goes on. `what` follows "Cannot". */
export function tellFailure(log: Log, what: string, done: Promise<unknown>): void {
  done.catch((thrown: unknown) => log.error(`Cannot ${what}`, { why: reason(thrown) }));
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
