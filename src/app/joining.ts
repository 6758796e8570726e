import type { Discovery } from "../membership/mod.ts";
import { GroupShareError } from "../shared/errors.ts";
import type { Session } from "./session.ts";

/** How long members that announce themselves on the network are waited for, in milliseconds. */
const FIND_PATIENCE_MS = 3_000;

/**
 * Joins through whoever answers first: at these seeds, or of those who announce themselves to be of the group.
 * Fails naming all that were tried.
 */
export async function joinAny(session: Session, seeds: readonly string[], discovery: Discovery | null): Promise<void> {
  const { group, membership } = session;
  const tried: string[] = [];
  const ask = async (seed: string): Promise<void> => {
    const { failed } = await membership.join([seed]);
    const [refused] = failed;
    if (refused === undefined) return;
    tried.push(`${seed} (${refused.why})`);
    throw new Error(refused.why);
  };
  const askAnnounced = async (): Promise<void> => {
    const found = (await discovery?.find(group.id, FIND_PATIENCE_MS)) ?? [];
    await Promise.any(found.map(ask));
  };
  try {
    // Others may still be asked when this one has answered: they only bring what it brings too.
    await Promise.any([...seeds.map(ask), askAnnounced()]);
  } catch {
    const where = tried.join(", ") || "any address";
    throw new GroupShareError("unreachable", `Cannot join "${group.name}": no member answered at ${where}`, {
      hint: "ask a member that is running now for a new invite, or name one's address with --join HOST:PORT",
    });
  }
}
