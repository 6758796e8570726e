import { createSocket } from "node:dgram";
import type { EventEmitter } from "node:events";
import { networkInterfaces } from "node:os";
import Bonjour, { type Browser, type Service } from "bonjour-service";
import { reason } from "../shared/errors.ts";

const TYPE = "groupshare";
const PORT = 5_353;
const GROUP_V6 = "ff02::fb";
/** Interfaces that are used; a machine with many containers has dozens. */
const MOST_INTERFACES = 8;

export interface MdnsListener {
  /** A member is there, or said something new. May be told several times. */
  up(service: Service): void;
  /** A member said goodbye. */
  down(service: Service): void;
  /** Nothing can be said or heard on an interface. */
  trouble(why: string): void;
}

/** Multicast DNS on one interface. */
export interface Mdns {
  publish(name: string, port: number, txt: Readonly<Record<string, string>>): void;
  /** Resolves when the goodbye is out. */
  withdraw(): Promise<void>;
  /** Asks who is there; all who are will be told as up again. */
  browse(): void;
  /** Says goodbye first. */
  close(): Promise<void>;
}

/** Tells the machine's interfaces and their addresses: where it changes, what was opened no longer fits. */
export function interfaceKey(): string {
  return Object.entries(networkInterfaces())
    .flatMap(([name, all]) => (all ?? []).map(({ address }) => `${name} ${address}`))
    .sort()
    .join("\n");
}

/** On each interface by itself: the library would send on one that it chooses. Over IPv6 where there is no IPv4. */
export function openMdns(listener: MdnsListener): Mdns[] {
  const interfaces = Object.entries(networkInterfaces())
    .map(([name, all]) => ({ name, all: (all ?? []).filter(({ internal }) => !internal) }))
    .filter(({ all }) => all.length > 0)
    .slice(0, MOST_INTERFACES);
  return interfaces.flatMap(({ name, all }) => {
    const v4 = all.find(({ family }) => family === "IPv4");
    try {
      return [new OneInterface(v4 === undefined ? overV6(name) : overV4(v4.address), listener)];
    } catch (thrown) {
      listener.trouble(`${name}: ${reason(thrown)}`);
      return [];
    }
  });
}

function overV4(address: string): object {
  return { interface: address, bind: "0.0.0.0" };
}

function overV6(name: string): object {
  const zone = process.platform === "win32" ? "" : `%${name}`;
  const socket = createSocket({ type: "udp6", reuseAddr: true, ipv6Only: true });
  return { type: "udp6", socket, ip: GROUP_V6, port: PORT, interface: `::${zone}`, bind: "::" };
}

class OneInterface implements Mdns {
  readonly #bonjour: Bonjour;
  readonly #listener: MdnsListener;
  #browser: Browser | null = null;

  constructor(options: object, listener: MdnsListener) {
    this.#listener = listener;
    const trouble = (thrown: unknown): void => listener.trouble(reason(thrown));
    this.#bonjour = new Bonjour(options, trouble);
    // The library leaves these errors to whoever listens, and would end the process.
    const { mdns } = (this.#bonjour as unknown as { server: { mdns: EventEmitter } }).server;
    mdns.on("error", trouble);
    // What strangers send goes through its listeners as it is: one that stumbles over it must not end the process either.
    const emit = mdns.emit.bind(mdns);
    mdns.emit = (...told: Parameters<EventEmitter["emit"]>) => {
      try {
        return emit(...told);
      } catch {
        return true;
      }
    };
    this.browse();
  }

  publish(name: string, port: number, txt: Readonly<Record<string, string>>): void {
    // A host name of its own, so as not to quarrel with the machine's own responder. Nobody else has the name: no probe.
    this.#bonjour.publish({ name, type: TYPE, port, txt, host: `${name}.local`, probe: false });
  }

  withdraw(): Promise<void> {
    return new Promise((resolve) => this.#bonjour.unpublishAll(() => resolve()));
  }

  browse(): void {
    this.#browser?.stop();
    this.#browser = this.#bonjour.find({ type: TYPE });
    this.#browser.on("up", (service) => this.#listener.up(service));
    this.#browser.on("srv-update", (service) => this.#listener.up(service));
    this.#browser.on("txt-update", (service) => this.#listener.up(service));
    this.#browser.on("down", (service) => this.#listener.down(service));
  }

  async close(): Promise<void> {
    this.#browser?.stop();
    await this.withdraw();
    await new Promise<void>((resolve) => this.#bonjour.destroy(() => resolve()));
  }
}
