import type { PacketMessage } from "../../src/membership/core/message.ts";
import { unwrapPacket } from "../../src/membership/wire/packet.ts";
import type { Ours } from "./group.ts";
import type { Way } from "./network.ts";

/** A message that passed between one of ours and another member, whose gossip address is `peer`. */
export interface Passed {
  readonly way: Way;
  readonly peer: string;
  readonly message: PacketMessage;
}

/** Listens to all that passes over one member's datagrams, from now on. */
export function tap(ours: Ours, keys: readonly Uint8Array[], hear: (passed: Passed) => void): void {
  const wire = { keys, label: new Uint8Array(), compress: false };
  ours.network.watch = (way, bytes, { host, port }) => {
    for (const message of unwrapPacket(bytes, wire).messages) hear({ way, peer: `${host}:${port}`, message });
  };
}
