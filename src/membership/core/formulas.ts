/*
 * The arithmetic of SWIM-WIRE §3.2, each formula once. `n` counts members, times are milliseconds.
 */

/** The shortest time between suspicion and death; grows with the logarithm of the group. */
export function suspicionMin(mult: number, n: number, probeInterval: number): number {
  const scale = Math.floor(1_000 * Math.max(1, Math.log10(Math.max(1, n))));
  return (mult * scale * probeInterval) / 1_000;
}

/** Independent accusers wanted beside the first. A group too small to ever have so many waits for none. */
export function confirmationsWanted(mult: number, n: number): number {
  const wanted = mult - 2;
  return n - 2 < wanted ? 0 : wanted;
}

/** What is left of a suspicion after `confirmed` of `wanted` confirmations; at most 0 means now. */
export function suspicionLeft(
  confirmed: number,
  wanted: number,
  elapsed: number,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  if (wanted < 1) return min - elapsed;
  const share = Math.log(confirmed + 1) / Math.log(wanted + 1);
  return Math.max(min, Math.floor(max - (max - min) * share)) - elapsed;
}

/** How often one piece of news is sent before it counts as known. */
export function retransmitLimit(mult: number, n: number): number {
  return mult * Math.ceil(Math.log10(n + 1));
}

/** Push/pulls get rarer in groups above 32, so that their cost for the whole group stays flat. */
export function pushPullInterval(base: number, n: number): number {
  return n <= 32 ? base : base * (Math.ceil(Math.log2(n) - 5) + 1);
}

/**
 * When a helper that had no ack says so. The paper's 80 % of what is left of the asker's interval: memberlist itself
 * waits a whole probe timeout, which comes too late with its own defaults (SWIM-WIRE §3.5, measured).
 */
export function nackDelay(probeInterval: number, probeTimeout: number): number {
  return Math.max(0, Math.min(probeTimeout, 0.8 * (probeInterval - probeTimeout)));
}
