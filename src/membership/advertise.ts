import { lookup } from "node:dns/promises";
import { networkInterfaces } from "node:os";
import type { Endpoint } from "../shared/endpoint.ts";
import { GroupShareError, reason } from "../shared/errors.ts";
import type { Address } from "./core/address.ts";
import { hostBytes, isLoopback, isWildcard } from "./endpoint.ts";

/** Where this member tells others to find it. */
export class Advertised {
  readonly first: Address;
  readonly #fixed: boolean;
  #confirmed = false;

  private constructor(first: Address, fixed: boolean) {
    this.first = first;
    this.#fixed = fixed;
  }

  /** As asked for, or as bound; where bound to every address, the machine's first one until a stream shows a better. */
  static async of(
    bound: Endpoint,
    asked: { readonly host: string; readonly port: number | null } | null,
  ): Promise<Advertised> {
    if (asked !== null)
      return new Advertised(await resolved({ host: asked.host, port: asked.port ?? bound.port }), true);
    if (!isWildcard(bound.host)) return new Advertised(await resolved(bound), true);
    return new Advertised({ host: ownHost(bound.host === "::"), port: bound.port }, false);
  }

  /**
   * The address to change to, seen that a stream to or from another member has this end; null: keep what there is.
   * Loopback never replaces a real address: others on this machine reach that one too, others elsewhere only that one.
   */
  adopt(local: Endpoint, now: Address): Address | null {
    const host = hostBytes(local.host);
    if (this.#fixed || this.#confirmed || host === null || isLoopback(host)) return null;
    return host.length === now.host.length && host.every((byte, i) => byte === now.host[i])
      ? null
      : { host, port: now.port };
  }

  /** Lists were exchanged at this address: it stays. */
  confirm(): void {
    this.#confirmed = true;
  }
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

/** This machine's first address that others may reach; IPv4 first; loopback where there is no other. */
function ownHost(v6: boolean): Uint8Array {
  const found = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !address.toLowerCase().startsWith("fe80:"))
    .map(({ address }) => hostBytes(address))
    .filter((bytes) => bytes !== null);
  const best = found.find(({ length }) => length === 4) ?? (v6 ? found[0] : undefined);
  return best ?? Uint8Array.of(127, 0, 0, 1);
}
