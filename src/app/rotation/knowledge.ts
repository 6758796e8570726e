import type { MemberRecord } from "../../membership/mod.ts";
import {
  type Group,
  type Identity,
  isToldHost,
  isUnsure,
  type Knowledge,
  MOST_HOSTS,
  type Present,
  type Removed,
  type Roster,
  type Seen,
  type Sight,
  secretHash,
  signRemoval,
} from "../../trust/mod.ts";

/** What is stored of a group, as one piece of knowledge. */
export function knowledgeOf(group: Group, roster: Roster): Knowledge {
  const { id, former } = group;
  return {
    group: id,
    secret: secretOf(group),
    former,
    ends: new Map(group.ends.map(({ hash, at }) => [hash, at])),
    roster: new Map(roster.seen.map((one) => [one.id, one])),
    removed: new Map(roster.removed.map((one) => [one.id, one])),
  };
}

function secretOf({ generation, secret, made, from, stale, vouched }: Group): Present {
  return { generation, secret, hash: secretHash(secret), made, from, stale, ...(vouched && { vouched }) };
}

/** The part of it that is the group, under its name. */
export function groupOf({ group, secret: { hash: _, ...secret }, former, ends }: Knowledge, name: string): Group {
  return { id: group, name, ...secret, former, ends: [...ends].map(([hash, at]) => ({ hash, at })) };
}

/** Before removals were signed, nobody stood for them: this member does from now on. */
export function stoodFor(
  removed: readonly Removed[],
  group: string,
  by: Pick<Identity, "memberId" | "publicKey" | "sign">,
): Promise<Removed[]> {
  const signed = async (one: Removed) => (one.sig === "" ? { ...one, ...(await signRemoval(by, group, one.id)) } : one);
  return Promise.all(removed.map(signed));
}

/** The part of it that is the roster. */
export function rosterOf({ roster, removed }: Knowledge): Roster {
  return { seen: [...roster.values()], removed: [...removed.values()] };
}

/** Whether anything is known that was not before, addresses and times of members aside. */
export function isNews(known: Knowledge, before: Knowledge): boolean {
  const mark = ({ secret: { hash, made, stale } }: Knowledge) => `${hash} ${made?.sig} ${stale}`;
  if (mark(known) !== mark(before)) return true;
  const sizes = ({ former, ends, roster, removed }: Knowledge) =>
    [former.length, ...ends, roster.size, removed.size].join();
  return sizes(known) !== sizes(before);
}

/** A member as it is remembered; null for one that is no GroupShare program. */
export function seenOf({ id, name, host, addresses, peerPort }: MemberRecord, at: number): Sight | null {
  return id === null || peerPort === 0
    ? null
    : { id, name, hosts: [host, ...addresses].filter(isToldHost).slice(0, MOST_HOSTS), port: peerPort, seen: at };
}

/** Whether a member is where it was seen, and was seen not long before. */
export function isSame(one: Sight, known: Seen | undefined): boolean {
  if (known === undefined || known.from !== null || known.name !== one.name || known.port !== one.port) return false;
  return one.seen - known.seen < SEEN_AGAIN && known.hosts.join() === one.hosts.join();
}

/** A member that stays is noted again after so long, in milliseconds: each time the roster is written. */
const SEEN_AGAIN = 3_600_000;

/** Members are looked for as long as they were seen in this time, in milliseconds. */
const MISSED_FOR = 30 * 24 * 3_600_000;

/** With so many that are around this member agrees on a secret by asking them; of the others it hears from these. */
const MOST_AGREED = 64;
/** A member is around for so long after it was seen, in milliseconds. */
const AROUND = 24 * 3_600_000;

function asksMore({ roster }: Knowledge, now: number): boolean {
  let agreed = 0;
  for (const one of roster.values()) {
    if (one.agreed !== null && one.seen > now - AROUND && ++agreed >= MOST_AGREED) return false;
  }
  return true;
}

const hasNotSpoken = ({ from, agreed }: Seen): boolean => from === null && agreed === null;

/** Whether one that is here is to be asked whether it has the same secret, and whom it knows: once, as long as few were. */
export function isUnasked(known: Knowledge, id: string, now: number): boolean {
  const one = known.roster.get(id);
  return one !== undefined && hasNotSpoken(one) && asksMore(known, now);
}

/**
 * Whom to ask: those remembered who are not among `here`, or were never asked; and where it is not known who was removed, all.
 * Those seen by this member itself come first: of the others, another may have made up every one.
 */
export function missed(known: Knowledge, here: ReadonlySet<string>, now: number): { first: Seen[]; rest: Seen[] } {
  const unsure = isUnsure(known);
  const more = asksMore(known, now);
  const wanted = (one: Seen) => unsure || !here.has(one.id) || (more && hasNotSpoken(one));
  const all = [...known.roster.values()].filter((one) => wanted(one) && one.seen > now - MISSED_FOR);
  return { first: all.filter(({ from }) => from === null), rest: all.filter(({ from }) => from !== null) };
}
