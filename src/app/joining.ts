import { setTimeout as sleep } from "node:timers/promises";
import type { Discovery } from "../membership/mod.ts";
import { GroupShareError } from "../shared/errors.ts";
import type { GroupShareNode } from "./node.ts";
import type { Session } from "./session.ts";
import { olderInvite } from "./which-group.ts";

/** How long members that announce themselves on the network are waited for, in milliseconds. */
const FIND_PATIENCE_MS = 3_000;

/** How long a start waits for members of an earlier one, in milliseconds. */
const REJOIN_PATIENCE_MS = 1_500;

/** A member read what was said with a former key, and answered under the present one. */
const OTHER_KEY = /not encrypted with our key/;
/** Somebody is there and says nothing, as members do who cannot read what comes. */
const UNREAD = /hung up|ECONNRESET|EPIPE/;

/** Joins a group that this member was never in. Fails where nobody answers, or nobody lets it in. */
export async function joinFirst(
  { discovery, rotation }: GroupShareNode,
  session: Session,
  seeds: readonly string[],
): Promise<void> {
  await joinAny(session, seeds, discovery);
  if (rotation?.shutOut) throw olderInvite(session.group.name);
}

/** Joins those of before; goes on alone where nobody is there, looking for them. */
export async function joinAgain({ membership }: Session, seeds: readonly string[]): Promise<void> {
  // Who is not here any more may take long not to answer, and is looked for anyway.
  const answers = Promise.all([membership.join(seeds), membership.rejoin()]);
  membership.seek(seeds);
  await Promise.race([answers, sleep(REJOIN_PATIENCE_MS)]);
}

/**
 * Joins through whoever answers first: at these seeds, or of those who announce themselves to be of the group.
 * Fails naming all that were tried.
 */
async function joinAny(session: Session, seeds: readonly string[], discovery: Discovery | null): Promise<void> {
  const { group, membership } = session;
  const tried: string[] = [];
  let otherKey = false;
  let unread = false;
  const ask = async (seed: string): Promise<void> => {
    const { failed } = await membership.join([seed]);
    const [refused] = failed;
    if (refused === undefined) return;
    tried.push(`${seed} (${refused.why})`);
    otherKey ||= OTHER_KEY.test(refused.why);
    unread ||= UNREAD.test(refused.why);
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
    if (otherKey) throw olderInvite(group.name);
    const where = tried.join(", ") || "any address";
    throw new GroupShareError("unreachable", `Cannot join "${group.name}": no member answered at ${where}`, {
      hint: unread
        ? "the invite may be older than the group's present secret: ask a member that is running now for a new one"
        : "ask a member that is running now for a new invite, or name one's address with --join HOST:PORT",
    });
  }
}
