const FIRST_MS = 1_000;
const LAST_MS = 30_000;

/** How long to wait before try number `tries` (from 1): doubling from 1 s to 30 s, with up to a quarter of jitter. */
export function backoff(tries: number, chance: number): number {
  const base = Math.min(LAST_MS, FIRST_MS * 2 ** Math.min(tries - 1, 10));
  return Math.round(base * (0.75 + chance * 0.5));
}
