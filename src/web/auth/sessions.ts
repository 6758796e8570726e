import { hash, randomBytes } from "node:crypto";
import type { Clock } from "../../shared/clock.ts";

/** How long a one-time link works. Milliseconds. */
const LINK_LIFE = 10 * 60_000;
/** How long a page that is not used stays let in. Milliseconds. */
export const SESSION_LIFE = 30 * 24 * 3_600_000;
/** Ceilings, so that asking for links in a loop costs no memory. Counts. */
const MAX_LINKS = 64;
const MAX_SESSIONS = 256;

/** A browser that was let in. */
export interface Session {
  /** Sent back by its pages with every unsafe request, since other ports' pages share its cookie. */
  readonly token: string;
}

/**
 * One-time links and the sessions they open. Both are kept only as hashes, in memory: a restart ends them.
 * A look-up by hash takes no longer for a near miss.
 */
export class Sessions {
  readonly #clock: Clock;
  readonly #links = new Map<string, number>();
  readonly #sessions = new Map<string, { session: Session; ends: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The key of a new one-time link. Earlier links go on working. */
  link(): string {
    const key = secret();
    this.#links.set(fingerprint(key), this.#clock.now() + LINK_LIFE);
    trim(this.#links, MAX_LINKS);
    return key;
  }

  /** The cookie of a new session for a link's key, which is used up; null where the key is unknown, old or used. */
  open(key: string): string | null {
    const ends = this.#links.get(fingerprint(key));
    this.#links.delete(fingerprint(key));
    if (ends === undefined || ends < this.#clock.now()) return null;
    const cookie = secret();
    this.#sessions.set(fingerprint(cookie), {
      session: { token: secret() },
      ends: this.#clock.now() + SESSION_LIFE,
    });
    trim(this.#sessions, MAX_SESSIONS);
    return cookie;
  }

  /** The session of a cookie, whose life starts anew; null where there is none. */
  find(cookie: string): Session | null {
    const id = fingerprint(cookie);
    const found = this.#sessions.get(id);
    this.#sessions.delete(id);
    if (found === undefined || found.ends < this.#clock.now()) return null;
    this.#sessions.set(id, { session: found.session, ends: this.#clock.now() + SESSION_LIFE });
    return found.session;
  }
}

const secret = (): string => randomBytes(32).toString("base64url");
const fingerprint = (text: string): string => hash("sha256", text, "hex");

/** Drops what was put in, or used, longest ago. */
function trim(map: Map<string, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
}
