import type { Address } from "../../src/membership/core/address.ts";
import type { Effect, Input } from "../../src/membership/core/effects.ts";
import { PROFILES, type Profile } from "../../src/membership/core/profiles.ts";
import type { Swim } from "../../src/membership/core/swim.ts";
import type { Timer } from "../../src/membership/core/timers.ts";
import { below, pick, type Random, seeded } from "../../src/shared/random.ts";
import { Agenda } from "./agenda.ts";
import { Air } from "./air.ts";
import { carry } from "./carry.ts";
import { Host } from "./host.ts";
import { addressFrom, addressOf, isKnown, presentFor, swimOf, wire } from "./member.ts";
import type { LanOptions } from "./options.ts";
import { rejoinOf, sightingOf } from "./rejoin.ts";
import { Streams } from "./streams.ts";

/** Datagrams that a stopped member's socket holds. */
const SOCKET_HOLDS = 1_000;
/** Datagrams read in one turn of the event loop, before timers that are due. */
const READ_FIRST = 32;
/** A network in memory, with its own time: a run is a pure function of its seed and of what is done to it. */
export class Lan {
  readonly agenda = new Agenda();
  readonly random: Random;
  readonly air: Air;
  readonly profile: Profile;
  readonly hosts: Host[] = [];
  readonly options: LanOptions;
  readonly #streams: Streams;
  readonly #byAddress = new Map<number, Host>();
  #settling = false;

  constructor(options: LanOptions) {
    this.options = options;
    this.random = seeded(options.seed);
    this.profile = { ...(options.profile ?? PROFILES.lan) };
    this.air = new Air(seeded(below(this.random, 2 ** 32)));
    this.#streams = new Streams(this);
  }

  get now(): number {
    return this.agenda.now;
  }

  /** A machine on which no member runs yet; its member has a name of its own, unless one is given. */
  add(name?: string): Host {
    const host = new Host(this.hosts.length, addressOf(this.hosts.length), name);
    this.hosts.push(host);
    this.#byAddress.set(keyOf(host.address), host);
    return host;
  }

  /** Starts a member, with so many bytes of meta; an earlier run is remembered as its state file would. */
  start(host: Host, meta = this.options.meta ?? 100): Swim {
    const random = seeded(below(this.random, 2 ** 32));
    const epoch = 1_700_000_000;
    host.incarnation = Math.max(epoch + Math.floor((this.now + host.wall) / 1_000), host.incarnation + 1_000);
    host.runs += 1;
    Object.assign(host, { condition: "well", leaving: false, steady: -this.now });
    host.packets.length = 0;
    host.inputs.length = 0;
    const swim = swimOf(host, this.profile, this.options, { random, meta });
    host.swim = swim;
    host.asked.clear();
    if (this.options.rejoin === true) host.rejoin = rejoinOf(this, host, random);
    this.feed(host, { kind: "start" });
    this.options.watch?.started?.(host);
    for (const address of host.rejoin?.everybody() ?? []) this.join(host, addressFrom(address));
    return swim;
  }

  /** So many members in one group, all alive for all; throws where that takes over a minute. */
  group(count: number): Host[] {
    const hosts = Array.from({ length: count }, () => this.add());
    for (const host of hosts) this.start(host);
    for (const host of hosts.slice(1)) this.join(host, pick(this.random, hosts.slice(0, host.index), 1)[0]?.address);
    this.until(() => this.agreed(), 60_000);
    return hosts;
  }

  /**
   * The same, but they have been together for a while: all know all, and no news is waiting. A large group that met at
   * this moment would first tell everything about everybody sixteen times over.
   */
  settled(count: number): Host[] {
    const hosts = Array.from({ length: count }, () => this.add());
    const usual = { ...this.profile };
    Object.assign(this.profile, { retransmitMult: 0, packetBudget: 60_000 });
    this.#settling = true;
    for (const host of hosts) this.start(host);
    const states = hosts.flatMap(({ swim }) => swim?.members() ?? []).filter(({ name }, i) => name === `m${i}`);
    const message = { kind: "push-pull", join: false, states, userState: new Uint8Array() } as const;
    for (const host of hosts) {
      this.feed(host, { kind: "asked", stream: -1, message });
      const ping = { kind: "ping", seq: 0, node: "", replyTo: null, source: "" } as const;
      while ((host.swim?.load.news ?? 0) > 0) {
        this.feed(host, { kind: "packet", from: host.address, messages: [ping] });
      }
    }
    this.#settling = false;
    Object.assign(this.profile, usual);
    return hosts;
  }

  join(host: Host, to: Address | undefined): void {
    if (to !== undefined) this.feed(host, { kind: "join", request: 1, to });
  }

  /** No goodbye, and nothing more from it. */
  crash(host: Host): void {
    host.swim = null;
    host.runs += 1;
    host.rejoin = null;
    host.outbox.length = 0;
  }

  /** Says goodbye, and stops when that is out. */
  leave(host: Host): void {
    if (host.swim === null) return;
    host.leaving = true;
    host.rejoin?.stop();
    this.feed(host, { kind: "leave", farewell: { kind: "user", bytes: Uint8Array.of(0) } });
  }

  /** Gives a machine another address, of which nobody is told yet. */
  move(host: Host, address: Address): void {
    this.#byAddress.delete(keyOf(host.address));
    host.address = address;
    this.#byAddress.set(keyOf(address), host);
  }

  /** Something is wrong with a machine for a while. `paused`: its steady clock does not count what it sleeps. */
  ail(host: Host, condition: Exclude<Host["condition"], "well">, ms: number, paused = false): void {
    if (host.swim === null || host.condition !== "well") return;
    host.condition = condition;
    const run = host.runs;
    this.agenda.after(ms, () => {
      if (host.runs !== run) return;
      host.condition = "well";
      if (condition !== "slow") this.#notice(host, ms, paused && condition === "asleep");
      this.#goOn(host);
    });
  }

  /** Its steady clock goes forward, as that of a virtual machine which was put away. */
  jump(host: Host, ms: number): void {
    host.steady += ms;
    if (this.options.lag === true) this.feed(host, { kind: "lag", ms });
  }

  at(address: Address): Host | undefined {
    return this.#byAddress.get(keyOf(address));
  }

  run(ms: number): void {
    this.agenda.run(ms);
  }

  /** Runs until it holds, asking now and then; returns how long that took, to 5 ms. Throws where it takes longer. */
  until(holds: () => boolean, limit: number, every = 5): number {
    const start = this.now;
    while (!holds()) {
      if (this.now - start >= limit) throw new Error(`seed ${this.options.seed}: not within ${limit} ms`);
      this.agenda.run(every);
    }
    return this.now - start;
  }

  running(): Host[] {
    return this.hosts.filter(({ swim }) => swim !== null);
  }

  /** All that run have all that run alive in their lists, as those are now, and nobody else. */
  agreed(): boolean {
    const running = this.running();
    return running.every(
      (host) => running.every((other) => isKnown(host, other)) && presentFor(host) === running.length,
    );
  }

  feed(host: Host, input: Input): void {
    const { condition, runs } = host;
    if (host.swim === null) return;
    if (condition === "well" || (condition === "slow" && input.kind === "timer")) this.#step(host, input);
    else if (input.kind !== "packet") host.inputs.push({ run: runs, input });
    else if (condition !== "asleep" && host.packets.length < SOCKET_HOLDS) host.packets.push(input);
  }

  #step(host: Host, given: Input): void {
    const { spoil, watch } = this.options;
    const input = spoil === undefined ? given : spoil(host, given, this.now);
    const { swim } = host;
    if (swim === null || input === null) return;
    const effects = swim.handle(this.now + host.steady, input);
    for (const effect of effects) if (host.swim === swim) this.#do(host, effect);
    if (host.swim === swim) watch?.stepped?.(host, swim);
  }

  #do(host: Host, effect: Effect): void {
    const { watch } = this.options;
    watch?.told?.(host, effect);
    switch (effect.kind) {
      case "send": {
        if (this.#settling) break;
        const go = (): void => this.#send(host, effect);
        if (host.condition === "slow") host.outbox.push(go);
        else go();
        break;
      }
      case "dial":
      case "say":
      case "hang-up": {
        const go = (): void => this.#streams.do(host, effect);
        if (host.condition === "slow") host.outbox.push(go);
        else go();
        break;
      }
      case "wake":
        this.#wake(host, effect.timer, effect.afterMs);
        break;
      case "changed":
        watch?.believed?.(host, effect.member, effect.before);
        host.rejoin?.changed(sightingOf(host, effect.member));
        break;
      case "joined":
        host.asked.get(effect.request)?.(effect.failed);
        host.asked.delete(effect.request);
        break;
      case "store":
        host.incarnation = effect.incarnation;
        break;
      case "left":
        host.goodbyes += 1;
        this.crash(host);
        break;
      default:
    }
  }

  #send(host: Host, effect: Extract<Effect, { kind: "send" }>): void {
    const { messages, bytes } = carry(effect, wire, this.options.encoded === true);
    host.sent += 1;
    host.bytes += bytes;
    this.options.watch?.sent?.(host, effect, bytes);
    const to = this.at(effect.to);
    if (to === undefined) return;
    const from = host.address;
    for (const ms of this.air.datagram(host.index, to.index)) {
      this.agenda.after(ms, () => {
        if (this.at(effect.to) === to) this.feed(to, { kind: "packet", from, messages });
      });
    }
  }

  #wake(host: Host, timer: Timer, ms: number): void {
    const run = host.runs;
    this.agenda.after(ms, () => {
      if (host.runs !== run) return;
      const early = timer.due - (this.now + host.steady);
      // A clock that stood still while the machine slept: its timers waited with it.
      if (early > 1 && host.condition !== "asleep") this.#wake(host, timer, early);
      else this.feed(host, { kind: "timer", timer });
    });
  }

  #notice(host: Host, ms: number, paused: boolean): void {
    if (paused) host.steady -= ms;
    if (this.options.lag === true) this.feed(host, { kind: "lag", ms });
    host.rejoin?.back();
  }

  /** What a member does first that could do nothing for a while: some datagrams, what was due, then the rest. */
  #goOn(host: Host): void {
    const packets = host.packets.splice(0);
    for (const input of packets.splice(0, READ_FIRST)) this.feed(host, input);
    for (const { run, input } of host.inputs.splice(0)) {
      if (run !== host.runs) continue;
      if (input.kind === "timer") this.#wake(host, input.timer, 0);
      else this.feed(host, input);
    }
    for (const go of host.outbox.splice(0)) go();
    for (const input of packets) this.agenda.after(0.1, () => this.feed(host, input));
  }
}

function keyOf({ host, port }: Address): number {
  return (((host[2] ?? 0) << 8) | (host[3] ?? 0)) * 65_536 + port;
}
