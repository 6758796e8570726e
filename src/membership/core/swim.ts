import type { Random } from "../../shared/random.ts";
import type { Address } from "./address.ts";
import { type Config, Core, understandsCrc } from "./core.ts";
import type { Effect, Input } from "./effects.ts";
import { Exchange } from "./exchange.ts";
import { broadcast, Farewell } from "./farewell.ts";
import { pushPullInterval } from "./formulas.ts";
import { gossipTick } from "./gossip.ts";
import { announceSelf, hearAccusation, hearAlive, suspicionDue } from "./merge.ts";
import type { PacketMessage, Ping, UserMessage } from "./message.ts";
import { Namesake } from "./namesake.ts";
import type { Node } from "./nodes.ts";
import { Prober } from "./probe.ts";
import { Relay } from "./relay.ts";
import { Stall } from "./stall.ts";
import type { Timer } from "./timers.ts";

/** This member, as it first announces itself. */
export interface Own {
  readonly address: Address;
  readonly meta: Uint8Array;
  /** Above every one it used before, and above 0. */
  readonly incarnation: number;
}

/**
 * SWIM with Lifeguard as memberlist speaks it, as a step function: what happens goes in with the time it happens at,
 * wishes come out. No clock, no chance but the one given, no sockets; so a run is a pure function of its inputs.
 */
export class Swim {
  readonly #core: Core;
  readonly #prober: Prober;
  readonly #relay: Relay;
  readonly #exchange: Exchange;
  readonly #stall: Stall;
  readonly #farewell: Farewell;
  readonly #namesake: Namesake;
  readonly #own: Own;

  constructor(config: Config, random: Random, own: Own) {
    this.#core = new Core(config, random, own.incarnation);
    this.#own = own;
    this.#exchange = new Exchange(this.#core);
    this.#prober = new Prober(this.#core, (target, ping, timeout) =>
      this.#exchange.ping(target.address, ping, timeout),
    );
    this.#relay = new Relay(this.#core);
    this.#stall = new Stall(this.#core, this.#exchange);
    this.#farewell = new Farewell(this.#core);
    this.#namesake = new Namesake(this.#core);
  }

  /** All that are known, this member included, the dead and left until they are reaped. */
  members(): Node[] {
    return this.#core.nodes.all();
  }

  member(name: string): Node | undefined {
    return this.#core.nodes.get(name);
  }

  /** 0 is well. */
  get health(): number {
    return this.#core.health.score;
  }

  /** How much of each kind is held. All of it is bounded. */
  get load(): Readonly<Record<"members" | "news" | "riders" | "suspicions" | "timers" | "streams" | "helped", number>> {
    const { nodes, news, riders, suspicions, timers } = this.#core;
    const queues = { news: news.size, riders: riders.size };
    const held = { suspicions: suspicions.size, timers: timers.size, streams: this.#exchange.size };
    return { members: nodes.size, ...queues, ...held, helped: this.#relay.size };
  }

  /** One step. `now`: milliseconds that never go back. */
  handle(now: number, input: Input): Effect[] {
    this.#core.now = now;
    this.#stall.over(now - this.#core.roundDue);
    if (input.kind === "packet" || input.kind === "asked" || input.kind === "answered") this.#stall.heard();
    this.#step(input);
    return this.#core.take();
  }

  /** What a step that threw had come to wish before, which it did not return. */
  salvage(): Effect[] {
    return this.#core.take();
  }

  #step(input: Input): void {
    switch (input.kind) {
      case "start":
        this.#start();
        break;
      case "packet":
        for (const message of input.messages) this.#hear(message, input.from);
        break;
      case "timer":
        this.#due(input.timer);
        break;
      case "join":
        this.#exchange.join(input.request, input.to);
        break;
      case "connected":
        this.#exchange.connected(input.stream);
        break;
      case "answered":
        this.#exchange.answered(input.stream, input.message, this.#prober);
        break;
      case "failed":
        this.#exchange.failed(input.stream, input.why);
        break;
      case "asked":
        this.#exchange.asked(input.stream, input.message);
        break;
      case "unsent":
        this.#prober.unsent(input.seq);
        break;
      case "meta":
        this.#changeMeta(input.meta);
        break;
      case "address":
        this.#farewell.move(input.address);
        break;
      case "broadcast":
        broadcast(this.#core, input.message);
        break;
      case "tell":
        this.#tell(input.to, input.message);
        break;
      case "deliver":
        this.#exchange.deliver(input.request, input.to, input.message);
        break;
      case "lag":
        this.#stall.over(input.ms);
        break;
      case "unproven":
        this.#namesake.unproven(input.address);
        break;
      case "leave":
        this.#farewell.leave(input.farewell);
        break;
      default:
        input satisfies never;
    }
  }

  #start(): void {
    const core = this.#core;
    announceSelf(core, this.#own);
    const { probeInterval, gossipInterval, pushPullInterval: base } = core.config.profile;
    core.wake("probe", "", core.random.next() * probeInterval);
    core.wake("gossip", "", core.random.next() * gossipInterval);
    core.wake("push-pull", "", core.random.next() * pushPullInterval(base, core.nodes.size));
  }

  #hear(message: PacketMessage, from: Address): void {
    const core = this.#core;
    switch (message.kind) {
      case "ping":
        this.#answer(message, from);
        break;
      case "indirect-ping":
        this.#relay.help(message, from);
        break;
      case "ack":
        this.#prober.ack(message.seq);
        this.#relay.ack(message.seq);
        this.#namesake.ack(message.seq, from);
        break;
      case "nack":
        this.#prober.nack(message.seq);
        break;
      case "alive":
        hearAlive(core, message, from);
        break;
      case "suspect":
      case "dead":
        hearAccusation(core, message);
        break;
      case "user":
        core.do({ kind: "heard", message });
        break;
      default:
        message satisfies never;
    }
  }

  #answer(message: Ping, from: Address): void {
    if (message.node !== "" && message.node !== this.#core.config.name) return;
    if (this.#namesake.hears(message, from)) return;
    const ack = { kind: "ack", seq: message.seq, payload: new Uint8Array() } as const;
    this.#core.sendWithNews(message.replyTo ?? from, ack);
  }

  #due(timer: Timer): void {
    const core = this.#core;
    if (!core.timers.accept(timer)) return;
    const seq = Number(timer.key);
    switch (timer.kind) {
      case "probe":
        this.#prober.tick();
        break;
      case "gossip":
        gossipTick(core);
        break;
      case "push-pull":
        this.#exchange.tick();
        break;
      case "probe-direct":
        this.#prober.askOthers(seq);
        break;
      case "probe-end":
        this.#prober.due(seq);
        break;
      case "relay-nack":
        this.#relay.nack(seq);
        break;
      case "relay-end":
        this.#relay.end(seq);
        break;
      case "suspicion":
        suspicionDue(core, timer.key);
        break;
      case "farewell":
        this.#farewell.goodbye();
        break;
      case "namesake":
        this.#namesake.silent(timer.key);
        break;
      case "moved":
        this.#farewell.moved();
        break;
      case "leave-end":
        core.left();
        break;
      default:
        timer.kind satisfies never;
    }
  }

  #changeMeta(meta: Uint8Array): void {
    const core = this.#core;
    const self = core.self;
    if (self === undefined || core.leaving) return;
    if (core.moving === null) {
      core.raiseIncarnation();
      announceSelf(core, { address: self.address, meta });
    } else core.moving = { ...core.moving, meta };
  }

  #tell(to: string, message: UserMessage): void {
    const core = this.#core;
    const node = core.nodes.get(to);
    if (node === undefined) {
      core.note("debug", `cannot tell "${to}": it is not known`);
      return;
    }
    core.do({ kind: "send", to: node.address, parts: [core.encode(message)], crc: understandsCrc(node), probe: null });
  }
}
