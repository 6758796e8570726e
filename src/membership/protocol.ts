import { admission } from "./admission.ts";
import type { Config } from "./core/core.ts";
import { PROFILES } from "./core/profiles.ts";
import type { KnownIds } from "./ids.ts";
import type { Keyring } from "./keyring.ts";
import type { MembershipOptions } from "./options.ts";
import { encodeMessage } from "./wire/codec.ts";
import { packetOverhead, type Wire } from "./wire/layers.ts";

/** `[pMin, pMax, pCur, dMin, dMax, dCur]`: memberlist's protocol, and Serf's or none on it (DESIGN §6). */
const VSN = { serf: [1, 5, 2, 2, 5, 4], none: [1, 5, 2, 0, 0, 0] } as const;

/** How a member speaks and whom it lets in, for the core; and what its messages are wrapped in, with the keys of each moment. */
export function protocolOf(
  options: MembershipOptions,
  keyring: Keyring,
  ids: KnownIds,
): { config: Config; wire: Wire } {
  const wire: Wire = {
    get keys() {
      return keyring.list();
    },
    label: new Uint8Array(),
    compress: false,
  };
  const config: Config = {
    name: options.wireName,
    vsn: Uint8Array.from(VSN[options.delegate]),
    profile: PROFILES[options.profile],
    layerOverhead: packetOverhead(wire),
    encode: encodeMessage,
    ...admission(options.meta.groupId, (name) => ids.of(name), options.admits),
  };
  return { config, wire };
}
