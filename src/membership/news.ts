import type { Log } from "../shared/log.ts";
import { sameAddress, sameBytes } from "./core/address.ts";
import type { Node } from "./core/nodes.ts";
import type { MemberRecord } from "./records.ts";

/** What became of a member: "refuted" said of a suspicion that it is not true. */
export type MemberEvent = "joined" | "suspected" | "refuted" | "died" | "left";

const WORDS = {
  joined: "a member joined",
  suspected: "a member is suspect",
  refuted: "a member refuted a suspicion",
  died: "a member is dead",
  left: "a member left",
} as const satisfies Record<MemberEvent, string>;

/** What this change of another means; null where only what it says of itself is new, or nothing is. */
export function eventOf(member: Node, before: Node | null): MemberEvent | null {
  if (before?.state === member.state) return null;
  switch (member.state) {
    case "suspect":
      return "suspected";
    case "dead":
      return "died";
    case "left":
      return "left";
    case "alive":
      return before?.state === "suspect" ? "refuted" : "joined";
  }
}

/** Whether what is believed of a member is still the same: state, address and meta. */
export function sameBelief(member: Node, before: Node | null): boolean {
  if (before === null || before.state !== member.state) return false;
  return sameAddress(before.address, member.address) && sameBytes(before.meta, member.meta);
}

/** One line for each event. What this member does itself is told where it is done. */
export function logEvent(log: Log, event: MemberEvent | null, member: MemberRecord, before: MemberRecord | null): void {
  if (event === null || member.self) return;
  const { wireName, name, host, incarnation } = member;
  log.info(WORDS[event], { member: wireName, name, host, incarnation, was: before?.state ?? null });
}
