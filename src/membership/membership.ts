import { type Endpoint, endpointText } from "../shared/endpoint.ts";
import { reason } from "../shared/errors.ts";
import { admission } from "./admission.ts";
import { Advertised } from "./advertise.ts";
import { Watch, wakefulClock } from "./awake.ts";
import { sameBytes } from "./core/address.ts";
import type { StreamMessage } from "./core/message.ts";
import type { Node } from "./core/nodes.ts";
import { PROFILES } from "./core/profiles.ts";
import { Swim } from "./core/swim.ts";
import { toEndpoint } from "./endpoint.ts";
import { Keyring } from "./keyring.ts";
import { encodeMeta, type MemberMeta } from "./meta.ts";
import { eventOf, logEvent, type MemberEvent, sameBelief } from "./news.ts";
import type { MembershipOptions } from "./options.ts";
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

/** What a member last said of itself, what it said before (null: it was not known), and what that means. */
export type ChangedListener = (member: MemberRecord, before: MemberRecord | null, event: MemberEvent | null) => void;

/** `[pMin, pMax, pCur, dMin, dMax, dCur]`: memberlist's protocol, and Serf's or none on it (DESIGN §6). */
const VSN = { serf: [1, 5, 2, 2, 5, 4], none: [1, 5, 2, 0, 0, 0] } as const;
/** Own news goes out at most this often. */
const ANNOUNCE_EVERY = 250;
/** The machine's addresses are looked at every so many beats of the watch: once a second. It takes a tenth of a millisecond. */
const BEATS_PER_LOOK = 4;

/** Who is in the group. News are told after what they tell of is true, and never from inside a call. */
export class Membership {
  /** Keys of the gossip; changes hold at once. */
  readonly keyring: Keyring;
  /** Resolves with the address where the same identity was found running, earlier than here: this one should stop. */
  readonly elsewhere: Promise<Endpoint>;
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
  readonly #elsewhere = Promise.withResolvers<Endpoint>();
  readonly #watch: Watch;
  #beats = 0;
  #meta: MemberMeta;
  #nextJoin = 1;
  #leaving = false;
  #stopped = false;

  private constructor(
    options: MembershipOptions,
    parts: { keyring: Keyring; transport: Transport; advertised: Advertised; kept: KeptState; started: Kept },
  ) {
    const { keyring, transport, advertised, kept, started } = parts;
    const { wireName, random, log } = options;
    const clock = wakefulClock(options.clock);
    this.keyring = keyring;
    this.elsewhere = this.#elsewhere.promise;
    this.#options = options;
    this.#transport = transport;
    this.#advertised = advertised;
    this.#kept = kept;
    this.#meta = options.meta;
    this.#serf = options.delegate === "serf" ? new SerfClock(started.lamport) : null;
    this.#records = new Records(wireName, clock);
    const profile = PROFILES[options.profile];
    const wire: Wire = {
      get keys() {
        return keyring.list();
      },
      label: new Uint8Array(),
      compress: false,
    };
    this.#swim = new Swim(
      {
        name: wireName,
        vsn: Uint8Array.from(VSN[options.delegate]),
        profile,
        layerOverhead: packetOverhead(wire),
        encode: encodeMessage,
        ...admission(options.meta.groupId),
      },
      random,
      { address: advertised.current, meta: this.#metaNow(), incarnation: started.incarnation },
    );
    const { tcpTimeout } = profile;
    this.#shell = new Shell({ swim: this.#swim, transport, wire, tcpTimeout, clock, log, listener: this.#listener() });
    this.#rejoin = new Rejoin({
      met: started.met,
      keep: (met) => void kept.keep({ met }),
      join: (seeds) => this.join(seeds),
      announced: options.announced ?? (() => []),
      wall: () => clock.wall(),
      random,
    });
    this.#announcements = new Pacer(ANNOUNCE_EVERY, () => this.#announceNow());
    this.#watch = new Watch(clock, {
      lag: (ms) => this.#shell.feed({ kind: "lag", ms }),
      woke: (ms) => this.#woke(ms),
      beat: () => {
        this.#beats += 1;
        if (this.#beats % BEATS_PER_LOOK === 0) this.#look();
      },
    });
  }

  /** Takes its ports and is a group of one. Throws "in-use" naming the address where another program has the port. */
  static async open(options: MembershipOptions): Promise<Membership> {
    const keyring = new Keyring(options.gossipKeys, options.keysChanged);
    const sockets = await openUdpTcp(options.bind, options.log);
    const transport = options.through?.(sockets) ?? sockets;
    try {
      const advertised = await Advertised.of(transport.bound, options.advertise);
      const kept = new KeptState(options.stateFile, options.meta.groupId, options.log);
      const started = await kept.open(options.clock.wall());
      const membership = new Membership(options, { keyring, transport, advertised, kept, started });
      membership.#shell.start();
      return membership;
    } catch (thrown) {
      await transport.close();
      throw thrown;
    }
  }

  /** What others are told to use. May change when the first list is exchanged. */
  get address(): Endpoint {
    return toEndpoint(this.#self?.address ?? this.#advertised.current);
  }

  /** Where gossip is listened for, whatever is advertised. */
  get bound(): Endpoint {
    return this.#transport.bound;
  }

  /** Becomes one group with whoever is at each of these: "host", "host:port" or "[v6]:port". Never rejects. */
  join(seeds: readonly string[]): Promise<JoinResult> {
    return joinSeeds(seeds, this.#transport.v6, async (to) => {
      if (this.#advertised.leadsHere(to)) return "it is this member itself";
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

  /** There may be somebody new in what `announced` tells, or at these seeds: they are asked for as long as nobody is here. */
  seek(seeds: readonly string[] = []): void {
    this.#rejoin.seek(seeds);
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

  /** A member is new, or its state, address or meta changed; or this one refuted that it is not alive. */
  on(_news: "changed", listener: ChangedListener): void {
    this.#listeners.push(listener);
  }

  /** Says goodbye, and resolves when that is out, after a second at the latest. Still answers until `stop`. */
  async leave(): Promise<void> {
    if (this.#stopped) return;
    if (!this.#leaving) {
      this.#leaving = true;
      this.#watch.stop();
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
    this.#watch.stop();
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
      elsewhere: (at) => {
        if (!this.#advertised.leadsHere(at)) this.#elsewhere.resolve(toEndpoint(at));
      },
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
    if (this.#leaving || (message !== null && message.kind !== "push-pull")) return;
    const address = this.#advertised.adopt(local);
    if (address !== null) this.#shell.feed({ kind: "address", address });
    if (message !== null) this.#advertised.confirm();
  }

  /** The program did not run for so long: for the others this member is dead by now, and its network may be another. */
  #woke(afterMs: number): void {
    this.#options.log.info("this member did not run for a while, and looks for the others again", {
      ms: Math.round(afterMs),
    });
    this.#look();
    this.#rejoin.back();
  }

  /** Follows the addresses that the machine has now. */
  #look(): void {
    const address = this.#advertised.recheck();
    if (address !== null) {
      const to = endpointText(toEndpoint(address));
      this.#options.log.info("this machine has another address now", { from: endpointText(this.address), to });
      this.#shell.feed({ kind: "address", address });
      this.#rejoin.back();
    }
    if (!sameBytes(this.#self?.meta ?? new Uint8Array(), this.#metaNow())) this.#announcements.ask();
  }

  /** What this member says of itself, with the hosts it has beside the advertised one. */
  #metaNow(): Uint8Array {
    const { hosts } = this.#options;
    const meta = hosts === undefined ? {} : { addresses: this.#advertised.further(hosts()) };
    return encodeMeta({ ...this.#meta, ...meta });
  }

  get #self(): Node | undefined {
    return this.#swim.member(this.#options.wireName);
  }

  #announceNow(): void {
    const meta = this.#metaNow();
    if (!sameBytes(this.#self?.meta ?? meta, meta)) this.#shell.feed({ kind: "meta", meta });
  }

  #changed(member: Node, before: Node | null): void {
    const event = eventOf(member, before, member.name === this.#options.wireName);
    if (event === null && sameBelief(member, before)) return;
    const records = [this.#records.of(member), before === null ? null : this.#records.of(before)] as const;
    logEvent(this.#options.log, event, ...records);
    this.#rejoin.changed(records[0]);
    queueMicrotask(() => {
      for (const listener of this.#listeners) {
        try {
          listener(...records, event);
        } catch (thrown) {
          this.#options.log.error("a listener to membership failed", { why: reason(thrown) });
        }
      }
    });
  }
}
