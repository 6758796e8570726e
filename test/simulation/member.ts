import type { Address } from "../../src/membership/core/address.ts";
import type { Config } from "../../src/membership/core/core.ts";
import type { Profile } from "../../src/membership/core/profiles.ts";
import { Swim } from "../../src/membership/core/swim.ts";
import { hostBytes, parseEndpoint } from "../../src/membership/endpoint.ts";
import { encodeMessage } from "../../src/membership/wire/codec.ts";
import { packetOverhead, type Wire } from "../../src/membership/wire/layers.ts";
import type { Random } from "../../src/shared/random.ts";
import type { Host } from "./host.ts";
import type { LanOptions } from "./options.ts";

/** Versions that all members speak. */
export const vsn = Uint8Array.of(1, 5, 2, 2, 5, 4);
export const wire: Wire = { keys: [new Uint8Array(32).fill(3)], label: new Uint8Array(), compress: false };

export const addressOf = (index: number, port = 7_946): Address => ({
  host: Uint8Array.of(10, 0, index >> 8, index & 0xff),
  port,
});

/** Of `host:port`. */
export function addressFrom(text: string): Address {
  const { host = "", port = 0 } = parseEndpoint(text) ?? {};
  return { host: hostBytes(host) ?? new Uint8Array(4), port };
}

/** A member for a machine, at its present address and incarnation, with so many bytes of meta, which tell its run. */
export function swimOf(
  { name, address, incarnation, runs, wall, steady }: Host,
  profile: Profile,
  { lifeguard }: LanOptions,
  { random, meta }: { readonly random: Random; readonly meta: number },
): Swim {
  const config: Config = {
    ...{ name, vsn, profile, layerOverhead: packetOverhead(wire), encode: encodeMessage },
    ...{ admit: () => null, veto: () => null, identity: (claimed) => claimed.name, began },
    ...(lifeguard === undefined ? {} : { lifeguard }),
  };
  const said = new Uint8Array(meta).fill(runs);
  // Its steady clock stands at 0 as it begins.
  if (meta > BEGAN_BYTES) new DataView(said.buffer).setFloat64(meta - BEGAN_BYTES, wall - steady);
  return new Swim(config, random, { address, meta: said, incarnation });
}

/** When a run began, by its machine's wall clock, is at the end of its meta, where there is room. */
const BEGAN_BYTES = 8;

function began({ meta }: { readonly meta: Uint8Array }): number | null {
  if (meta.length <= BEGAN_BYTES) return null;
  return new DataView(meta.buffer, meta.byteOffset, meta.length).getFloat64(meta.length - BEGAN_BYTES);
}

/** Whether a host has another alive in its list, at the incarnation and with the meta that the other has now. */
export function isKnown(host: Host, other: Host): boolean {
  const seen = host.swim?.member(other.name);
  const own = other.swim?.member(other.name);
  return seen?.state === "alive" && seen.incarnation === own?.incarnation && seen.meta[0] === own.meta[0];
}

/** Members that a host lists as alive or suspect. */
export function presentFor(host: Host): number {
  let count = 0;
  for (const { state } of host.swim?.members() ?? []) if (state === "alive" || state === "suspect") count += 1;
  return count;
}
