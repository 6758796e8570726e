import type { Clock } from "../shared/clock.ts";
import type { Log } from "../shared/log.ts";
import type { Session, Sessions } from "./auth/sessions.ts";
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
  /** Names under which the page is reached, with or without port, such as `localhost`; that of `origin` always counts. */
  readonly hosts: readonly string[];
  readonly log: Log;
  readonly clock: Clock;
}

/** What every handler gets. */
export interface Web extends WebOptions {
  readonly sessions: Sessions;
  /** Path of an asset, with a part that changes when its bytes may. */
  asset(name: string): string;
}

/** Who asks: a script with the token, or a page with its session. */
export type Caller =
  | { readonly by: "token" }
  | { readonly by: "session"; readonly session: Session }
  | { readonly by: "nobody" };

export interface Env {
  Variables: { caller: Caller };
}
