import assert from "node:assert/strict";
import type { Effect } from "../../src/membership/core/effects.ts";
import type { PacketMessage } from "../../src/membership/core/message.ts";
import { packetOverhead, type Wire } from "../../src/membership/wire/layers.ts";
import { unwrapPacket, wrapPacket } from "../../src/membership/wire/packet.ts";

const CRC_BYTES = 5;

/** What a datagram says to its receiver, and its bytes: through the real codec, or computed. */
export function carry(
  { parts, crc }: Extract<Effect, { kind: "send" }>,
  wire: Wire,
  encoded: boolean,
): { messages: readonly PacketMessage[]; bytes: number } {
  if (!encoded) {
    let bytes = packetOverhead(wire) - (crc ? 0 : CRC_BYTES) + (parts.length > 1 ? 2 : 0);
    for (const part of parts) bytes += part.bytes.length + (parts.length > 1 ? 2 : 0);
    return { messages: parts.map(({ message }) => message), bytes };
  }
  const packet = wrapPacket(
    parts.map(({ bytes }) => bytes),
    wire,
    crc,
  );
  const { messages, refused } = unwrapPacket(packet, wire);
  assert.equal(refused, null);
  return { messages, bytes: packet.length };
}
