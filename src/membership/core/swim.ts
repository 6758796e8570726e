import type { Random } from "../../shared/random.ts";
import type { Address } from "./address.ts";
import { type Config, Core } from "./core.ts";
import type { Effect, Input } from "./effects.ts";
import { Exchange } from "./exchange.ts";
import { pushPullInterval } from "./formulas.ts";
import { flush, gossipTick } from "./gossip.ts";
import { announceSelf, hearAccusation, hearAlive, suspicionDue } from "./merge.ts";
import type { PacketMessage, Ping, UserMessage } from "./message.ts";
import { isPresent, type Node } from "./nodes.ts";
import { Prober } from "./probe.ts";
import { Relay } from "./relay.ts";
import type { Timer } from "./timers.ts";

/** This member, as it first announces itself. */
export interface Own {
  readonly address: Address;
  readonly meta: Uint8Array;
  /** Above every one it used before, and above 0. */
  readonly incarnation: number;
}

/** Between what is said before the goodbye and the goodbye: receivers may take what comes together in any order. */
const FAREWELL_AHEAD = 60;
/** A goodbye takes no longer, whatever was not sent by then. */
const LEAVE_LIMIT = 1_000;

/**
 * SWIM with Lifeguard as memberlist speaks it, as a step function: what happens goes in with the time it happens at,
 * wishes come out. No clock, no chance but the one given, no sockets; so a run is a pure function of its inputs.
 */
export class Swim {
  readonly #core: Core;
  readonly #prober: Prober;
  readonly #relay: Relay;
  readonly #exchange: Exchange;
  readonly #own: Own;
  #lagAt = Number.NEGATIVE_INFINITY;

  constructor(config: Config, random: Random, own: Own) {
    this.#core = new Core(config, random, own.incarnation);
    this.#own = own;
    this.#exchange = new Exchange(this.#core);
    this.#prober = new Prober(this.#core, (target, ping, timeout) =>
      this.#exchange.ping(target.address, ping, timeout),
    );
    this.#relay = new Relay(this.#core);
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

  /** One step. `now`: milliseconds that never go back. */
  handle(now: number, input: Input): Effect[] {
    this.#core.now = now;
    this.#step(input);
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
        this.#announce({ meta: input.meta });
        break;
      case "address":
        this.#announce({ address: input.address });
        break;
      case "broadcast":
        this.#broadcast(input.message);
        break;
      case "leave":
        this.#leave(input.farewell);
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
        break;
      case "nack":
        this.#prober.nack(message.seq);
        break;
      case "alive":
        hearAlive(core, message);
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
    const ack = { kind: "ack", seq: message.seq, payload: new Uint8Array() } as const;
    this.#core.sendWithNews(message.replyTo ?? from, ack);
  }

  #due(timer: Timer): void {
    const core = this.#core;
    if (!core.timers.accept(timer)) return;
    const late = core.now - timer.due;
    this.#feel(late);
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
        this.#prober.due(seq, late);
        break;
      case "relay-nack":
        this.#relay.nack(seq);
        break;
      case "relay-end":
        this.#relay.end(seq);
        break;
      case "suspicion":
        suspicionDue(core, timer.key, late);
        break;
      case "farewell":
        this.#goodbye();
        break;
      case "leave-end":
        core.left();
        break;
      default:
        timer.kind satisfies never;
    }
  }

  /** A timer heard late tells that this member is slow: it should not be quick to call others dead. */
  #feel(late: number): void {
    const core = this.#core;
    const { probeTimeout, probeInterval } = core.config.profile;
    if (late <= probeTimeout || core.now - this.#lagAt < probeInterval) return;
    this.#lagAt = core.now;
    core.health.apply(1);
    core.note("debug", "timers come late", { late: Math.round(late), health: core.health.score });
  }

  #announce(change: Partial<Pick<Own, "address" | "meta">>): void {
    const core = this.#core;
    const self = core.self;
    if (self === undefined || core.leaving) return;
    core.raiseIncarnation();
    announceSelf(core, { ...self, ...change });
  }

  #broadcast(message: UserMessage): void {
    this.#core.riders.put(this.#core.encode(message), { name: null });
    flush(this.#core);
  }

  #leave(farewell: UserMessage | null): void {
    const core = this.#core;
    if (core.leaving) return;
    core.leaving = true;
    core.wake("leave-end", "", LEAVE_LIMIT);
    const alone = !core.nodes.all().some((node) => node.name !== core.config.name && isPresent(node));
    if (farewell === null || alone) {
      this.#goodbye();
      if (alone) core.left();
      return;
    }
    this.#broadcast(farewell);
    core.wake("farewell", "", FAREWELL_AHEAD);
  }

  #goodbye(): void {
    const core = this.#core;
    const { name } = core.config;
    hearAccusation(core, { kind: "dead", incarnation: core.incarnation, node: name, from: name });
    flush(core);
    core.wake("gossip", "", FAREWELL_AHEAD);
  }
}
