import { isIPv6 } from "node:net";
import { ownHosts } from "../membership/mod.ts";
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
  readonly downloads: string;
  readonly dataDir: string;
  readonly gossip: ListenAt;
  readonly peer: ListenAt;
  /** null: no page and no API. */
  readonly ui: ListenAt | null;
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

/** Where to listen for every address: IPv4, or both kinds where this machine has only IPv6. */
export function everyHost(): string {
  const hosts = ownHosts(true);
  return hosts.length > 0 && hosts.every(({ host }) => isIPv6(host)) ? "::" : "0.0.0.0";
}

export const DEFAULT_PORTS = { gossip: 7946, peer: 7948, ui: 7380 } as const;
