import type { MemberState } from "./message.ts";

interface Spoken {
  readonly name: string;
  readonly state: MemberState;
  readonly vsn: Uint8Array;
}

/**
 * Why the members of two lists cannot be one group, or null where they can: what each speaks must be understood by all
 * that are alive, for the protocol and for what rides on it (SWIM-WIRE §3.10).
 */
export function versionConflict(members: readonly Spoken[]): string | null {
  for (const [what, at] of [
    ["protocol", 0],
    ["delegate", 3],
  ] as const) {
    const alive = members.filter(({ state }) => state === "alive");
    // Not by spreading into Math.max: as many arguments as another lists members overflow the stack.
    const min = alive.reduce((most, { vsn }) => Math.max(most, vsn[at] ?? 0), 0);
    const max = alive.reduce((least, { vsn }) => Math.min(least, vsn[at + 1] ?? 0), 255);
    for (const { name, vsn } of members) {
      const spoken = vsn.length < 6 ? 0 : (vsn[at + 2] ?? 0);
      if (spoken >= min && spoken <= max) continue;
      return `"${name}" speaks ${what} version ${spoken}, not within ${min} to ${max}`;
    }
  }
  return null;
}
