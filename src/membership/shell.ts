import { clearImmediate, clearTimeout, setImmediate, setTimeout } from "node:timers";
import type { Clock } from "../shared/clock.ts";
import { type Endpoint, endpointText } from "../shared/endpoint.ts";
import { reason } from "../shared/errors.ts";
import type { Log } from "../shared/log.ts";
import type { Address } from "./core/address.ts";
import type { Effect, Input } from "./core/effects.ts";
import type { StreamMessage, UserMessage } from "./core/message.ts";
import type { Node } from "./core/nodes.ts";
import type { Swim } from "./core/swim.ts";
import type { Timer } from "./core/timers.ts";
import { hostBytes, toEndpoint } from "./endpoint.ts";
import { Streams } from "./streams.ts";
import type { Transport } from "./transport.ts";
import type { Wire } from "./wire/layers.ts";
import { unwrapPacket, wrapPacket } from "./wire/packet.ts";
import { Replays } from "./wire/replays.ts";
import { UNREADABLE } from "./wire/seal.ts";

/** What the core tells beyond packets, streams and timers. */
export interface ShellListener {
  changed(member: Node, before: Node | null): void;
  joined(request: number, failed: string | null): void;
  left(): void;
  heard(message: UserMessage): void;
  heardState(userState: Uint8Array): void;
  /** This identity is claimed to run at another address, by who says this of itself: whether that is proven. Never rejects. */
  elsewhere(at: Address, meta: Uint8Array): Promise<boolean>;
  /** What was claimed under a name at this address is not believed. */
  refused(name: string, at: Address, why: string): void;
  /** Others had taken this member for dead or suspect; it said that it is alive. */
  refuted(health: number): void;
  /** Somebody at this host spoke with a key that is not here. Anybody can cause it. */
  unread(host: string): void;
  store(incarnation: number): void;
  met(local: Endpoint, message: StreamMessage | null): void;
}

export interface ShellOptions {
  readonly swim: Swim;
  readonly transport: Transport;
  readonly wire: Wire;
  readonly tcpTimeout: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly listener: ShellListener;
}

/**
 * Does what the core wishes, with real time and a real transport. Decides nothing. Whatever throws in it was caused by what
 * others sent, or by a mistake of ours: it is told once for each kind, and this member goes on.
 */
export class Shell {
  readonly #options: ShellOptions;
  readonly #replays: Replays;
  readonly #told = new Set<string>();
  readonly #streams: Streams;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #immediates = new Set<NodeJS.Immediate>();
  #closed = false;

  constructor(options: ShellOptions) {
    this.#options = options;
    const { transport, wire, tcpTimeout, clock, log, listener } = options;
    this.#replays = new Replays(() => clock.now());
    this.#streams = new Streams({
      transport,
      wire,
      replays: this.#replays,
      timeoutMs: tcpTimeout,
      feed: (input) => this.feed(input),
      met: (local, message) => this.#guarded("met", () => listener.met(local, message)),
      refused: (from, why) => this.#refused(from, "stream", why),
      leftOut: (from, count) => {
        if (this.#first("left out"))
          log.warn("members that say what cannot be were left out of a list", { from, count });
      },
    });
  }

  /** What others sent in vain. */
  get counters(): { readonly gossipReplays: number; readonly gossipStreamsTurnedAway: number } {
    return { gossipReplays: this.#replays.dropped, gossipStreamsTurnedAway: this.#options.transport.turnedAway };
  }

  start(): void {
    const { transport, wire } = this.#options;
    transport.start({
      packet: (bytes, from) => {
        const { messages, refused } = unwrapPacket(bytes, wire, this.#replays);
        if (refused !== null) this.#refused(from, "packet", refused);
        const host = hostBytes(from.host);
        if (messages.length === 0 || host === null) return;
        this.feed({ kind: "packet", from: { host, port: from.port }, messages });
      },
      connection: (connection) => this.#streams.accept(connection),
    });
    this.feed({ kind: "start" });
  }

  feed(input: Input): void {
    if (this.#closed) return;
    const { swim, clock } = this.#options;
    const now = clock.now();
    const wishes = this.#guarded(`step "${input.kind}"`, () => swim.handle(now, input)) ?? swim.salvage();
    for (const effect of wishes) this.#guarded(`effect "${effect.kind}"`, () => this.#run(effect));
  }

  #refused(from: Endpoint, what: "packet" | "stream", why: string): void {
    this.#options.log.debug(`refused a ${what}`, { from: endpointText(from), why });
    if (why === UNREADABLE) this.#options.listener.unread(from.host);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const immediate of this.#immediates) clearImmediate(immediate);
    this.#streams.close();
    await this.#options.transport.close();
  }

  /** What it gives, or undefined where it throws. */
  #guarded<T>(what: string, run: () => T): T | undefined {
    try {
      return run();
    } catch (thrown) {
      const stack = thrown instanceof Error ? thrown.stack : undefined;
      if (this.#first(what))
        this.#options.log.error("membership failed at something", { what, why: reason(thrown), stack });
      return undefined;
    }
  }

  #first(what: string): boolean {
    if (this.#told.has(what)) return false;
    this.#told.add(what);
    return true;
  }

  #run(effect: Effect): void {
    const { listener, log } = this.#options;
    switch (effect.kind) {
      case "send":
        this.#send(effect);
        break;
      case "dial":
        this.#streams.dial(effect.stream, toEndpoint(effect.to), effect.timeoutMs);
        break;
      case "say":
        this.#streams.say(effect.stream, effect.message);
        break;
      case "hang-up":
        this.#streams.hangUp(effect.stream);
        break;
      case "wake":
        this.#wake(effect.afterMs, effect.timer);
        break;
      case "changed":
        listener.changed(effect.member, effect.before);
        break;
      case "joined":
        listener.joined(effect.request, effect.failed);
        break;
      case "delivered":
        break;
      case "conflict":
        if (effect.self) {
          const { theirs: address, meta } = effect;
          void listener.elsewhere(address, meta).then((proven) => proven || this.feed({ kind: "unproven", address }));
        } else
          listener.refused(
            effect.name,
            effect.theirs,
            `this name is taken, at ${endpointText(toEndpoint(effect.ours))}`,
          );
        break;
      case "refused":
        listener.refused(effect.name, effect.address, effect.why);
        break;
      case "refuted":
        listener.refuted(effect.health);
        break;
      case "left":
        listener.left();
        break;
      case "heard":
        listener.heard(effect.message);
        break;
      case "heard-state":
        listener.heardState(effect.userState);
        break;
      case "store":
        listener.store(effect.incarnation);
        break;
      case "note":
        log[effect.level](effect.text, effect.fields);
        break;
      default:
        effect satisfies never;
    }
  }

  #send({ to, parts, crc, probe }: Extract<Effect, { kind: "send" }>): void {
    const { transport, wire, log } = this.#options;
    const packet = wrapPacket(
      parts.map(({ bytes }) => bytes),
      wire,
      crc,
    );
    const endpoint = toEndpoint(to);
    transport.send(packet, endpoint).catch((thrown: unknown) => {
      if (this.#closed) return;
      log.debug("a datagram was not sent", { to: endpointText(endpoint), why: reason(thrown) });
      if (probe !== null) this.feed({ kind: "unsent", seq: probe });
    });
  }

  /**
   * Timers run before sockets are read in a turn of the event loop. After a busy stretch, the answer that a timer waits
   * for may lie in the socket: so the timer is told once the sockets were read.
   */
  #wake(afterMs: number, timer: Timer): void {
    const timeout = setTimeout(() => {
      this.#timers.delete(timeout);
      const immediate = setImmediate(() => {
        this.#immediates.delete(immediate);
        this.feed({ kind: "timer", timer });
      });
      this.#immediates.add(immediate);
    }, afterMs);
    this.#timers.add(timeout);
  }
}
