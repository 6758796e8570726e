import assert from "node:assert/strict";
import type { Address } from "../../src/membership/core/address.ts";
import type { Effect, Input } from "../../src/membership/core/effects.ts";
import type { StreamMessage } from "../../src/membership/core/message.ts";
import type { Node } from "../../src/membership/core/nodes.ts";
import { PROFILES, type ProfileName } from "../../src/membership/core/profiles.ts";
import { Swim } from "../../src/membership/core/swim.ts";
import { encodeMessage } from "../../src/membership/wire/codec.ts";
import { packetOverhead, type Wire } from "../../src/membership/wire/layers.ts";
import { unwrapPacket, wrapPacket } from "../../src/membership/wire/packet.ts";
import { below, pick, type Random, seeded } from "../../src/shared/random.ts";

const wire: Wire = { keys: [new Uint8Array(16).fill(3)], label: new Uint8Array(), compress: false };
export const vsn = Uint8Array.of(1, 5, 2, 2, 5, 4);
export const addressOf = (index: number): Address => ({
  host: Uint8Array.of(10, 0, index >> 8, index & 0xff),
  port: 7_946,
});

export interface LanOptions {
  readonly seed: number;
  readonly profile?: ProfileName;
  /** Share of datagrams that are lost. */
  readonly loss?: number;
  /** What is in the way of a datagram from one member to another. */
  readonly blocked?: (from: string, to: string) => boolean;
}

export interface Host {
  readonly name: string;
  readonly address: Address;
  readonly swim: Swim;
  up: boolean;
  /** All that it said was so, in order. */
  readonly told: Node[];
  readonly joined: (string | null)[];
  left: number | null;
  packets: number;
}

interface Event {
  readonly at: number;
  readonly order: number;
  run(): void;
}

/** A network in memory, with its own time: a run is a pure function of its seed. */
export class Lan {
  now = 0;
  readonly hosts = new Map<string, Host>();
  readonly random: Random;
  readonly #options: LanOptions;
  readonly #streams = new Map<string, { host: Host; stream: number }>();
  #events: Event[] = [];
  #order = 0;
  #inbound = 0;

  constructor(options: LanOptions) {
    this.#options = options;
    this.random = seeded(options.seed);
  }

  add(name: string, more: { incarnation?: number; meta?: Uint8Array } = {}): Host {
    const profile = PROFILES[this.#options.profile ?? "lan"];
    const address = addressOf(this.hosts.size + 1);
    const config = {
      name,
      vsn,
      profile,
      layerOverhead: packetOverhead(wire),
      encode: encodeMessage,
      admit: () => null,
      veto: () => null,
      identity: () => null,
    };
    const own = { address, meta: more.meta ?? new Uint8Array(300), incarnation: more.incarnation ?? 1_000 };
    const swim = new Swim(config, seeded(below(this.random, 2 ** 32)), own);
    const host: Host = { name, address, swim, up: true, told: [], joined: [], left: null, packets: 0 };
    this.hosts.set(name, host);
    this.feed(host, { kind: "start" });
    return host;
  }

  /** So many members in one group, all alive for all. */
  group(count: number): Host[] {
    const hosts = Array.from({ length: count }, (_, i) => this.add(`m${i}`));
    for (const host of hosts.slice(1)) this.join(host, hosts[0] as Host);
    this.until(() => hosts.every((host) => this.alive(host).length === count), 10_000);
    return hosts;
  }

  join(host: Host, to: Host): void {
    this.feed(host, { kind: "join", request: 1, to: to.address });
  }

  feed(host: Host, input: Input): void {
    if (!host.up) return;
    for (const effect of host.swim.handle(this.now, input)) this.#do(host, effect);
  }

  /** Whom a host believes alive. */
  alive(host: Host): string[] {
    return host.swim
      .members()
      .filter(({ state }) => state === "alive")
      .map(({ name }) => name);
  }

  run(ms: number): void {
    const end = this.now + ms;
    while (this.#step(end));
    this.now = end;
  }

  /** Runs until the condition holds; returns how long that took. */
  until(holds: () => boolean, limit: number): number {
    const start = this.now;
    while (!holds()) {
      if (!this.#step(start + limit)) assert.fail(`not within ${limit} ms, seed ${this.#options.seed}`);
    }
    return this.now - start;
  }

  #step(end: number): boolean {
    const event = this.#events[0];
    if (event === undefined || event.at > end) return false;
    this.#events.shift();
    this.now = event.at;
    event.run();
    return true;
  }

  #after(ms: number, run: () => void): void {
    const event = { at: this.now + ms, order: this.#order++, run };
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#events[middle] as Event).at <= event.at) low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, event);
  }

  #at(address: Address): Host | undefined {
    return [...this.hosts.values()].find(({ address: { host } }) => host.every((byte, i) => byte === address.host[i]));
  }

  #do(host: Host, effect: Effect): void {
    switch (effect.kind) {
      case "send": {
        const bytes = effect.parts.map((part) => part.bytes);
        const packet = wrapPacket(bytes, wire, effect.crc);
        assert.ok(packet.length <= PROFILES[this.#options.profile ?? "lan"].packetBudget, `${packet.length} bytes`);
        host.packets += 1;
        const to = this.#at(effect.to);
        if (to === undefined || this.random.next() < (this.#options.loss ?? 0)) return;
        if (this.#options.blocked?.(host.name, to.name)) return;
        const { messages, refused } = unwrapPacket(packet, wire);
        assert.equal(refused, null);
        this.#after(0.2 + this.random.next(), () => this.feed(to, { kind: "packet", from: host.address, messages }));
        break;
      }
      case "dial": {
        const to = this.#at(effect.to);
        this.#after(0.5, () => {
          if (!to?.up) this.feed(host, { kind: "failed", stream: effect.stream, why: "nobody listens there" });
          else {
            this.#inbound -= 1;
            this.#streams.set(`${host.name} ${effect.stream}`, { host: to, stream: this.#inbound });
            this.#streams.set(`${to.name} ${this.#inbound}`, { host, stream: effect.stream });
            this.feed(host, { kind: "connected", stream: effect.stream });
          }
        });
        break;
      }
      case "say":
        this.#say(host, effect.stream, effect.message);
        break;
      case "wake":
        this.#after(effect.afterMs, () => this.feed(host, { kind: "timer", timer: effect.timer }));
        break;
      case "changed":
        host.told.push(effect.member);
        break;
      case "joined":
        host.joined.push(effect.failed);
        break;
      case "left":
        host.left = this.now;
        break;
      default:
    }
  }

  #say(host: Host, stream: number, message: StreamMessage): void {
    const other = this.#streams.get(`${host.name} ${stream}`);
    if (other === undefined) return;
    this.#after(0.5, () => {
      if (!other.host.up) this.feed(host, { kind: "failed", stream, why: "it hung up" });
      else this.feed(other.host, { kind: stream > 0 ? "asked" : "answered", stream: other.stream, message });
    });
  }
}

/** Some of the hosts, by this network's chance. */
export function some(lan: Lan, hosts: readonly Host[], count: number): Host[] {
  return pick(lan.random, hosts, count);
}
