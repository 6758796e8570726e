import { setTimeout as sleep } from "node:timers/promises";

/** Waits until a condition gives something other than false, null or undefined, and returns that. Fails naming what was awaited. */
export async function until<T>(
  what: string,
  condition: () => Promise<T | false | null | undefined> | T | false | null | undefined,
  timeoutMs = 10_000,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  let failure: unknown = null;
  for (;;) {
    try {
      const found = await condition();
      if (found !== false && found !== null && found !== undefined) return found;
      failure = null;
    } catch (thrown) {
      failure = thrown;
    }
    if (performance.now() > end) throw new Error(`Waited ${timeoutMs} ms in vain: ${what}`, { cause: failure });
    await sleep(15);
  }
}
