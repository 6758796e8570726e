import { setTimeout as sleep } from "node:timers/promises";
import type { Connection, Transport } from "../../src/membership/transport.ts";
import type { Endpoint } from "../../src/shared/endpoint.ts";
import { type Random, seeded } from "../../src/shared/random.ts";

export type Way = "in" | "out";

/** What TCP waits before it sends a lost first segment again, in milliseconds (RFC 6298). */
const TCP_RETRY = 1_000;

/** One member's network, which can be made bad and be listened to. Give `through` to its membership. */
export class Network {
  /** The share of datagrams that is lost, each way. A lost one on opening a stream costs that a second. */
  loss: Record<Way, number> = { in: 0, out: 0 };
  /** Nothing gets through at all. */
  silent = false;
  /** Hosts that nothing gets through to and from. */
  readonly cutOff = new Set<string>();
  /** Hears of every datagram that gets through. */
  watch: (way: Way, bytes: Uint8Array, peer: Endpoint) => void = () => {};
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = seeded(seed);
  }

  readonly through = (sockets: Transport): Transport => ({
    bound: sockets.bound,
    v6: sockets.v6,
    get turnedAway() {
      return sockets.turnedAway;
    },
    start: (listener) =>
      sockets.start({
        packet: (bytes, from) => {
          if (this.#passes("in", bytes, from)) listener.packet(bytes, from);
        },
        connection: (connection) => {
          if (this.#cut(connection.remote.host)) connection.destroy();
          else listener.connection(connection);
        },
      }),
    send: async (bytes, to) => {
      if (this.#passes("out", bytes, to)) await sockets.send(bytes, to);
    },
    dial: (to, timeoutMs) => this.#dial(sockets, to, timeoutMs),
    close: () => sockets.close(),
  });

  async #dial(sockets: Transport, to: Endpoint, timeoutMs: number): Promise<Connection> {
    if (this.#cut(to.host)) throw new Error("no way leads there");
    const bothWays = (1 - this.loss.in) * (1 - this.loss.out);
    let left = timeoutMs;
    while (this.#random.next() >= bothWays) {
      await sleep(Math.min(left, TCP_RETRY));
      left -= TCP_RETRY;
      if (left <= 0) throw new Error("no answer in time");
    }
    return sockets.dial(to, left);
  }

  #passes(way: Way, bytes: Uint8Array, peer: Endpoint): boolean {
    if (this.#cut(peer.host) || this.#random.next() < this.loss[way]) return false;
    this.watch(way, bytes, peer);
    return true;
  }

  #cut(host: string): boolean {
    return this.silent || this.cutOff.has(host);
  }
}
