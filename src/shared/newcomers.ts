import type { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { LRUCache } from "lru-cache";
import { type ConnectionGuard, hostOf } from "./connection-guard.ts";

/** How many connections a second are taken in, and how many at once after a time without any. */
interface Ceiling {
  readonly perSecond: number;
  readonly atOnce: number;
}

interface Ceilings {
  /** For one host. */
  readonly each: Ceiling;
  readonly all: Ceiling;
}

/**
 * Of hosts where no member is known to be. A handshake takes about 1.5 ms of the thread that also answers gossip's probes, so
 * all of theirs together take a tenth of it. `each` is enough for a newcomer's 16 connections and as many tries again.
 */
const STRANGERS: Ceilings = { each: { perSecond: 10, atOnce: 64 }, all: { perSecond: 60, atOnce: 128 } };
/** Hosts that are remembered, of strangers and of members. */
const REMEMBERED = 4_096;
/** How long the members' hosts are taken for what they were, in milliseconds: to ask for them at each connection costs too much. */
const HOSTS_MS = 250;
/** How long a host counts as a member's after one has proven there who it is, in milliseconds. */
const MEMBER_MS = 3_600_000;

/**
 * Which connections get as far as a handshake, which costs whoever floods far less than it costs a member. Those from a host
 * that is known, or where somebody has proven within the hour to be let in, always do; other hosts' have a rate, each its
 * own, of IPv6 each /64.
 */
export class Newcomers {
  /** Connections that were ended before their handshake. */
  tooFast = 0;
  readonly #ceilings: Ceilings;
  readonly #memberHosts: () => Iterable<string>;
  readonly #now: () => number;
  readonly #ofHost = new LRUCache<string, Bucket>({ max: REMEMBERED });
  /** Until when a host counts as a member's. */
  readonly #proven = new LRUCache<string, number>({ max: REMEMBERED });
  readonly #all: Bucket;
  #members: { readonly hosts: ReadonlySet<string>; readonly until: number } = { hosts: new Set(), until: 0 };

  /** `memberHosts` tells the addresses that are known; `now` in milliseconds. */
  constructor(memberHosts: () => Iterable<string> = () => [], ceilings = STRANGERS, now = () => performance.now()) {
    this.#memberHosts = memberHosts;
    this.#ceilings = ceilings;
    this.#now = now;
    this.#all = new Bucket(ceilings.all, now());
  }

  /** Whether a connection from this address may go on. */
  admits(address: string): boolean {
    const host = hostOf(address);
    const now = this.#now();
    if ((this.#proven.get(host) ?? 0) > now || this.#isMembers(host, now)) return true;
    const own = this.#ofHost.get(host) ?? new Bucket(this.#ceilings.each, now);
    this.#ofHost.set(host, own);
    // One that has had its share takes nothing of what all others have.
    return own.take(now) && this.#all.take(now);
  }

  /**
   * Takes the server's own listener for new connections away, and gives it only those that may cost a handshake. For TLS
   * servers, before they listen.
   */
  watch(server: EventEmitter, guard: ConnectionGuard): void {
    const toTls = server.listeners("connection") as ((socket: Socket) => void)[];
    server.removeAllListeners("connection");
    server.on("connection", (socket: Socket) => {
      if (!this.admits(socket.remoteAddress ?? "")) {
        // Not even to the guard: until it is gone it would take another's place.
        this.tooFast += 1;
        socket.on("error", () => undefined);
        socket.destroy();
      } else if (guard.admit(socket) !== null) {
        for (const listener of toTls) listener.call(server, socket);
      }
    });
  }

  /** Somebody has proven at this address to be let in. */
  proven(address: string): void {
    this.#proven.set(hostOf(address), this.#now() + MEMBER_MS);
  }

  #isMembers(host: string, now: number): boolean {
    if (now >= this.#members.until) {
      this.#members = { hosts: new Set([...this.#memberHosts()].map(hostOf)), until: now + HOSTS_MS };
    }
    return this.#members.hosts.has(host);
  }
}

/** Fills up at a rate, and gives one at a time while there is any. */
class Bucket {
  readonly #ceiling: Ceiling;
  #left: number;
  #at: number;

  constructor(ceiling: Ceiling, now: number) {
    this.#ceiling = ceiling;
    this.#left = ceiling.atOnce;
    this.#at = now;
  }

  take(now: number): boolean {
    const { perSecond, atOnce } = this.#ceiling;
    this.#left = Math.min(atOnce, this.#left + ((now - this.#at) * perSecond) / 1_000);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
