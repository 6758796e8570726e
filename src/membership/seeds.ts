import { lookup } from "node:dns/promises";
import { isIPv4 } from "node:net";
import pLimit from "p-limit";
import { reason } from "../shared/errors.ts";
import type { Address } from "./core/address.ts";
import { hostBytes, parseEndpoint } from "./endpoint.ts";

export interface JoinResult {
  readonly joined: string[];
  readonly failed: { readonly seed: string; readonly why: string }[];
}

/** Seeds tried at once. */
const AT_ONCE = 8;
/** Addresses of one name that are tried. */
const MAX_ADDRESSES = 4;

/** Tries every seed, and each address that its name has until one answers. `join` resolves with why it failed, or null. */
export async function joinSeeds(
  seeds: readonly string[],
  v6: boolean,
  join: (to: Address) => Promise<string | null>,
): Promise<JoinResult> {
  const result: JoinResult = { joined: [], failed: [] };
  const limit = pLimit(AT_ONCE);
  const trySeed = async (seed: string): Promise<void> => {
    const addresses = await seedAddresses(seed, v6);
    let why: string | null = typeof addresses === "string" ? addresses : "it has no address that we can reach";
    for (const address of typeof addresses === "string" ? [] : addresses) {
      why = await join(address);
      if (why === null) break;
    }
    if (why === null) result.joined.push(seed);
    else result.failed.push({ seed, why });
  };
  await Promise.all([...new Set(seeds)].map((seed) => limit(() => trySeed(seed))));
  return result;
}

async function seedAddresses(seed: string, v6: boolean): Promise<Address[] | string> {
  const endpoint = parseEndpoint(seed);
  if (endpoint === null) return "it is no address such as 192.168.1.5 or host:7946";
  try {
    const found = await lookup(endpoint.host, { all: true });
    return found
      .filter(({ address }) => v6 || isIPv4(address))
      .slice(0, MAX_ADDRESSES)
      .map(({ address }) => hostBytes(address))
      .filter((host) => host !== null)
      .map((host) => ({ host, port: endpoint.port }));
  } catch (thrown) {
    return `its name is not known: ${reason(thrown)}`;
  }
}
