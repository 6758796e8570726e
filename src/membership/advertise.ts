import { lookup } from "node:dns/promises";
import { isIPv6 } from "node:net";
import type { Endpoint } from "../shared/endpoint.ts";
import { GroupShareError, reason } from "../shared/errors.ts";
import { type Address, sameAddress, sameBytes } from "./core/address.ts";
import { hostBytes, isLoopback, isWildcard } from "./endpoint.ts";
import { type OwnHost, ownHosts } from "./interfaces.ts";

const LOOPBACK = Uint8Array.of(127, 0, 0, 1);

/** Where this member tells others to find it. */
export class Advertised {
  readonly #bound: Endpoint;
  readonly #fixed: boolean;
  readonly #machine: (v6: boolean) => readonly OwnHost[];
  #current: Address;
  #confirmed = false;

  private constructor(bound: Endpoint, first: Address, fixed: boolean, machine: (v6: boolean) => readonly OwnHost[]) {
    this.#bound = bound;
    this.#current = first;
    this.#fixed = fixed;
    this.#machine = machine;
  }

  /**
   * As asked for, or as bound; where bound to every address, the machine's first one until a stream shows a better.
   * `machine` tells the addresses that it has.
   */
  static async of(
    bound: Endpoint,
    asked: { readonly host: string; readonly port: number | null } | null,
    machine: (v6: boolean) => readonly OwnHost[] = ownHosts,
  ): Promise<Advertised> {
    const fixed = asked ?? (isWildcard(bound.host) ? null : bound);
    if (fixed !== null) {
      const address = await resolved({ host: fixed.host, port: fixed.port ?? bound.port });
      return new Advertised(bound, address, true, machine);
    }
    const [best] = machine(isIPv6(bound.host));
    const host = best === undefined ? null : hostBytes(best.host);
    return new Advertised(bound, { host: host ?? LOOPBACK, port: bound.port }, false, machine);
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
    if (this.#fixed || this.#confirmed || host === null || isLoopback(host) || isLinkLocal(host)) return null;
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
    if (this.#fixed) return null;
    const { host: now } = this.#current;
    const own = this.#own();
    if (own.some(({ bytes }) => sameBytes(bytes, now))) return null;
    const outside = own.filter(({ inside }) => !inside).map(({ bytes }) => bytes);
    const host = outside.find(({ length }) => length === now.length) ?? outside[0];
    if (host === undefined) return null;
    this.#confirmed = false;
    return this.#moveTo(host);
  }

  #own(): { readonly bytes: Uint8Array; readonly inside: boolean }[] {
    const own = this.#machine(isIPv6(this.#bound.host));
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

async function resolved({ host, port }: Endpoint): Promise<Address> {
  const bytes = hostBytes(host);
  if (bytes !== null) return { host: bytes, port };
  try {
    const found = hostBytes((await lookup(host)).address);
    if (found !== null) return { host: found, port };
    throw new Error("its address is of an unknown kind");
  } catch (thrown) {
    throw new GroupShareError("invalid", `Cannot advertise "${host}": ${reason(thrown)}`, {
      hint: "name an IP address, or a host name that this machine can look up",
      cause: thrown,
    });
  }
}
