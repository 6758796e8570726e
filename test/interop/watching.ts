import { seen } from "../membership/member.ts";
import type { Ours } from "./group.ts";

/** What happens to anyone, as ours see it, other than being alive. */
export function troubleOf(ours: readonly Ours[], states: readonly string[] = ["suspect", "dead"]): string[] {
  const trouble: string[] = [];
  for (const { name, membership } of ours) {
    membership.on("changed", (member) => {
      if (states.includes(member.state)) trouble.push(`${name}: ${member.name} is ${member.state}`);
    });
  }
  return trouble;
}

export function allAlive(ours: readonly Ours[], names: readonly string[]): boolean {
  return ours.every(({ membership }) => names.every((name) => seen(membership, name)?.state === "alive"));
}
