import { setFlagsFromString } from "node:v8";

/**
 * Turns off a part of V8 that computes wrong. With Node 26.10 (V8 14.6), a long synchronous loop over a counter that an
 * inner function also changes gives wrong results when Maglev takes it over while it runs: seen in a decoder, in most
 * runs. Deno's V8 does not do it. Called before anything else; workers follow.
 */
export function prepareEngine(): void {
  if (!("Deno" in globalThis)) setFlagsFromString("--no-maglev-osr");
}
