import type { Socket } from "node:net";

/**
 * What each port keeps open, so that all together with files, watches and downloads fit into the 1 024 descriptors that
 * many systems grant a program. `patienceMs` is for a handshake or a request over a slow link, not for a person.
 */
export const CEILINGS = {
  commands: { unproven: 32, proven: 32, perHost: 32, patienceMs: 10_000 },
  page: { unproven: 96, proven: 128, perHost: 96, patienceMs: 10_000 },
  peer: { unproven: 128, proven: 192, perHost: 64, patienceMs: 10_000 },
  gossip: { unproven: 64, proven: 64, perHost: 32, patienceMs: 10_000 },
} as const;

/**
 * Connections that may wait to be accepted; the system may allow fewer. Node's 511 are filled by a flood in an instant, and
 * whoever finds no place tries again only after a second.
 */
export const BACKLOG = 4_096;

/** How many connections a port keeps. */
export interface Ceilings {
  /** Connections that have proven nothing yet. */
  readonly unproven: number;
  /** Connections that have. */
  readonly proven: number;
  /** Of the unproven, those of one host; of IPv6, of one /64, since that is what one host gets. */
  readonly perHost: number;
  /** How long one may be unproven, in milliseconds. */
  readonly patienceMs: number;
}

/** A connection that was taken in. */
export interface Admitted {
  /** It is in good hands: from now on neither evicted nor timed out. false where too many are already: it will be destroyed. */
  proven(): boolean;
  /** It has to prove itself again, with new patience: a connection kept for a next request. */
  unproven(): void;
}

/** What tells one connection of a listening socket from another. A TLS socket has those of the TCP one below it. */
type Ends = Pick<Socket, "remoteAddress" | "remotePort">;

interface Held extends Admitted {
  readonly socket: Socket;
  readonly host: string;
  /** When its patience ends, by `performance.now()`; null while it is proven. */
  until: number | null;
}

/**
 * Keeps a listening socket usable under floods: connections that have proven nothing may be only so many, and live only
 * so long. Where there are too many, the oldest goes, of the host that has most: so one that floods pushes out its own, and
 * an honest newcomer finds a place at once. For TCP sockets as `net.Server` tells them, before any TLS.
 */
export class ConnectionGuard {
  readonly counters = { refused: 0, evicted: 0, timedOut: 0 };
  readonly #ceilings: Ceilings;
  readonly #held = new Map<string, Held>();
  /** Oldest first, since a set keeps the order of coming. */
  readonly #unproven = new Set<Held>();
  readonly #ofHost = new Map<string, Set<Held>>();
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(ceilings: Ceilings) {
    this.#ceilings = ceilings;
  }

  /** Connections now kept. */
  get size(): { readonly unproven: number; readonly proven: number } {
    const unproven = this.#unproven.size;
    return { unproven, proven: this.#held.size - unproven };
  }

  /** Takes a connection in, at the price of an older unproven one where there are too many; null: it is gone already, or this is closed. */
  admit(socket: Socket): Admitted | null {
    const key = keyOf(socket);
    // Who resets a connection before it is accepted leaves one without an address.
    if (key === null || this.#closed || socket.destroyed) {
      this.counters.refused += 1;
      socket.destroy();
      return null;
    }
    const held: Held = {
      socket,
      host: hostOf(socket.remoteAddress ?? ""),
      until: null,
      proven: () => this.#prove(held),
      unproven: () => {
        if (this.#held.get(key) === held) this.#wait(held);
      },
    };
    this.#held.set(key, held);
    socket.once("close", () => this.#forget(key, held));
    socket.on("error", () => undefined); // A reset of a connection that nobody reads yet must end nothing else.
    this.#wait(held);
    return held;
  }

  /** What `admit` gave for this connection, or for the TCP connection below this TLS one; null once that is gone. */
  find(socket: Ends): Admitted | null {
    const key = keyOf(socket);
    return key === null ? null : (this.#held.get(key) ?? null);
  }

  /** Takes nothing more in, and ends what is unproven. */
  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const held of this.#unproven) held.socket.destroy();
  }

  #prove(held: Held): boolean {
    if (held.until === null) return !held.socket.destroyed;
    if (held.socket.destroyed) return false;
    if (this.size.proven >= this.#ceilings.proven) {
      this.counters.refused += 1;
      this.#release(held);
      // Not at once: Node 26 crashes where the TCP socket below a TLS one goes while that tells of its handshake.
      setImmediate(() => held.socket.destroy());
      return false;
    }
    this.#release(held);
    return true;
  }

  /** Puts it last among the unproven, and makes room for it. */
  #wait(held: Held): void {
    this.#release(held);
    held.until = performance.now() + this.#ceilings.patienceMs;
    this.#unproven.add(held);
    const ofHost = this.#ofHost.get(held.host) ?? new Set();
    this.#ofHost.set(held.host, ofHost.add(held));
    if (ofHost.size > this.#ceilings.perHost) this.#evict(ofHost);
    else if (this.#unproven.size > this.#ceilings.unproven) this.#evict(this.#largest());
    this.#timer ??= setTimeout(() => this.#timeOut(), this.#ceilings.patienceMs).unref();
  }

  /** The connections of the host that has most; of several, the one whose oldest is oldest. */
  #largest(): Set<Held> {
    let largest = new Set<Held>();
    for (const ofHost of this.#ofHost.values()) if (ofHost.size > largest.size) largest = ofHost;
    // One each, from everywhere: then age alone decides.
    return largest.size > 1 ? largest : this.#unproven;
  }

  #evict(from: Set<Held>): void {
    const [oldest] = from;
    if (oldest === undefined) return;
    this.counters.evicted += 1;
    this.#drop(oldest);
  }

  #timeOut(): void {
    this.#timer = null;
    const now = performance.now();
    for (const held of this.#unproven) {
      const left = (held.until ?? now) - now;
      if (left > 0) {
        this.#timer = setTimeout(() => this.#timeOut(), Math.ceil(left)).unref();
        return;
      }
      this.counters.timedOut += 1;
      this.#drop(held);
    }
  }

  #drop(held: Held): void {
    this.#release(held);
    const key = keyOf(held.socket);
    if (key !== null) this.#held.delete(key);
    held.socket.destroy();
  }

  #forget(key: string, held: Held): void {
    this.#release(held);
    // The same two ends may have met again since.
    if (this.#held.get(key) === held) this.#held.delete(key);
  }

  /** Takes it from among the unproven. */
  #release(held: Held): void {
    held.until = null;
    this.#unproven.delete(held);
    const ofHost = this.#ofHost.get(held.host);
    ofHost?.delete(held);
    if (ofHost?.size === 0) this.#ofHost.delete(held.host);
  }
}

function keyOf({ remoteAddress, remotePort }: Ends): string | null {
  return remoteAddress === undefined || remotePort === undefined ? null : `${remoteAddress} ${remotePort}`;
}

/** An IPv4 address, or the first 64 bits of an IPv6 one, as text. */
export function hostOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !address.includes(":")) return mapped ?? address;
  const [before = "", after] = (address.split("%")[0] ?? "").split("::");
  const head = before === "" ? [] : before.split(":");
  const tail = after === undefined || after === "" ? [] : after.split(":");
  const zeros = after === undefined ? [] : Array<string>(Math.max(0, 8 - head.length - tail.length)).fill("0");
  return [...head, ...zeros, ...tail].slice(0, 4).join(":");
}
