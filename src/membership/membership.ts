import { type Endpoint, endpointText } from "../shared/endpoint.ts";
import { Advertised } from "./advertise.ts";
import { Watch, wakefulClock } from "./awake.ts";
import { type Address, sameBytes } from "./core/address.ts";
import type { StreamMessage } from "./core/message.ts";
import type { Node } from "./core/nodes.ts";
import { Swim } from "./core/swim.ts";
import { toEndpoint } from "./endpoint.ts";
import { type ChangedListener, Herald, type RefusedListener } from "./herald.ts";
import { KnownIds } from "./ids.ts";
import { Keyring } from "./keyring.ts";
import { later } from "./later.ts";
import { encodeMeta, type MemberMeta } from "./meta.ts";
import type { MembershipOptions } from "./options.ts";
import { Pacer } from "./pacer.ts";
import { protocolOf } from "./protocol.ts";
import { Reach } from "./reach.ts";
import { type MemberRecord, Records } from "./records.ts";
import { Rejoin } from "./rejoin.ts";
import { type JoinResult, joinSeeds } from "./seeds.ts";
import { SerfClock } from "./serf.ts";
import { Shell, type ShellListener } from "./shell.ts";
import { type Kept, KeptState } from "./state.ts";
import { runsAt } from "./twin.ts";
import { openUdpTcp } from "./udp-tcp.ts";

/** Own news goes out at most this often. */
const ANNOUNCE_EVERY = 250;
/** The machine's addresses are looked at every so many beats of the watch: once a second. It takes a tenth of a millisecond. */
const BEATS_PER_LOOK = 4;
/** What an advertised name stands for is asked every so many beats: once in half a minute. */
const BEATS_PER_LOOKUP = 120;

/** Who is in the group. News are told after what they tell of is true, and never from inside a call. */
export class Membership {
  /** Keys of the gossip; changes hold at once. */
  readonly keyring: Keyring;
  readonly #options: MembershipOptions;
  readonly #transport: Reach;
  readonly #advertised: Advertised;
  readonly #kept: KeptState;
  readonly #serf: SerfClock | null;
  readonly #swim: Swim;
  readonly #shell: Shell;
  readonly #records: Records;
  readonly #rejoin: Rejoin;
  readonly #announcements: Pacer;
  readonly #herald: Herald;
  readonly #ids: KnownIds;
  readonly #joins = new Map<number, (failed: string | null) => void>();
  readonly #left = Promise.withResolvers<void>();
  readonly #elsewhere = Promise.withResolvers<Endpoint>();
  /** Resolves with the address where the same identity has proven to run, earlier than here: this one should stop. */
  readonly elsewhere = this.#elsewhere.promise;
  readonly #watch: Watch;
  #beats = 0;
  #meta: MemberMeta;
  #nextJoin = 1;
  #leaving = false;
  #stopped = false;

  private constructor(
    options: MembershipOptions,
    parts: { keyring: Keyring; transport: Reach; advertised: Advertised; kept: KeptState; started: Kept },
  ) {
    const { keyring, transport, advertised, kept, started } = parts;
    const { wireName, random, log } = options;
    const clock = wakefulClock(options.clock);
    this.keyring = keyring;
    this.#options = options;
    this.#transport = transport;
    this.#advertised = advertised;
    this.#kept = kept;
    this.#meta = { ...options.meta, began: Math.floor(clock.wall()) };
    this.#serf = options.delegate === "serf" ? new SerfClock(started.lamport) : null;
    this.#records = new Records(wireName, clock);
    this.#herald = new Herald(this.#records, log, () => clock.now());
    this.#ids = new KnownIds(started.ids, (ids) => void kept.keep({ ids }));
    const { config, wire } = protocolOf(options, keyring, this.#ids);
    const { tcpTimeout } = config.profile;
    const self = { address: advertised.current, meta: this.#metaNow(), incarnation: started.incarnation };
    this.#swim = new Swim(config, random, self);
    this.#shell = new Shell({ swim: this.#swim, transport, wire, tcpTimeout, clock, log, listener: this.#listener() });
    this.#rejoin = new Rejoin({
      met: started.met,
      keep: (met) => void kept.keep({ met }),
      ask: (addresses, told) => void this.join(addresses).then(({ joined }) => told(joined.length > 0)),
      announced: options.announced ?? (() => []),
      clock,
      after: later,
      random,
    });
    this.#announcements = new Pacer(ANNOUNCE_EVERY, () => this.#announceNow());
    this.#watch = new Watch(clock, {
      lag: (ms) => this.#shell.feed({ kind: "lag", ms }),
      woke: (ms) => this.#woke(ms),
      beat: () => {
        this.#beats += 1;
        if (this.#beats % BEATS_PER_LOOK === 0) this.#look();
        if (this.#beats % BEATS_PER_LOOKUP === 0) void this.#lookUp();
      },
    });
  }

  /** Takes its ports and is a group of one. Throws "in-use" naming the address where another program has the port. */
  static async open(options: MembershipOptions): Promise<Membership> {
    const keyring = new Keyring(options.gossipKeys, options.keysChanged);
    const sockets = await openUdpTcp(options.bind, options.log);
    const transport = new Reach(options.through?.(sockets) ?? sockets);
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
    return this.join(this.#rejoin.everybody());
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

  /** What others sent in vain, in numbers. */
  counters(): Readonly<Record<string, number>> {
    return this.#shell.counters;
  }

  /** All that are known, this member included; dead and left ones until they are forgotten, half a minute later. */
  members(): MemberRecord[] {
    return this.#swim.members().map((node) => this.#records.of(node));
  }

  /**
   * "changed": a member is new, or its state, address or meta changed; or this one refuted that it is not alive.
   * "refused": somebody is not let into the list.
   */
  on(news: "changed", listener: ChangedListener): void;
  on(news: "refused", listener: RefusedListener): void;
  on(...[news, listener]: ["changed", ChangedListener] | ["refused", RefusedListener]): void {
    if (news === "changed") this.#herald.onChanged(listener);
    else this.#herald.onRefused(listener);
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
    this.#ids.stop();
    await this.#kept.keep({ ids: this.#ids.list(), ...(this.#serf === null ? {} : { lamport: this.#serf.time }) });
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
      elsewhere: (at, meta) =>
        runsAt({ at, meta, own: this.#advertised, found: this.#elsewhere.resolve }, this.#options),
      refused: (name, at, why) => this.#herald.refused(name, at, why),
      refuted: (health) => this.#herald.refuted(this.#self, health),
      heard: (heard) => {
        const message = this.#serf?.answer(heard, this.#leaving ? null : this.#options.wireName) ?? null;
        if (message !== null) this.#shell.feed({ kind: "broadcast", message });
      },
      unread: (host) => this.#options.unread?.(host),
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
    void this.#lookUp();
    this.#rejoin.back();
  }

  /** Follows the addresses that the machine has now. */
  #look(): void {
    const address = this.#advertised.recheck();
    if (address !== null) this.#moveTo(address, "this machine has another address now");
    if (!sameBytes(this.#self?.meta ?? new Uint8Array(), this.#metaNow())) this.#announcements.ask();
  }

  /** Follows the name that is advertised. */
  async #lookUp(): Promise<void> {
    const address = await this.#advertised.lookAgain();
    if (address === null || this.#leaving || this.#stopped) return;
    this.#moveTo(address, "the name that this member advertises has another address now");
  }

  #moveTo(address: Address, why: string): void {
    const to = endpointText(toEndpoint(address));
    this.#options.log.info(why, { from: endpointText(this.address), to });
    this.#shell.feed({ kind: "address", address });
    this.#rejoin.back();
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
    const record = this.#herald.changed(member, before);
    if (record === null) return;
    if (record.id !== null && !record.self) this.#ids.see(record.wireName, record.id);
    this.#transport.learn(record);
    this.#rejoin.changed(record);
  }
}
