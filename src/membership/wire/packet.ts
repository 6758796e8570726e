import { crc32 } from "node:zlib";
import type { PacketMessage } from "../core/message.ts";
import { concat, decodeMessage, type Refusal, TYPE } from "./codec.ts";
import { compressed, decompressed, labelEnd, labelHeader, type Wire } from "./layers.ts";
import { WIRE_LIMITS } from "./limits.ts";
import type { Replays } from "./replays.ts";
import { seal, UNREADABLE, unseal } from "./seal.ts";

export interface Unwrapped {
  readonly messages: readonly PacketMessage[];
  /** The first thing that could not be understood, in words. */
  readonly refused: string | null;
}

/**
 * A datagram of encoded messages: alone or as a compound, compressed where that is smaller, with a checksum where the
 * receiver understands it, encrypted, labelled (SWIM-WIRE §1.7). `parts` is not empty and has at most 255.
 */
export function wrapPacket(parts: readonly Uint8Array[], wire: Wire, crc: boolean): Uint8Array {
  let packet = parts.length === 1 ? (parts[0] as Uint8Array) : compound(parts);
  if (wire.compress) {
    const smaller = compressed(packet);
    if (smaller.length < packet.length) packet = smaller;
  }
  if (crc) packet = withCrc(packet);
  const [key] = wire.keys;
  if (key !== undefined) packet = seal(key, packet, { aad: wire.label });
  return wire.label.length === 0 ? packet : concat([labelHeader(wire.label), packet]);
}

/**
 * All that a datagram says. Never throws: what is not understood is left out, and named. With `replays`, one that is
 * encrypted is heard once.
 */
export function unwrapPacket(datagram: Uint8Array, wire: Wire, replays?: Replays): Unwrapped {
  const start = labelEnd(datagram, wire.label);
  if (typeof start !== "number") return nothing(start === "short" ? "its label is cut off" : start.refused);
  const block = datagram.subarray(start);
  const encrypted = wire.keys.length > 0;
  let packet: Uint8Array | null = encrypted ? unseal(wire.keys, block, wire.label) : block;
  if (packet === null) return nothing(UNREADABLE);
  if (encrypted && replays?.first(block) === false) return nothing("it came before");
  if (packet[0] === TYPE.crc && packet.length >= 5) {
    const body: Uint8Array = packet.subarray(5);
    const sum = new DataView(packet.buffer, packet.byteOffset).getUint32(1);
    if (crc32(body) !== sum) return nothing("its checksum is wrong");
    packet = body;
  }
  const unpacking = new Unpacking();
  unpacking.take(packet, 0);
  return { messages: unpacking.messages, refused: unpacking.refused };
}

export function compound(parts: readonly Uint8Array[]): Uint8Array {
  const head = new Uint8Array(2 + parts.length * 2);
  const view = new DataView(head.buffer);
  view.setUint8(0, TYPE.compound);
  view.setUint8(1, parts.length);
  parts.forEach((part, i) => {
    view.setUint16(2 + i * 2, part.length);
  });
  return concat([head, ...parts]);
}

function withCrc(packet: Uint8Array): Uint8Array {
  const head = new Uint8Array(5);
  const view = new DataView(head.buffer);
  view.setUint8(0, TYPE.crc);
  view.setUint32(1, crc32(packet));
  return concat([head, packet]);
}

function nothing(refused: string): Unwrapped {
  return { messages: [], refused };
}

/** Takes one datagram apart. Depth, messages and unpacked bytes are counted over all of it, so nesting gains nothing. */
class Unpacking {
  readonly messages: PacketMessage[] = [];
  refused: string | null = null;
  #room: number = WIRE_LIMITS.unpackedPacket;

  take(bytes: Uint8Array, depth: number): void {
    if (bytes.length === 0) this.#refuse("it is empty");
    else if (depth > WIRE_LIMITS.depth) this.#refuse("it is nested too deeply");
    else if (bytes[0] === TYPE.compound) this.#parts(bytes, depth);
    else if (bytes[0] === TYPE.compress) this.#inflate(bytes, depth);
    else if (this.messages.length >= WIRE_LIMITS.packetMessages) this.#refuse("it holds too many messages");
    else this.#message(decodeMessage(bytes));
  }

  #message(message: PacketMessage | Refusal): void {
    if ("refused" in message) this.#refuse(message.refused);
    else this.messages.push(message);
  }

  #parts(bytes: Uint8Array, depth: number): void {
    const count = bytes[1];
    if (count === undefined || bytes.length < 2 + count * 2) {
      this.#refuse("its parts are cut off");
      return;
    }
    if (count === 0) this.#refuse("it has no parts");
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = 2 + count * 2;
    for (let i = 0; i < count; i++) {
      const length = view.getUint16(2 + i * 2);
      if (at + length > bytes.length) {
        this.#refuse("its last parts are cut off");
        return;
      }
      this.take(bytes.subarray(at, at + length), depth + 1);
      at += length;
    }
  }

  #inflate(bytes: Uint8Array, depth: number): void {
    const plain = decompressed(bytes, Math.min(WIRE_LIMITS.datagram, this.#room));
    if (plain === "short") this.#refuse("what is compressed is cut off");
    else if ("refused" in plain) this.#refuse(plain.refused);
    else {
      this.#room -= plain.length;
      this.take(plain, depth + 1);
    }
  }

  #refuse(why: string): void {
    this.refused ??= why;
  }
}
