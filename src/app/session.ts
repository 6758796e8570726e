import { Hono } from "hono";
import { LRUCache } from "lru-cache";
import {
  type Announced,
  type GenerationMark,
  type MemberMeta,
  type MemberRecord,
  Membership,
  ownHosts,
} from "../membership/mod.ts";
import {
  type PeerAddresses,
  PeerClient,
  type PeerResponse,
  PeerServer,
  type Standing as PeerStanding,
} from "../peer/mod.ts";
import { connectTls } from "../platform/tls-client.ts";
import { type Clock, systemClock } from "../shared/clock.ts";
import { type Endpoint, endpointText } from "../shared/endpoint.ts";
import { GroupShareError } from "../shared/errors.ts";
import type { Log } from "../shared/log.ts";
import { systemRandom } from "../shared/random.ts";
import { VERSION } from "../shared/version.ts";
import type { Group, Identity } from "../trust/mod.ts";
import type { Profile } from "./data-dir.ts";
import type { NodeOptions } from "./options.ts";
import { openAtFreePort } from "./ports.ts";
import type { GossipKeys } from "./rotation/gossip-keys.ts";
import type { Rotation } from "./rotation/rotation.ts";

/** The exchange versions that this program speaks, lowest and highest. */
const EXCHANGE = [1, 1] as const;
/** Gossip and peer port move together, by more than what lies between them. */
const PORT_STEP = 4;

/** Where a member's own list stands: what it announces. */
export interface Standing {
  readonly epoch: string;
  readonly sequence: number;
  readonly entries: number;
  readonly bytes: number;
}

export interface SessionOptions {
  readonly node: NodeOptions;
  readonly group: Group;
  readonly identity: Identity;
  readonly profile: Profile;
  readonly standing: Standing;
  /** What other members may ask on the peer port. */
  readonly routes: readonly Hono[];
  readonly stateFile: string;
  readonly keys: GossipKeys;
  /** Secrets and roster of the group; null in a cluster, where whoever has the key is a member. */
  readonly rotation: Rotation | null;
  /** Those who announce on the network to be of this group. */
  announced(): readonly Announced[];
  readonly log: Log;
}

/** Where a member may be, and the wire name that says so; none for one that is not here. */
type Place = PeerAddresses & { readonly wireName?: string };

/** This member's time in one group: its place in the gossip, and the port where other members ask it. */
export class Session {
  readonly #first: Group;
  readonly membership: Membership;
  readonly #server: PeerServer;
  readonly #client: PeerClient;
  readonly #rotation: Rotation | null;
  /** Wire names of members under whose ids several say to be here: those that the keys were behind. */
  readonly #proven = new LRUCache<string, string>({ max: 1_024 });
  #dismissing = false;

  private constructor(options: SessionOptions, membership: Membership, server: PeerServer) {
    this.#first = options.group;
    this.membership = membership;
    this.#server = server;
    this.#rotation = options.rotation;
    this.#client = new PeerClient({ certificate: options.identity.certificate, connect: connectTls });
    membership.on("changed", () => server.review());
  }

  /** The group with its present secret. */
  get group(): Group {
    return this.#rotation?.group ?? this.#first;
  }

  /** Where other members ask this one. */
  get peer(): Endpoint {
    return { host: this.membership.address.host, port: this.#server.port };
  }

  /** Takes its ports and is a group of one, until `join`. */
  static async open(options: SessionOptions): Promise<Session> {
    const routes = new Hono();
    const open = options.rotation?.routes ?? new Hono();
    // What was handed on of a removed one's list is not any more.
    routes.use("/v1/catalog/:member", async (c, next) => {
      if (options.rotation?.trust.isRemoved(c.req.param("member"))) return c.text("this list is not here", 404);
      return await next();
    });
    for (const part of [...options.routes, open]) routes.route("/", part);
    let session: Session | null = null;
    const { certificate } = options.identity;
    const standing = (id: string) => session?.standing(id) ?? null;
    // Also of those who are not here now: one that slept must not wait behind a flood.
    const memberHosts = () => [
      ...(session?.others() ?? []).flatMap(({ host, addresses }) => [host, ...addresses]),
      ...(options.rotation?.roster.seen ?? []).flatMap(({ from, hosts }) => (from === null ? hosts : [])),
    ];
    const server = await openAtFreePort(options.node.peer, PORT_STEP, (at) =>
      PeerServer.listen(
        { certificate, routes, open, standing, memberHosts, connect: connectTls, log: options.log },
        at,
      ),
    );
    try {
      const shift = options.node.peer.isDefault ? server.port - options.node.peer.port : 0;
      const gossip = options.node.gossip.isDefault
        ? { ...options.node.gossip, port: options.node.gossip.port + shift }
        : options.node.gossip;
      const membership = await openAtFreePort(gossip, PORT_STEP, (at) => openMembership(options, at, server));
      session = new Session(options, membership, server);
      options.rotation?.attach(session);
      return session;
    } catch (thrown) {
      await server.close();
      throw thrown;
    }
  }

  /** Members that are here: alive or suspected, of this group, oneself left out. */
  others(): (MemberRecord & { readonly id: string })[] {
    return this.membership
      .members()
      .filter((member): member is MemberRecord & { readonly id: string } => member.id !== null && !member.self)
      .filter(({ state }) => state === "alive" || state === "suspect")
      .filter((member) => this.#rotation?.trust.trusts(member) ?? true);
  }

  /** The same, each id once: where several say to be one, the one that last proved it. */
  distinct(): (MemberRecord & { readonly id: string })[] {
    const byId = new Map<string, MemberRecord & { readonly id: string }>();
    for (const other of this.others()) {
      if (!byId.has(other.id) || this.#proven.get(other.id) === other.wireName) byId.set(other.id, other);
    }
    return [...byId.values()];
  }

  /** What the owner of this member id may ask on the peer port. */
  standing(id: string): PeerStanding {
    if (this.others().some((other) => other.id === id)) return "member";
    if (this.#dismissing && this.#rotation?.trust.isRemoved(id)) return null;
    return this.#rotation?.trust.standing(id) ?? null;
  }

  /** Ends all that those have open on the peer port who were removed, in the middle of an answer too. */
  dismiss(): void {
    this.#dismissing = true;
    this.#server.review();
    this.#dismissing = false;
  }

  /** Tells which of the group's secrets this member has. */
  announce(generation: GenerationMark): void {
    this.membership.announce({ generation });
  }

  /** GET on the peer port of a member that may not be here: where it is now, or else was last. */
  reach(member: PeerAddresses, path: string, init: { signal: AbortSignal }): Promise<PeerResponse> {
    const here = this.#places(member.id);
    return this.#get(here.length === 0 ? [member] : here, path, init);
  }

  /** GET on another member's peer port. */
  fetch(
    member: string,
    path: string,
    init: { headers?: Record<string, string>; signal: AbortSignal },
  ): Promise<PeerResponse> {
    const here = this.#places(member);
    if (here.length > 0) return this.#get(here, path, init);
    return Promise.reject(
      new GroupShareError("unreachable", `Cannot reach the member ${member.slice(0, 16)}: it is not here`),
    );
  }

  /** Where a member says to be. Others may say so too, under further names: where it last proved to be comes first. */
  #places(id: string): Place[] {
    const isProven = ({ wireName }: { wireName: string }): number => Number(this.#proven.get(id) === wireName);
    return this.others()
      .filter((other) => other.id === id)
      .sort((a, b) => isProven(b) - isProven(a))
      .map(({ wireName, name, host, addresses, peerPort }) => {
        return { id, name, hosts: [host, ...addresses], port: peerPort, wireName };
      });
  }

  /** Asks at each place until one answers as this member: its key decides which of them is true. */
  async #get(
    places: readonly Place[],
    path: string,
    init: { headers?: Record<string, string>; signal: AbortSignal },
  ): Promise<PeerResponse> {
    for (const [at, place] of places.entries()) {
      try {
        const response = await this.#client.get(place, path, init);
        if (places.length > 1 && place.wireName !== undefined) this.#proven.set(place.id, place.wireName);
        return response;
      } catch (thrown) {
        const elsewhere = thrown instanceof GroupShareError && thrown.code === "unreachable" && !init.signal.aborted;
        if (!elsewhere || at === places.length - 1) throw thrown;
      }
    }
    throw new Error("no place was asked");
  }

  /** Up to 8 gossip addresses that lead into the group: one's own first. */
  addresses(): string[] {
    const { host, port } = this.membership.address;
    return [endpointText({ host, port }), ...this.others().map((other) => endpointText(other))].slice(0, 8);
  }

  /** Says goodbye, unless another goes on under this name, then closes both ports. */
  async close({ goodbye = true } = {}): Promise<void> {
    if (goodbye) await this.membership.leave();
    await this.membership.stop();
    this.#client.close();
    await this.#server.close();
  }
}

function openMembership(
  options: SessionOptions,
  at: { host: string; port: number },
  server: PeerServer,
): Promise<Membership> {
  const { node, group, identity, standing, rotation, log } = options;
  const clock: Clock = systemClock;
  return Membership.open({
    wireName: options.profile.wireName,
    meta: {
      id: identity.memberId,
      groupId: group.id,
      peerPort: server.port,
      name: options.profile.name,
      ...standing,
      addresses: [],
      exchange: EXCHANGE,
      version: VERSION,
      ...(rotation === null ? {} : { generation: rotation.mark }),
    },
    ...(rotation === null ? {} : { admits: (meta: MemberMeta) => rotation.trust.admits(meta) }),
    bind: { host: at.host, port: at.port },
    hosts: () => hostsOf(node.peer.host),
    advertise: node.advertise,
    gossipKeys: options.keys.keys,
    keysChanged: (keys) => options.keys.changed(keys),
    announced: () => options.announced(),
    proves: ({ host }, { addresses, peerPort }) => server.runsAt([host, ...addresses], peerPort),
    unread: (host) => options.rotation?.unread(host),
    profile: node.profile,
    delegate: node.delegate,
    stateFile: options.stateFile,
    clock,
    random: systemRandom,
    log,
  });
}

/** The hosts where a port is reached that listens at this one. */
function hostsOf(host: string): string[] {
  return host === "0.0.0.0" || host === "::" ? ownHosts(host === "::").map((own) => own.host) : [host];
}
