/** Ceilings for what gossip brings, in bytes unless said (SWIM-WIRE §1.8). */
export const WIRE_LIMITS = {
  datagram: 65_536,
  label: 255,
  /** Any name in a message. Serf allows 128. */
  name: 512,
  /** Meta as received: memberlist sends at most 512, but does not check what it gets. Judged by the core. */
  meta: 4_096,
  /** Compound in compress in compound: how deep. */
  depth: 4,
  /** All that a datagram may unpack to. */
  unpackedPacket: 128 * 1024,
  /** Messages in a datagram, nested compounds included. Count. */
  packetMessages: 1_024,
  /** A stream's message as it comes, encrypted or not. */
  stream: 20 * 1024 * 1024,
  /** A stream's message, decompressed. */
  unpackedStream: 40 * 1024 * 1024,
  /** Members in a push/pull: four times what one lists. Reading more would hold up all else. Count. */
  states: 16_384,
  /** Keys in a message's map. Count. */
  fields: 64,
  /** An error's text. */
  error: 4_096,
} as const;
