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
  /** Display name; null: as before, or after this computer. */
  readonly name: string | null;
  /** Start a group of this name. */
  readonly group: string | null;
  /** Join with this invite. */
  readonly invite: string | null;
  /** Further gossip addresses to try. */
  readonly join: readonly string[];
  readonly shares: readonly { readonly path: string; readonly name: string | null }[];
  /** Offer hidden files of those shares, too. */
  readonly hidden: boolean;
  /** Entries of all lists together that are kept. */
  readonly entries: number;
  readonly downloads: string;
  readonly dataDir: string;
  readonly gossip: ListenAt;
  readonly peer: ListenAt;
  /** null: no page and no API. */
  readonly ui: ListenAt | null;
  /** Holds the password of the page; null: none, and then it must listen to this machine alone. */
  readonly passwordFile: string | null;
  /** Certificate chain and key of the page, paths of files in PEM; null: plain HTTP. */
  readonly uiTls: { readonly cert: string; readonly key: string } | null;
  /** Names that people reach the page by, `host` or `host:port`, beside those that the machine has. */
  readonly uiNames: readonly string[];
  /** The address others should use. */
  readonly advertise: { readonly host: string; readonly port: number | null } | null;
  /** Keys of a cluster of others, first the primary, which is joined under the group's name; none: in clear. null: no cluster. */
  readonly gossipKeys: readonly Uint8Array[] | null;
  readonly delegate: "serf" | "none";
  readonly profile: "lan" | "wan" | "memberlist";
  /** Announce this member on the network, and find others there. */
  readonly discovery: boolean;
  readonly logLevel: LogLevel;
}

export const DEFAULT_PORTS = { gossip: 7946, peer: 7948, ui: 7380 } as const;
