import { timingSafeEqual } from "node:crypto";
import { GroupShareError } from "../../shared/errors.ts";
import type { Session } from "./sessions.ts";

/** How long a link to bytes works at least. Milliseconds. */
const TICKET_LIFE = 12 * 3_600_000;
/** Links made within this time are the same, so that a list that is fetched anew changes nothing in the page. Milliseconds. */
const STEP = 3_600_000;

/** Where the bytes of a file are, or a folder's zip. */
export type Bytes = "files" | "archive";

/**
 * What a link to bytes says in its query, since a browser that follows it sends nothing but the cookie, which goes to every
 * port of the host: good for one path, one session and some hours. `now`: milliseconds since 1970.
 */
export function ticketFor(session: Session, kind: Bytes, path: string, now: number): string {
  const ends = (Math.ceil((now + TICKET_LIFE) / STEP) * STEP).toString(36);
  return `${ends}.${signature(session, kind, path, ends)}`;
}

/** Fails with "denied" where a ticket is not for this path and session, or too old. */
export function checkTicket(session: Session, kind: Bytes, path: string, ticket: string, now: number): void {
  const [, ends = "", given = ""] = /^([0-9a-z]{1,9})\.([\w-]{22})$/.exec(ticket) ?? [];
  const right = Buffer.from(signature(session, kind, path, ends));
  if (given !== "" && timingSafeEqual(Buffer.from(given), right) && Number.parseInt(ends, 36) > now) return;
  throw new GroupShareError("denied", "Cannot give this: the link to it is not this browser's, or too old", {
    hint: "find it on GroupShare's page and click it there",
  });
}

function signature(session: Session, kind: Bytes, path: string, ends: string): string {
  return session.sign(`${kind} ${ends} ${path.toWellFormed()}`);
}
