import type { Clock } from "../shared/clock.ts";
import type { Endpoint } from "../shared/endpoint.ts";
import { GroupShareError, reason } from "../shared/errors.ts";
import type { Log } from "../shared/log.ts";
import type { Random } from "../shared/random.ts";
import { admission } from "./admission.ts";
import { Advertised } from "./advertise.ts";
import { sameAddress, sameBytes } from "./core/address.ts";
import type { StreamMessage } from "./core/message.ts";
import type { Node } from "./core/nodes.ts";
import { PROFILES, type ProfileName } from "./core/profiles.ts";
import { Swim } from "./core/swim.ts";
import { toEndpoint } from "./endpoint.ts";
import { encodeMeta, type MemberMeta } from "./meta.ts";
import { Pacer } from "./pacer.ts";
import { type MemberRecord, Records } from "./records.ts";
import { Rejoin } from "./rejoin.ts";
import { type JoinResult, joinSeeds } from "./seeds.ts";
import { SerfClock } from "./serf.ts";
import { Shell, type ShellListener } from "./shell.ts";
import { type Kept, KeptState } from "./state.ts";
import type { Transport } from "./transport.ts";
import { openUdpTcp } from "./udp-tcp.ts";
import { encodeMessage } from "./wire/codec.ts";
import { packetOverhead, type Wire } from "./wire/layers.ts";
import { isKey } from "./wire/seal.ts";

export interface MembershipOptions {
  /** This member's name in gossip; never changes. */
  readonly wireName: string;
  readonly meta: MemberMeta;
  /** Where to listen, on TCP and UDP; port 0 is any free one. */
  readonly bind: { readonly host: string; readonly port: number };
  /** What others should use; null: what is bound, or where that is every address, the one that a stream to them has. */
  readonly advertise: { readonly host: string; readonly port: number | null } | null;
  /** AES keys of 16, 24 or 32 bytes, the first one used to send; none: in clear. */
  readonly gossipKeys: readonly Uint8Array[];
  readonly profile: ProfileName;
  /** What rides on the protocol: it decides which clusters of others take us in. */
  readonly delegate: "serf" | "none";
  /** JSON: what must survive a restart. */
  readonly stateFile: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** What a member last said of itself, and what it said before; null: it was not known. */
export type ChangedListener = (member: MemberRecord, before: MemberRecord | null) => void;

/** `[pMin, pMax, pCur, dMin, dMax, dCur]`: memberlist's protocol, and Serf's or none on it (DESIGN §6). */
const VSN = { serf: [1, 5, 2, 2, 5, 4], none: [1, 5, 2, 0, 0, 0] } as const;
/** Own news goes out at most this often. */
const ANNOUNCE_EVERY = 250;

/** Who is in the group. News are told after what they tell of is true, and never from inside a call. */
export class Membership {
  readonly #options: MembershipOptions;
  readonly #transport: Transport;
  readonly #advertised: Advertised;
  readonly #kept: KeptState;
  readonly #serf: SerfClock | null;
  readonly #swim: Swim;
  readonly #shell: Shell;
  readonly #records: Records;
  readonly #rejoin: Rejoin;
  readonly #announcements: Pacer;
  readonly #listeners: ChangedListener[] = [];
  readonly #joins = new Map<number, (failed: string | null) => void>();
  readonly #left = Promise.withResolvers<void>();
  #meta: MemberMeta;
  #nextJoin = 1;
  #leaving = false;
  #stopped = false;

  private constructor(
    options: MembershipOptions,
    parts: { transport: Transport; advertised: Advertised; kept: KeptState; started: Kept },
  ) {
    this.#options = options;
    this.#transport = parts.transport;
    this.#advertised = parts.advertised;
    this.#kept = parts.kept;
    this.#meta = options.meta;
    this.#serf = options.delegate === "serf" ? new SerfClock(parts.started.lamport) : null;
    this.#records = new Records(options.wireName, options.clock);
    const profile = PROFILES[options.profile];
    const wire: Wire = { keys: options.gossipKeys, label: new Uint8Array(), compress: false };
    this.#swim = new Swim(
      {
        name: options.wireName,
        vsn: Uint8Array.from(VSN[options.delegate]),
        profile,
        layerOverhead: packetOverhead(wire),
        encode: encodeMessage,
        ...admission(options.meta.groupId),
      },
      options.random,
      { address: parts.advertised.first, meta: encodeMeta(options.meta), incarnation: parts.started.incarnation },
    );
    const { clock, log } = options;
    const [swim, transport, tcpTimeout] = [this.#swim, parts.transport, profile.tcpTimeout];
    this.#shell = new Shell({ swim, transport, wire, tcpTimeout, clock, log, listener: this.#listener() });
    this.#rejoin = new Rejoin({
      met: parts.started.met,
      keep: (met) => void parts.kept.keep({ met }),
      join: (seeds) => this.join(seeds),
      wall: () => clock.wall(),
      random: options.random,
    });
    this.#announcements = new Pacer(ANNOUNCE_EVERY, () => this.#announceNow());
  }

  /** Takes its ports and is a group of one. Throws "in-use" naming the address where another program has the port. */
  static async open(options: MembershipOptions): Promise<Membership> {
    if (!options.gossipKeys.every(isKey)) {
      throw new GroupShareError("invalid", "Cannot encrypt gossip: a key is not 16, 24 or 32 bytes long");
    }
    const transport = await openUdpTcp(options.bind, options.log);
    try {
      const advertised = await Advertised.of(transport.bound, options.advertise);
      const kept = new KeptState(options.stateFile, options.meta.groupId, options.log);
      const started = await kept.open(options.clock.wall());
      const membership = new Membership(options, { transport, advertised, kept, started });
      membership.#shell.start();
      return membership;
    } catch (thrown) {
      await transport.close();
      throw thrown;
    }
  }

  /** What others are told to use. May change when the first list is exchanged. */
  get address(): Endpoint {
    return toEndpoint(this.#swim.member(this.#options.wireName)?.address ?? this.#advertised.first);
  }

  /** Becomes one group with whoever is at each of these: "host", "host:port" or "[v6]:port". Never rejects. */
  join(seeds: readonly string[]): Promise<JoinResult> {
    return joinSeeds(seeds, this.#transport.v6, async (to) => {
      const self = this.#swim.member(this.#options.wireName);
      if (self !== undefined && sameAddress(self.address, to)) return "it is this member itself";
      if (this.#stopped || this.#leaving) return "this member is leaving";
      const request = this.#nextJoin++;
      const { promise, resolve } = Promise.withResolvers<string | null>();
      this.#joins.set(request, resolve);
      this.#shell.feed({ kind: "join", request, to });
      return promise;
    });
  }

  /** Joins those whom this member was with when it last ran. Those who are missing are looked for without being asked to. */
  rejoin(): Promise<JoinResult> {
    return this.#rejoin.again();
  }

  /** Says what changed of this member: the first change at once, further ones together, 250 ms later at most. */
  announce(change: Partial<MemberMeta>): void {
    this.#meta = { ...this.#meta, ...change };
    if (!this.#leaving && !this.#stopped) this.#announcements.ask();
  }

  /** All that are known, this member included; dead and left ones until they are forgotten, half a minute later. */
  members(): MemberRecord[] {
    return this.#swim.members().map((node) => this.#records.of(node));
  }

  /** A member is new, or its state, address or meta changed. */
  on(_news: "changed", listener: ChangedListener): void {
    this.#listeners.push(listener);
  }

  /** Says goodbye, and resolves when that is out, after a second at the latest. Still answers until `stop`. */
  async leave(): Promise<void> {
    if (this.#stopped) return;
    if (!this.#leaving) {
      this.#leaving = true;
      this.#rejoin.stop();
      this.#announcements.stop();
      const farewell = this.#serf?.leaveIntent(this.#options.wireName) ?? null;
      this.#shell.feed({ kind: "leave", farewell });
      if (this.#serf !== null) await this.#kept.keep({ lamport: this.#serf.time });
    }
    await this.#left.promise;
  }

  /** Closes the ports; without `leave` before, others find out by themselves. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#rejoin.stop();
    this.#announcements.stop();
    this.#left.resolve();
    await this.#shell.close();
    for (const resolve of this.#joins.values()) resolve("this member is leaving");
    this.#joins.clear();
    await this.#kept.keep(this.#serf === null ? {} : { lamport: this.#serf.time });
  }

  #listener(): ShellListener {
    return {
      changed: (member, before) => this.#changed(member, before),
      joined: (request, failed) => {
        if (failed === null) this.#advertised.confirm();
        this.#joins.get(request)?.(failed);
        this.#joins.delete(request);
      },
      left: () => this.#left.resolve(),
      heard: (message) => {
        if (this.#serf?.hear(message)) this.#shell.feed({ kind: "broadcast", message });
      },
      heardState: (state) => this.#serf?.hearState(state),
      store: (incarnation) => void this.#kept.keep({ incarnation }),
      met: (local, message) => this.#met(local, message),
    };
  }

  /** A stream that may make this member part of a group shows which address others see. */
  #met(local: Endpoint, message: StreamMessage | null): void {
    const self = this.#swim.member(this.#options.wireName);
    if (self === undefined || this.#leaving || (message !== null && message.kind !== "push-pull")) return;
    const address = this.#advertised.adopt(local, self.address);
    if (address !== null) this.#shell.feed({ kind: "address", address });
    if (message !== null) this.#advertised.confirm();
  }

  #announceNow(): void {
    const meta = encodeMeta(this.#meta);
    const self = this.#swim.member(this.#options.wireName);
    if (self !== undefined && !sameBytes(self.meta, meta)) this.#shell.feed({ kind: "meta", meta });
  }

  #changed(member: Node, before: Node | null): void {
    if (before !== null && before.state === member.state) {
      if (sameAddress(before.address, member.address) && sameBytes(before.meta, member.meta)) return;
    }
    const records = [this.#records.of(member), before === null ? null : this.#records.of(before)] as const;
    this.#log(...records);
    this.#rejoin.changed(records[0]);
    queueMicrotask(() => {
      for (const listener of this.#listeners) {
        try {
          listener(...records);
        } catch (thrown) {
          this.#options.log.error("a listener to membership failed", { why: reason(thrown) });
        }
      }
    });
  }

  #log(member: MemberRecord, before: MemberRecord | null): void {
    if (member.self || member.state === before?.state) return;
    const { wireName, name, state, incarnation } = member;
    const came = state === "alive" && (before === null || before.state === "dead" || before.state === "left");
    const fields = { member: wireName, name, state, incarnation, was: before?.state ?? null };
    this.#options.log.info(came ? "a member joined" : `a member is ${state}`, fields);
  }
}
