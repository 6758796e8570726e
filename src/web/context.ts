import type { ServerResponse } from "node:http";
import type { Clock } from "../shared/clock.ts";
import type { Log } from "../shared/log.ts";
import type { Attempts } from "./auth/attempts.ts";
import type { Password } from "./auth/password.ts";
import type { Session, Sessions } from "./auth/sessions.ts";
import type { Bytes } from "./auth/tickets.ts";
import type { Needs } from "./needs.ts";

/** One asset of the page: a style sheet, a script, an icon. */
export interface Asset {
  readonly body: Uint8Array;
  /** Its media type, such as `text/css`. */
  readonly type: string;
}

export interface WebOptions {
  readonly needs: Needs;
  /** Finds an asset by its file name, such as `app.css`; null where there is none. */
  assets(name: string): Promise<Asset | null>;
  /** Where the page is, such as `http://127.0.0.1:7380`; asked only once it is listening. */
  origin(): string;
  /** What scripts show as `Authorization: Bearer`. */
  readonly apiToken: string;
  /**
   * Names under which the page is reached, with or without port, such as `localhost`; that of `origin` and IP addresses
   * always count. Looked at with each request.
   */
  readonly hosts: readonly string[];
  /** Who is let in; without, only memory has it. */
  readonly sessions?: Sessions;
  /** What people may log in with; without, only by a link. */
  readonly password?: Password | null;
  readonly log: Log;
  readonly clock: Clock;
}

/** What every handler gets. */
export interface Web extends WebOptions {
  readonly sessions: Sessions;
  readonly password: Password | null;
  readonly attempts: Attempts;
  /** Path of an asset, with a part that changes when its bytes may. */
  asset(name: string): string;
  /** What a link to bytes has in its query; undefined where nobody's page asks. */
  readonly ticket?: (kind: Bytes, path: string) => string;
}

/**
 * Who asks: a script with the API token, or a page with its session's cookie and token. "cookie": a browser with nothing
 * else, or a program on another port of this host that was sent it; it is told nothing.
 */
export type Caller =
  | { readonly by: "token" }
  | { readonly by: "session"; readonly session: Session }
  | { readonly by: "cookie" }
  | { readonly by: "nobody" };

export interface Env {
  Bindings: {
    /** From the server: tells it that the caller is known, so that under a flood its connection is not given up. */
    known?(): void;
    /** From the server: what the answer goes out by. */
    outgoing?: Pick<ServerResponse, "destroy" | "once">;
  };
  Variables: { caller: Caller };
}
