import type { LogLevel } from "../platform/log.ts";
import type { Endpoint } from "../shared/endpoint.ts";

/** An address to listen at; port 0 for any free one. */
export interface ListenAt extends Endpoint {
  /** Where the default port was meant, a taken one is no error: the next free one is used. */
  readonly isDefault: boolean;
}

/** How a member runs: all that flags, environment and configuration file say, checked and with defaults filled in. */
export interface NodeOptions {
  readonly headless: boolean;
  /** Display name. */
  readonly name: string;
  /** Start a group of this name. */
  readonly group: string | null;
  /** Join with this invite. */
  readonly invite: string | null;
  /** Further gossip addresses to try. */
  readonly join: readonly string[];
  readonly shares: readonly { readonly path: string; readonly name: string | null }[];
  readonly downloads: string;
  readonly dataDir: string;
  readonly gossip: ListenAt;
  readonly peer: ListenAt;
  /** null: no page and no API. */
  readonly ui: ListenAt | null;
  /** The address others should use. */
  readonly advertise: { readonly host: string; readonly port: number | null } | null;
  readonly logLevel: LogLevel;
}

export const DEFAULT_PORTS = { gossip: 7946, peer: 7948, ui: 7380 } as const;
