import type { MemberNews } from "../app/mod.ts";
import { safe } from "./print.ts";

/** What is worth a line to a person who did not ask; suspicions come and go, and refusals are in the log. */
const WORDS: Partial<Record<MemberNews["event"], string>> = {
  joined: "joined",
  died: "is gone, without a goodbye",
  left: "left",
};

/** One line for a terminal, such as `12:30 Ben left`; null where nothing is said. */
export function happened({ event, name, self, at }: MemberNews): string | null {
  const words = WORDS[event];
  if (words === undefined || self) return null;
  const time = new Date(at);
  const clock = [time.getHours(), time.getMinutes()].map((part) => String(part).padStart(2, "0")).join(":");
  return `${clock} ${safe(name)} ${words}`;
}
