import { clearTimeout, setTimeout } from "node:timers";

/** Runs something once, so many milliseconds from now, unless the returned function is called before. Keeps no program running. */
export function later(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  timer.unref();
  return () => clearTimeout(timer);
}
