import { createHash } from "node:crypto";
import { isIP } from "node:net";
import { clearInterval, setInterval } from "node:timers";
import { setTimeout as sleep } from "node:timers/promises";
import type { Service } from "bonjour-service";
import { endpointText } from "../shared/endpoint.ts";
import { type Log, tellFailure } from "../shared/log.ts";
import { nameRefusal } from "../shared/names.ts";
import { interfaceKey, type Mdns, openMdns } from "./mdns.ts";
import type { Announced } from "./rejoin.ts";

/** A member of some group that announces itself on the network. */
interface Nearby extends Announced {
  /** Name of its group. */
  readonly name: string;
  /** Of the group's id: see `groupHash`. */
  readonly hash: string;
}

/** What a member announces of itself: DNS-SD `_groupshare._tcp`, never the secret. */
interface Announcement {
  /** Its wire name: the name of the instance, since no two have the same. */
  readonly wireName: string;
  /** Name of its group. */
  readonly group: string;
  readonly groupId: string;
  /** Of its gossip. */
  readonly port: number;
}

/** Who does not answer in two rounds of this length is gone. Milliseconds. */
const ROUND = 20_000;
/** The machine's interfaces are looked at this often, in milliseconds. */
const LOOK = 4_000;
/** While somebody waits, it is looked this often. Milliseconds. */
const FIND = 50;
/** How long a goodbye may take, in milliseconds. */
const GOODBYE = 300;
/** Members that are remembered at once; anybody on the network can announce as many as they like. */
const MOST = 256;
const MOST_ADDRESSES = 4;

/** The first 8 bytes of a group id's SHA-256 as hex: tells whose group it is to those who know the id, and only to them. */
function groupHash(groupId: string): string {
  return createHash("sha256").update(Buffer.from(groupId, "hex")).digest("hex").slice(0, 16);
}

/** Announces this member to others on the same network, and finds them. Without multicast it finds nobody, and says so once. */
export class Discovery {
  readonly #log: Log;
  readonly #found: () => void;
  readonly #members = new Map<string, { readonly member: Nearby; round: number }>();
  readonly #timers: NodeJS.Timeout[];
  #announced: Announcement | null = null;
  #mdns: Mdns[] = [];
  #interfaces = "";
  #round = 0;
  #told = false;

  /** `found` is called when there is somebody new, or somebody is gone. */
  constructor(log: Log, found: () => void) {
    this.#log = log;
    this.#found = found;
    this.#timers = [setInterval(() => this.#look(), LOOK), setInterval(() => this.#ask(), ROUND)];
    for (const timer of this.#timers) timer.unref();
    this.#look();
  }

  /** Announces this member from now on, in the place of what was announced before. */
  announce(announcement: Announcement): void {
    this.withdraw();
    this.#announced = announcement;
    this.#publish();
  }

  /** Says goodbye. */
  withdraw(): void {
    if (this.#announced !== null) {
      for (const mdns of this.#mdns) tellFailure(this.#log, "say goodbye to this network", mdns.withdraw());
    }
    this.#announced = null;
  }

  /** Everybody who announces themselves, but this member. */
  nearby(): Nearby[] {
    return [...this.#members.values()].map(({ member }) => member);
  }

  /** Those who are in this group. */
  ofGroup(groupId: string): Announced[] {
    const hash = groupHash(groupId);
    return this.nearby().filter((member) => member.hash === hash);
  }

  /** Their addresses once there are any, or none after so many milliseconds. */
  async find(groupId: string, patienceMs: number): Promise<string[]> {
    const end = performance.now() + patienceMs;
    let found = this.ofGroup(groupId);
    while (found.length === 0 && performance.now() < end) {
      await sleep(FIND);
      found = this.ofGroup(groupId);
    }
    return found.flatMap(({ addresses }) => addresses);
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    const closing = Promise.all(this.#mdns.splice(0).map((mdns) => mdns.close()));
    await Promise.race([closing, sleep(GOODBYE)]);
  }

  /** Opens everything anew where the machine's addresses are others now: they stand in what is announced. */
  #look(): void {
    const interfaces = interfaceKey();
    if (interfaces === this.#interfaces) return;
    this.#interfaces = interfaces;
    for (const mdns of this.#mdns.splice(0)) {
      tellFailure(this.#log, "leave the networks that this machine had", mdns.close());
    }
    this.#mdns = openMdns({
      up: (service) => this.#up(service),
      down: (service) => this.#down(service),
      trouble: (why) => this.#trouble(why),
    });
    if (this.#mdns.length === 0) this.#trouble("there is no network");
    this.#publish();
  }

  #publish(): void {
    if (this.#announced === null) return;
    const { wireName, group, groupId, port } = this.#announced;
    for (const mdns of this.#mdns) mdns.publish(wireName, port, { group, id: groupHash(groupId) });
  }

  #ask(): void {
    this.#round += 1;
    for (const [name, { round }] of this.#members) if (round < this.#round - 1) this.#forget(name);
    for (const mdns of this.#mdns) mdns.browse();
  }

  #up(service: Service): void {
    const member = nearbyOf(service);
    if (member === null || service.name === this.#announced?.wireName) return;
    const known = this.#members.get(service.name);
    if (known === undefined && this.#members.size >= MOST) return;
    this.#members.set(service.name, { member, round: this.#round });
    if (JSON.stringify(known?.member) !== JSON.stringify(member)) this.#found();
  }

  #down(service: Service): void {
    if (this.#members.has(service.name)) this.#forget(service.name);
  }

  #forget(name: string): void {
    this.#members.delete(name);
    this.#found();
  }

  #trouble(why: string): void {
    if (this.#told) return;
    this.#told = true;
    this.#log.info("members on this network are not found by themselves; invites and --join work all the same", {
      why,
    });
  }
}

/** What a stranger says, where it makes sense; null where it does not. */
export function nearbyOf({ name: wireName, txt, port, addresses = [], referer }: Service): Nearby | null {
  const { group, id } = (txt ?? {}) as { group?: unknown; id?: unknown };
  if (typeof group !== "string" || nameRefusal(group) !== null) return null;
  if (typeof id !== "string" || !/^[0-9a-f]{16}$/.test(id)) return null;
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return null;
  // Where the words came from is reached by the same network; the other addresses may be of networks that we have not.
  const hosts = [...new Set([...(referer === undefined ? [] : [referer.address]), ...addresses])]
    .filter((host) => typeof host === "string" && isIP(host) !== 0 && !/^fe[89ab]/i.test(host))
    .slice(0, MOST_ADDRESSES);
  return hosts.length === 0
    ? null
    : { wireName, name: group, hash: id, addresses: hosts.map((host) => endpointText({ host, port })) };
}
