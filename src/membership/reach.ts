import { isIPv6 } from "node:net";
import { type Endpoint, endpointText } from "../shared/endpoint.ts";
import type { MemberRecord } from "./records.ts";
import type { Connection, Transport, TransportListener } from "./transport.ts";

/** Members whose further addresses are known; the oldest knowledge goes first. */
const MOST = 4_096;

/**
 * Reaches a member at a further address of its own where no way leads to the advertised one, since this machine has only
 * IPv4 and that is IPv6, or the other way round. The gossip itself knows one address of each.
 */
export class Reach implements Transport {
  readonly #sockets: Transport;
  /** Where else whoever is at an address is found, at the same port. */
  readonly #further = new Map<string, readonly string[]>();

  constructor(sockets: Transport) {
    this.#sockets = sockets;
  }

  get bound(): Endpoint {
    return this.#sockets.bound;
  }

  get v6(): boolean {
    return this.#sockets.v6;
  }

  get turnedAway(): number {
    return this.#sockets.turnedAway;
  }

  /** What a member says of where it is. */
  learn(member: Pick<MemberRecord, "host" | "port" | "addresses">): void {
    const at = endpointText(member);
    this.#further.delete(at);
    const further = member.addresses.filter((host) => isIPv6(host) !== isIPv6(member.host));
    if (further.length > 0) this.#further.set(at, further);
    for (const oldest of this.#further.keys()) {
      if (this.#further.size <= MOST) break;
      this.#further.delete(oldest);
    }
  }

  start(listener: TransportListener): void {
    this.#sockets.start(listener);
  }

  send(bytes: Uint8Array, to: Endpoint): Promise<void> {
    return this.#anywhere(to, (at) => this.#sockets.send(bytes, at));
  }

  dial(to: Endpoint, timeoutMs: number): Promise<Connection> {
    const end = performance.now() + timeoutMs;
    return this.#anywhere(to, (at) => this.#sockets.dial(at, Math.max(1, end - performance.now())));
  }

  close(): Promise<void> {
    return this.#sockets.close();
  }

  /** Fails as it failed at the first address. */
  async #anywhere<T>(to: Endpoint, act: (at: Endpoint) => Promise<T>): Promise<T> {
    try {
      return await act(to);
    } catch (thrown) {
      for (const host of this.#further.get(endpointText(to)) ?? []) {
        try {
          return await act({ host, port: to.port });
        } catch {
          // the next one, then
        }
      }
      throw thrown;
    }
  }
}
