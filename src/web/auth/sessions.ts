import { createHmac, hash, randomBytes } from "node:crypto";
import * as z from "zod";
import type { Clock } from "../../shared/clock.ts";
import { reason } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import { StateFile } from "../../shared/state-file.ts";
import { digestOf, type PasswordDigest } from "./password.ts";

/** How long a one-time link works. Milliseconds. */
const LINK_LIFE = 10 * 60_000;
/** How long a browser that does not come stays let in. Milliseconds. */
export const SESSION_LIFE = 30 * 24 * 3_600_000;
/** Ceilings, so that asking for links in a loop costs no memory. Counts. */
const MAX_LINKS = 64;
const MAX_SESSIONS = 256;
/** Only so often is it written down that a session is still used. Milliseconds. */
const NOTE_EVERY = 3_600_000;

/** A browser that was let in. */
export interface Session {
  /** SHA-256 of its cookie, as hex. */
  readonly id: string;
  /**
   * What its pages show beside the cookie, with all that reveals or changes anything: a browser sends the cookie to every
   * port of the host, and what is kept of the token in a page's storage to none.
   */
  readonly token: string;
  /** Aborted when it is logged out: streams of its pages end. */
  readonly ended: AbortSignal;
  /** A proof that only this program makes, for this session and this text: 22 characters. */
  sign(text: string): string;
}

/** What let a browser in: a changed password ends the sessions that the old one opened. */
type Way = "link" | "password";

interface Held {
  readonly way: Way;
  readonly end: AbortController;
  /** When it was last used, milliseconds since 1970; and as was written down. */
  used: number;
  noted: number;
}

const shape = z.object({
  sessions: z
    .array(z.object({ id: z.string().regex(/^[0-9a-f]{64}$/), way: z.enum(["link", "password"]), used: z.number() }))
    .max(MAX_SESSIONS),
  password: digestOf.nullable(),
  key: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});
type Stored = z.infer<typeof shape>;

/**
 * One-time links, in memory, and the sessions they open, which survive a restart. A cookie is kept only as its hash, and
 * the token of its pages is derived from it and a key: with the cookie alone nobody has the token, and whoever reads the
 * file, which has the key, has no cookie. A look-up by hash takes no longer for a near miss.
 */
export class Sessions {
  readonly #clock: Clock;
  readonly #links = new Map<string, number>();
  readonly #sessions = new Map<string, Held>();
  #key: string = randomBytes(32).toString("hex");
  #file: StateFile<Stored> | null = null;
  #log: Log | null = null;
  #password: PasswordDigest | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The sessions in a file, and from now on kept there. A damaged file is set aside. */
  static async open(path: string, clock: Clock, log: Log): Promise<Sessions> {
    const sessions = new Sessions(clock);
    const file = new StateFile(path, (value) => shape.parse(value));
    const stored = await file.read((message) => log.warn(message));
    // Without the key no browser's token is known, so none of them is let in.
    for (const { id, way, used } of stored?.key === undefined ? [] : stored.sessions) {
      sessions.#sessions.set(id, { way, used, noted: used, end: new AbortController() });
    }
    sessions.#password = stored?.password ?? null;
    sessions.#key = stored?.key ?? sessions.#key;
    sessions.#file = file;
    sessions.#log = log;
    return sessions;
  }

  /** Browsers that are let in. */
  get size(): number {
    return this.#sessions.size;
  }

  /** The digest of the password that these sessions know. */
  get password(): PasswordDigest | null {
    return this.#password;
  }

  /** From now on this is the password, or there is none. Ends the sessions that another one opened. */
  usePassword(digest: PasswordDigest | null): void {
    if (digest?.hash === this.#password?.hash && digest?.salt === this.#password?.salt) return;
    this.#password = digest;
    for (const [id, { way }] of this.#sessions) if (way === "password") this.#drop(id);
    this.#note();
  }

  /** The key of a new one-time link. Earlier links go on working. */
  link(): string {
    const key = secret();
    this.#links.set(fingerprint(key), this.#clock.now() + LINK_LIFE);
    for (const oldest of overflow(this.#links, MAX_LINKS)) this.#links.delete(oldest);
    return key;
  }

  /** The cookie of a new session for a link's key, which is used up; null where the key is unknown, old or used. */
  open(key: string): string | null {
    const ends = this.#links.get(fingerprint(key));
    this.#links.delete(fingerprint(key));
    return ends === undefined || ends < this.#clock.now() ? null : this.begin("link");
  }

  /** The cookie of a new session. */
  begin(way: Way): string {
    const cookie = secret();
    const now = this.#clock.wall();
    this.#sessions.set(fingerprint(cookie), { way, used: now, noted: now, end: new AbortController() });
    for (const oldest of overflow(this.#sessions, MAX_SESSIONS)) this.#drop(oldest);
    this.#note();
    return cookie;
  }

  /** The session of a cookie, whose life starts anew; null where there is none. */
  find(cookie: string): Session | null {
    const id = fingerprint(cookie);
    const found = this.#sessions.get(id);
    if (found === undefined) return null;
    const now = this.#clock.wall();
    if (found.used + SESSION_LIFE < now) {
      this.#drop(id);
      return null;
    }
    found.used = now;
    // Used last, it goes last.
    this.#sessions.delete(id);
    this.#sessions.set(id, found);
    if (now - found.noted > NOTE_EVERY) this.#note();
    return {
      id,
      token: this.#proof(`token ${cookie}`).toString("hex"),
      ended: found.end.signal,
      sign: (text) => this.#proof(`link ${id} ${text}`).subarray(0, 16).toString("base64url"),
    };
  }

  /** Logs one browser out, in all its tabs. */
  end(id: string): void {
    this.#drop(id);
    this.#note();
  }

  /** Logs every browser out; links that were not used yet work no more either. */
  endAll(): void {
    this.#links.clear();
    for (const id of this.#sessions.keys()) this.#drop(id);
    this.#note();
  }

  /** Resolves when all that happened so far is written down. */
  settled(): Promise<void> {
    return this.#writing;
  }

  /** HMAC-SHA-256 (RFC 2104) with the key. */
  #proof(text: string): Buffer {
    return createHmac("sha256", Buffer.from(this.#key, "hex")).update(text).digest();
  }

  #drop(id: string): void {
    const found = this.#sessions.get(id);
    this.#sessions.delete(id);
    found?.end.abort();
  }

  #note(): void {
    if (this.#file === null) return;
    const sessions = [...this.#sessions].map(([id, held]) => {
      held.noted = held.used;
      return { id, way: held.way, used: held.used };
    });
    this.#writing = this.#file
      .write({ sessions, password: this.#password, key: this.#key })
      .catch((thrown: unknown) => {
        this.#log?.warn("Cannot keep who is logged in over a restart", { error: reason(thrown) });
      });
  }
}

const secret = (): string => randomBytes(32).toString("base64url");
const fingerprint = (text: string): string => hash("sha256", text, "hex");

/** The keys that were put in first, so many that `most` stay. */
function overflow(map: ReadonlyMap<string, unknown>, most: number): string[] {
  return [...map.keys()].slice(0, Math.max(0, map.size - most));
}
