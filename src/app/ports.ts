import { GroupShareError } from "../shared/errors.ts";
import type { ListenAt } from "./options.ts";

/** How many further ports are tried where the default one is taken. */
const TRIES = 64;

/**
 * Opens something at an endpoint. Where the default port was meant and is taken, the next ones are tried,
 * `step` apart, so that many members can run on one machine without a word about ports.
 */
export async function openAtFreePort<T>(at: ListenAt, step: number, open: (at: ListenAt) => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await open({ ...at, port: at.port + attempt * step });
    } catch (thrown) {
      const taken = thrown instanceof GroupShareError && thrown.code === "in-use";
      if (!taken || !at.isDefault || attempt === TRIES) throw thrown;
    }
  }
}
