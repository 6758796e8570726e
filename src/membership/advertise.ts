import { lookup } from "node:dns/promises";
import { isIPv6 } from "node:net";
import type { Endpoint } from "../shared/endpoint.ts";
import { GroupShareError, reason } from "../shared/errors.ts";
import { type Address, sameAddress, sameBytes } from "./core/address.ts";
import { hostBytes, isLoopback, isWildcard } from "./endpoint.ts";
import { type OwnHost, ownHosts } from "./interfaces.ts";

const LOOPBACK = Uint8Array.of(127, 0, 0, 1);

/** What this machine says of itself and of names: replaced in tests, since it cannot be told to change. */
export interface Machine {
  /** Its own addresses; those of IPv6 only with `v6`. */
  readonly hosts: (v6: boolean) => readonly OwnHost[];
  /** The addresses that a name stands for; rejects where it stands for none. */
  readonly lookup: (name: string) => Promise<readonly string[]>;
}

const THIS_MACHINE: Machine = {
  hosts: ownHosts,
  lookup: async (name) => (await lookup(name, { all: true })).map(({ address }) => address),
};

/** Where this member tells others to find it. */
export class Advertised {
  readonly #bound: Endpoint;
  /** As asked for or bound: nothing that the machine has replaces it. A name may still come to stand for another address. */
  readonly #fixed: Endpoint | null;
  readonly #machine: Machine;
  #current: Address;
  #confirmed = false;

  private constructor(bound: Endpoint, first: Address, fixed: Endpoint | null, machine: Machine) {
    this.#bound = bound;
    this.#current = first;
    this.#fixed = fixed;
    this.#machine = machine;
  }

  /**
   * As asked for, or as bound; where bound to every address, the machine's first one until a stream shows a better.
   * Throws "invalid" where a name that was asked for stands for no address that others could use.
   */
  static async of(
    bound: Endpoint,
    asked: { readonly host: string; readonly port: number | null } | null,
    machine: Machine = THIS_MACHINE,
  ): Promise<Advertised> {
    const named = asked ?? (isWildcard(bound.host) ? null : bound);
    if (named !== null) {
      const fixed = { host: named.host, port: named.port ?? bound.port };
      const [host] = await hostsOf(fixed.host, bound, machine);
      return new Advertised(bound, { host, port: fixed.port }, fixed, machine);
    }
    const [best] = machine.hosts(isIPv6(bound.host));
    const host = best === undefined ? null : hostBytes(best.host);
    return new Advertised(bound, { host: host ?? LOOPBACK, port: bound.port }, null, machine);
  }

  get current(): Address {
    return this.#current;
  }

  /** Whether an address leads to this member: the advertised one, or another of the machine. */
  leadsHere(address: Address): boolean {
    if (sameAddress(address, this.#current)) return true;
    if (!isWildcard(this.#bound.host) || address.port !== this.#bound.port) return false;
    return isLoopback(address.host) || this.#own().some(({ bytes }) => sameBytes(bytes, address.host));
  }

  /** Those of the hosts that are not the advertised one. */
  further(hosts: readonly string[]): string[] {
    return hosts.filter((host) => !sameBytes(hostBytes(host) ?? new Uint8Array(), this.#current.host));
  }

  /**
   * The address to change to, seen that a stream to or from another member has this end; null: keep what there is.
   * Loopback never replaces a real address: others on this machine reach that one too, others elsewhere only that one.
   */
  adopt(local: Endpoint): Address | null {
    const host = hostBytes(local.host);
    if (this.#fixed !== null || this.#confirmed || host === null || isLoopback(host) || isLinkLocal(host)) return null;
    return this.#moveTo(host);
  }

  /** Lists were exchanged at this address: it stays for as long as the machine has it. */
  confirm(): void {
    this.#confirmed = true;
  }

  /**
   * The address to change to where the machine has the present one no more; null: keep it. While there is no other,
   * or only one inside the machine, the old one stays: a network that comes back often brings it back.
   */
  recheck(): Address | null {
    if (this.#fixed !== null) return null;
    const { host: now } = this.#current;
    const own = this.#own();
    if (own.some(({ bytes }) => sameBytes(bytes, now))) return null;
    const outside = own.filter(({ inside }) => !inside).map(({ bytes }) => bytes);
    const host = outside.find(({ length }) => length === now.length) ?? outside[0];
    if (host === undefined) return null;
    this.#confirmed = false;
    return this.#moveTo(host);
  }

  /** The same where a name is advertised, which may have come to stand for another address; null also where it is not known now. */
  async lookAgain(): Promise<Address | null> {
    if (this.#fixed === null || hostBytes(this.#fixed.host) !== null) return null;
    const found = await hostsOf(this.#fixed.host, this.#bound, this.#machine).catch(() => []);
    const [first] = found;
    const stays = first === undefined || found.some((host) => sameBytes(host, this.#current.host));
    return stays ? null : this.#moveTo(first);
  }

  #own(): { readonly bytes: Uint8Array; readonly inside: boolean }[] {
    const own = this.#machine.hosts(isIPv6(this.#bound.host));
    return own.map(({ host, inside }) => ({ bytes: hostBytes(host) ?? new Uint8Array(), inside }));
  }

  #moveTo(host: Uint8Array): Address | null {
    if (sameBytes(host, this.#current.host)) return null;
    this.#current = { host, port: this.#current.port };
    return this.#current;
  }
}

function isLinkLocal(host: Uint8Array): boolean {
  return host.length === 16 && host[0] === 0xfe && ((host[1] ?? 0) & 0xc0) === 0x80;
}

/**
 * The addresses to advertise for a host, at least one, those of IPv4 first. A name's are those of the kinds that are
 * listened for; loopback only where that is listened at, since it leads others to themselves.
 */
async function hostsOf(
  host: string,
  bound: Endpoint,
  machine: Machine,
): Promise<readonly [Uint8Array, ...Uint8Array[]]> {
  const literal = hostBytes(host);
  if (literal !== null) return [literal];
  const found = await machine.lookup(host).catch((thrown: unknown) => {
    throw unusable(host, reason(thrown), thrown);
  });
  const v6 = isIPv6(bound.host);
  const inside = bound.host === host || isLoopback(hostBytes(bound.host) ?? new Uint8Array(4));
  const [first, ...more] = found
    .map(hostBytes)
    .filter((bytes) => bytes !== null)
    .filter(({ length }) => (length === 4 ? !v6 || isWildcard(bound.host) : v6))
    .filter((bytes) => (inside || !isLoopback(bytes)) && !isLinkLocal(bytes) && bytes.some((byte) => byte !== 0))
    .sort((a, b) => a.length - b.length);
  if (first !== undefined) return [first, ...more];
  throw unusable(host, `here it stands for ${found.join(", ") || "no address"}, where others do not find this member`);
}

function unusable(host: string, why: string, cause?: unknown): GroupShareError {
  return new GroupShareError("invalid", `Cannot advertise "${host}": ${why}`, {
    hint: "name an IP address that others use, or a host name that this machine can look up to one",
    cause,
  });
}
