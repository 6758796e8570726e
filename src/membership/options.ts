import type { Clock } from "../shared/clock.ts";
import type { Endpoint } from "../shared/endpoint.ts";
import type { Log } from "../shared/log.ts";
import type { Random } from "../shared/random.ts";
import type { ProfileName } from "./core/profiles.ts";
import type { MemberMeta } from "./meta.ts";
import type { Announced } from "./rejoin.ts";
import type { Transport } from "./transport.ts";

export interface MembershipOptions {
  /** This member's name in gossip; never changes. */
  readonly wireName: string;
  /** Its further addresses are taken from `hosts`, where that is given. */
  readonly meta: MemberMeta;
  /** Hosts where this member answers requests now, the likeliest first; asked again and again. */
  readonly hosts?: () => readonly string[];
  /** Where to listen, on TCP and UDP; port 0 is any free one. */
  readonly bind: { readonly host: string; readonly port: number };
  /** What others should use; null: what is bound, or where that is every address, the one that a stream to them has. */
  readonly advertise: { readonly host: string; readonly port: number | null } | null;
  /** AES keys of 16, 24 or 32 bytes, the first one used to send; none: in clear. */
  readonly gossipKeys: readonly Uint8Array[];
  /** Told all keys after a change of the keyring. */
  readonly keysChanged?: (keys: readonly Uint8Array[]) => void;
  /** Those who announce on the network to be of this group. */
  readonly announced?: () => readonly Announced[];
  /** Somebody at this host speaks with a key that is not in the keyring. Anybody can cause it, as often as they like. */
  readonly unread?: (host: string) => void;
  /** Why a GroupShare member of this group is not let in all the same; null where it is. */
  readonly admits?: (meta: MemberMeta) => string | null;
  /**
   * Whether a member with this one's own key, but not this one itself, runs where somebody says so: to be found out
   * within seconds. Left out: it is believed, as befits a test without keys.
   */
  readonly proves?: (at: Endpoint, meta: MemberMeta) => Promise<boolean>;
  readonly profile: ProfileName;
  /** What rides on the protocol: it decides which clusters of others take us in. */
  readonly delegate: "serf" | "none";
  /** JSON: what must survive a restart. */
  readonly stateFile: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Stands between this member and its sockets, where a network is to be made worse than it is. */
  readonly through?: (sockets: Transport) => Transport;
}
