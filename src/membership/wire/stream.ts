import type { PushState, StreamMessage } from "../core/message.ts";
import { concat, encodeStreamMessage, type Refusal, readMessage, readState, TYPE } from "./codec.ts";
import { compressed, decompressed, labelEnd, labelHeader, type Wire } from "./layers.ts";
import { WIRE_LIMITS } from "./limits.ts";
import type { Replays } from "./replays.ts";
import { seal, UNREADABLE, unseal } from "./seal.ts";
import { Fields } from "./value.ts";
import { valueEnd } from "./walk.ts";

const FRAME = 5;

/** A message as it goes over a stream. Only who dialled says the label, but both ends seal with it (SWIM-WIRE §1.2, §1.4). */
export function encodeStream(message: StreamMessage, wire: Wire, dialled: boolean): Uint8Array {
  const plain = encodeStreamMessage(message);
  let body = wire.compress ? compressed(plain) : plain;
  const [key] = wire.keys;
  if (key !== undefined) body = frame(key, body, wire.label);
  return dialled ? concat([labelHeader(wire.label), body]) : body;
}

/** The encrypted frame of a stream: `0a`, length, sealed bytes. `nonce` is for tests. */
export function frame(key: Uint8Array, body: Uint8Array, label: Uint8Array, nonce?: Uint8Array): Uint8Array {
  const head = new Uint8Array(FRAME);
  const view = new DataView(head.buffer);
  view.setUint8(0, TYPE.encrypt);
  view.setUint32(1, 1 + 12 + body.length + 16);
  const aad = concat([head, label]);
  return concat([head, seal(key, body, nonce === undefined ? { aad } : { aad, nonce })]);
}

/** Finds the one message that comes over a stream, whatever the pieces it comes in. Never throws. */
export class StreamReader {
  readonly #wire: Wire;
  readonly #replays: Replays | undefined;
  #bytes = new Uint8Array(4_096);
  #length = 0;
  /** Still to come at the start: the label, where the other end dialled. */
  #labelled: boolean;
  #start = 0;
  readonly #parser = new MessageParser();

  /** `dialled`: we did, so that what comes has no label. With `replays`, what is encrypted is heard once. */
  constructor(wire: Wire, dialled: boolean, replays?: Replays) {
    this.#wire = wire;
    this.#replays = replays;
    this.#labelled = !dialled;
  }

  /** Bytes held. */
  get size(): number {
    return this.#length;
  }

  /** Members of the list that were left out of it, since they say what cannot be. */
  get leftOut(): number {
    return this.#parser.leftOut;
  }

  /** The message, once it is whole; "more": it is not yet. After a message or a refusal, push no more. */
  push(chunk: Uint8Array): StreamMessage | "more" | Refusal {
    if (this.#length + chunk.length > WIRE_LIMITS.stream + WIRE_LIMITS.label + 2 + FRAME) {
      return { refused: "it is too long" };
    }
    this.#keep(chunk);
    const bytes = this.#bytes.subarray(0, this.#length);
    if (this.#labelled) {
      if (bytes.length === 0) return "more";
      const end = labelEnd(bytes, this.#wire.label);
      if (end === "short") return "more";
      if (typeof end !== "number") return end;
      this.#labelled = false;
      this.#start = end;
    }
    return this.#read(bytes.subarray(this.#start));
  }

  #read(bytes: Uint8Array): StreamMessage | "more" | Refusal {
    if (bytes.length === 0) return "more";
    const encrypted = bytes[0] === TYPE.encrypt;
    if (encrypted !== this.#wire.keys.length > 0) {
      return { refused: encrypted ? "it is encrypted and we have no key" : "it is not encrypted" };
    }
    if (encrypted) return this.#decrypt(bytes);
    if (bytes[0] === TYPE.compress) {
      const plain = decompressed(bytes, WIRE_LIMITS.unpackedStream);
      if (plain === "short") return "more";
      return "refused" in plain ? plain : this.#whole(plain);
    }
    return this.#parser.read(bytes);
  }

  #decrypt(bytes: Uint8Array): StreamMessage | "more" | Refusal {
    if (bytes.length < FRAME) return "more";
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
    if (length > WIRE_LIMITS.stream) return { refused: "it is too long" };
    if (bytes.length < FRAME + length) return "more";
    const aad = concat([bytes.subarray(0, FRAME), this.#wire.label]);
    const block = bytes.subarray(FRAME, FRAME + length);
    const plain = unseal(this.#wire.keys, block, aad);
    if (plain === null) return { refused: UNREADABLE };
    if (this.#replays?.first(block) === false) return { refused: "it came before" };
    if (plain[0] !== TYPE.compress) return this.#whole(plain);
    const inner = decompressed(plain, WIRE_LIMITS.unpackedStream);
    if (inner === "short") return { refused: "what is compressed is cut off" };
    return "refused" in inner ? inner : this.#whole(inner);
  }

  /** A message whose end is known by other means. */
  #whole(bytes: Uint8Array): StreamMessage | Refusal {
    const message = this.#parser.read(bytes);
    return message === "more" ? { refused: "it is cut off" } : message;
  }

  #keep(chunk: Uint8Array): void {
    if (this.#length + chunk.length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + chunk.length));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(chunk, this.#length);
    this.#length += chunk.length;
  }
}

/** Reads one message out of bytes that grow, going on where it stopped: its end is known by its structure only. */
class MessageParser {
  leftOut = 0;
  #at = 1;
  #head: Fields | null = null;
  #states: PushState[] = [];
  #read = 0;

  read(bytes: Uint8Array): StreamMessage | "more" | Refusal {
    const type = bytes[0];
    if (type === undefined) return "more";
    if (
      type !== TYPE.pushPull &&
      type !== TYPE.user &&
      type !== TYPE.failure &&
      type !== TYPE.ping &&
      type !== TYPE.ack
    ) {
      return { refused: `a stream cannot hold a message of type ${type}` };
    }
    if (this.#head === null) {
      const head = this.#map(bytes);
      if (!(head instanceof Fields)) return head;
      this.#head = head;
    }
    const message = this.#message(type, this.#head, bytes);
    return this.#head.fits ? message : { refused: "it has a field that is not what it should be" };
  }

  #message(type: number, head: Fields, bytes: Uint8Array): StreamMessage | "more" | Refusal {
    if (type === TYPE.pushPull) return this.#pushPull(head, bytes);
    if (type === TYPE.failure) return { kind: "failure", text: head.text("Error", WIRE_LIMITS.error) };
    if (type === TYPE.user) {
      const rest = this.#rest(bytes, head.uint("UserMsgLen", WIRE_LIMITS.stream));
      return rest === "more" ? rest : { kind: "user", bytes: rest };
    }
    const message = readMessage(type, head);
    if (message?.kind === "ping" || message?.kind === "ack") return message;
    return { refused: "it is no ping and no ack" };
  }

  #pushPull(head: Fields, bytes: Uint8Array): StreamMessage | "more" | Refusal {
    const count = head.uint("Nodes", WIRE_LIMITS.states);
    for (; this.#read < count; this.#read++) {
      const fields = this.#map(bytes);
      if (!(fields instanceof Fields)) return fields;
      const state = readState(fields);
      // One odd member, of whatever make, does not keep all others from each other; datagrams pass over it as well.
      if (!fields.fits) this.leftOut += 1;
      else if (state !== null) this.#states.push(state);
    }
    const userState = this.#rest(bytes, head.uint("UserStateLen", WIRE_LIMITS.stream));
    if (userState === "more") return userState;
    return { kind: "push-pull", join: head.flag("Join"), states: this.#states, userState };
  }

  #map(bytes: Uint8Array): Fields | "more" | Refusal {
    const end = valueEnd(bytes, this.#at);
    if (end === "short") return "more";
    const fields = end === "bad" ? null : Fields.of(bytes.subarray(this.#at, end), WIRE_LIMITS.datagram);
    if (fields === null || end === "bad") return { refused: "it has something else where a map should be" };
    this.#at = end;
    return fields;
  }

  #rest(bytes: Uint8Array, length: number): Uint8Array | "more" {
    return bytes.length < this.#at + length ? "more" : new Uint8Array(bytes.subarray(this.#at, this.#at + length));
  }
}
