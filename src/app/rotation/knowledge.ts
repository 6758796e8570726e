import type { MemberRecord } from "../../membership/mod.ts";
import {
  type Group,
  isUnsure,
  type Knowledge,
  type Roster,
  type Secret,
  type Seen,
  secretHash,
} from "../../trust/mod.ts";

/** What is stored of a group, as one piece of knowledge. */
export function knowledgeOf(group: Group, roster: Roster): Knowledge {
  const { id, former } = group;
  return {
    group: id,
    secret: secretOf(group),
    former,
    roster: new Map(roster.seen.map((one) => [one.id, one])),
    removed: new Map(roster.removed.map((one) => [one.id, one])),
  };
}

function secretOf({ generation, secret, without }: Group): Secret {
  return { generation, secret, hash: secretHash(secret), without };
}

/** The part of it that is the group, under its name. */
export function groupOf({ group, secret, former }: Knowledge, name: string): Group {
  return { id: group, name, secret: secret.secret, generation: secret.generation, without: secret.without, former };
}

/** The part of it that is the roster. */
export function rosterOf({ roster, removed }: Knowledge): Roster {
  return { seen: [...roster.values()], removed: [...removed.values()] };
}

/** Whether anything is known that was not before, addresses and times of members aside. */
export function isNews(known: Knowledge, before: Knowledge): boolean {
  const { hash, without } = before.secret;
  if (known.secret.hash !== hash || known.secret.without !== without) return true;
  const sizes = ({ former, roster, removed }: Knowledge) => [former.length, roster.size, removed.size].join();
  return sizes(known) !== sizes(before);
}

/** A member as it is remembered; null for one that is no GroupShare program. */
export function seenOf({ id, name, host, addresses, peerPort }: MemberRecord, at: number): Seen | null {
  return id === null || peerPort === 0
    ? null
    : { id, name, hosts: [host, ...addresses].slice(0, 8), port: peerPort, seen: at };
}

/** Whether a member is where it was remembered, and was remembered not long before. */
export function isSame(one: Seen, known: Seen | undefined): boolean {
  if (known === undefined || known.name !== one.name || known.port !== one.port) return false;
  return one.seen - known.seen < SEEN_AGAIN && known.hosts.join() === one.hosts.join();
}

/** A member that stays is noted again after so long, in milliseconds: each time the roster is written. */
const SEEN_AGAIN = 3_600_000;

/** Members are looked for as long as they were seen in this time, in milliseconds. */
const MISSED_FOR = 30 * 24 * 3_600_000;

/** Whom to ask: those remembered who are not among `here`; and where it is not known who was removed, those who are. */
export function missed(known: Knowledge, here: ReadonlySet<string>, now: number): Seen[] {
  const wanted = isUnsure(known) ? () => true : ({ id }: Seen) => !here.has(id);
  return [...known.roster.values()].filter((one) => wanted(one) && one.seen > now - MISSED_FOR);
}
