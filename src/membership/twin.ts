import { type Endpoint, endpointText } from "../shared/endpoint.ts";
import { reason } from "../shared/errors.ts";
import type { Advertised } from "./advertise.ts";
import type { Address } from "./core/address.ts";
import { toEndpoint } from "./endpoint.ts";
import { decodeMeta } from "./meta.ts";
import type { MembershipOptions } from "./options.ts";

/** What is claimed of this member's identity. */
interface Claim {
  readonly at: Address;
  /** Encoded. */
  readonly meta: Uint8Array;
  readonly own: Pick<Advertised, "leadsHere">;
  /** Told where it is proven. */
  found(at: Endpoint): void;
}

/**
 * Whether this member's identity runs at an address as well: asked of who is there, unless the address is one of this
 * very member. Never rejects: who cannot be asked has proven nothing.
 */
export async function runsAt(
  { at, meta, own, found }: Claim,
  { proves, log }: Pick<MembershipOptions, "proves" | "log">,
): Promise<boolean> {
  const endpoint = toEndpoint(at);
  const said = decodeMeta(meta);
  if (own.leadsHere(at) || said === null) return false;
  try {
    const proven = proves === undefined || (await proves(endpoint, said));
    if (proven) found(endpoint);
    return proven;
  } catch (thrown) {
    const where = endpointText(endpoint);
    log.warn("who claims this member's identity could not be asked", { at: where, why: reason(thrown) });
    return false;
  }
}
