import type { Address } from "../core/address.ts";
import type { Accusation, MemberState, PacketMessage, PushState, StreamMessage } from "../core/message.ts";
import { WIRE_LIMITS } from "./limits.ts";
import { encodeMap, Fields } from "./value.ts";
import { valueEnd } from "./walk.ts";

/** First byte of every message. On the wire: append only, never reuse or reorder (SWIM-WIRE §1.1). */
export const TYPE = {
  ping: 0,
  indirectPing: 1,
  ack: 2,
  suspect: 3,
  alive: 4,
  dead: 5,
  pushPull: 6,
  compound: 7,
  user: 8,
  compress: 9,
  encrypt: 10,
  nack: 11,
  crc: 12,
  failure: 13,
  label: 244,
} as const;

/** What a decoder says instead of a message. */
export interface Refusal {
  readonly refused: string;
}

const STATES: readonly MemberState[] = ["alive", "suspect", "dead", "left"];
const U32 = 0xffff_ffff;
const U16 = 0xffff;

/** A message for a datagram, with its type byte. */
export function encodeMessage(message: PacketMessage): Uint8Array {
  switch (message.kind) {
    case "ping":
      return tagged(TYPE.ping, { Node: message.node, SeqNo: message.seq, ...sourceFields(message) });
    case "indirect-ping": {
      const { nack, node, seq, target } = message;
      const asked = { Nack: nack, Node: node, Port: target.port, SeqNo: seq, Target: target.host };
      return tagged(TYPE.indirectPing, { ...asked, ...sourceFields(message) });
    }
    case "ack":
      return tagged(TYPE.ack, { Payload: orNil(message.payload), SeqNo: message.seq });
    case "nack":
      return tagged(TYPE.nack, { SeqNo: message.seq });
    case "suspect":
    case "dead":
      return tagged(TYPE[message.kind], { From: message.from, Incarnation: message.incarnation, Node: message.node });
    case "alive": {
      const { address, incarnation, meta, node, vsn } = message;
      const where = { Addr: address.host, Port: address.port };
      return tagged(TYPE.alive, { ...where, Incarnation: incarnation, Meta: orNil(meta), Node: node, Vsn: vsn });
    }
    case "user":
      return concat([Uint8Array.of(TYPE.user), message.bytes]);
  }
}

/** A message for a stream, with its type byte. */
export function encodeStreamMessage(message: StreamMessage): Uint8Array {
  switch (message.kind) {
    case "push-pull": {
      const { join, states, userState } = message;
      const head = tagged(TYPE.pushPull, { Join: join, Nodes: states.length, UserStateLen: userState.length });
      return concat([head, ...states.map(encodeState), userState]);
    }
    case "user":
      return concat([tagged(TYPE.user, { UserMsgLen: message.bytes.length }), message.bytes]);
    case "failure":
      return tagged(TYPE.failure, { Error: message.text });
    default:
      return encodeMessage(message);
  }
}

function encodeState({ name, address, meta, incarnation, state, vsn }: PushState): Uint8Array {
  const where = { Addr: address.host, Port: address.port };
  const belief = { Incarnation: incarnation, State: STATES.indexOf(state) };
  return encodeMap({ ...where, ...belief, Meta: orNil(meta), Name: name, Vsn: vsn });
}

/** One message of a datagram that is neither a compound nor compressed. Bytes after its map are ignored, as Go does. */
export function decodeMessage(bytes: Uint8Array): PacketMessage | Refusal {
  const type = bytes[0];
  if (type === TYPE.user) return { kind: "user", bytes: new Uint8Array(bytes.subarray(1)) };
  const end = valueEnd(bytes, 1);
  const fields = typeof end === "number" ? Fields.of(bytes.subarray(1, end), WIRE_LIMITS.datagram) : null;
  if (fields === null) return { refused: `a message of type ${type} is not a map` };
  const message = readMessage(type, fields);
  if (message === null) return { refused: `a message of unknown type ${type}` };
  return fields.fits ? message : { refused: `a message of type ${type} has a field that is not what it should be` };
}

/** The message of this type with these fields, judged by `fits` afterwards; null for a type that is none. */
export function readMessage(type: number | undefined, fields: Fields): PacketMessage | null {
  const seq = (): number => fields.uint("SeqNo", U32);
  switch (type) {
    case TYPE.ping:
      return { kind: "ping", seq: seq(), node: name(fields, "Node"), ...readSource(fields) };
    case TYPE.indirectPing: {
      const target = readAddress(fields, "Target", "Port");
      const asked = { node: name(fields, "Node"), nack: fields.flag("Nack") };
      return { kind: "indirect-ping", seq: seq(), target, ...asked, ...readSource(fields) };
    }
    case TYPE.ack:
      return { kind: "ack", seq: seq(), payload: fields.bytes("Payload", WIRE_LIMITS.datagram) };
    case TYPE.nack:
      return { kind: "nack", seq: seq() };
    case TYPE.suspect:
      return readAccusation("suspect", fields);
    case TYPE.dead:
      return readAccusation("dead", fields);
    case TYPE.alive:
      return { kind: "alive", node: name(fields, "Node"), ...readClaim(fields) };
    default:
      return null;
  }
}

/** One member of a push/pull; null where its state is none we know, which is passed over as Go does. */
export function readState(fields: Fields): PushState | null {
  const state = STATES[fields.uint("State", U32)];
  const claim = { name: name(fields, "Name"), ...readClaim(fields) };
  return state === undefined ? null : { ...claim, state };
}

function readClaim(fields: Fields) {
  return {
    incarnation: fields.uint("Incarnation", U32),
    address: readAddress(fields, "Addr", "Port"),
    meta: fields.bytes("Meta", WIRE_LIMITS.meta),
    vsn: fields.bytes("Vsn", 16),
  };
}

function readAccusation(kind: Accusation["kind"], fields: Fields): Accusation {
  return { kind, incarnation: fields.uint("Incarnation", U32), node: name(fields, "Node"), from: name(fields, "From") };
}

function readAddress(fields: Fields, host: string, port: string): Address {
  const address = { host: fields.bytes(host, 16), port: fields.uint(port, U16) };
  if (address.host.length !== 4 && address.host.length !== 16) fields.fits = false;
  return address;
}

/** Both or none: half an address is no place to answer to (SWIM-WIRE §2.1). */
function readSource(fields: Fields): { replyTo: Address | null; source: string } {
  const host = fields.bytes("SourceAddr", 16);
  const port = fields.uint("SourcePort", U16);
  const there = port > 0 && (host.length === 4 || host.length === 16);
  return { replyTo: there ? { host, port } : null, source: name(fields, "SourceNode") };
}

function sourceFields({ replyTo, source }: { replyTo: Address | null; source: string }) {
  return {
    SourceAddr: replyTo?.host,
    SourcePort: replyTo?.port,
    SourceNode: source === "" ? undefined : source,
  };
}

function name(fields: Fields, key: string): string {
  return fields.text(key, WIRE_LIMITS.name);
}

function orNil(bytes: Uint8Array): Uint8Array | null {
  return bytes.length === 0 ? null : bytes;
}

function tagged(type: number, fields: Parameters<typeof encodeMap>[0]): Uint8Array {
  return encodeMap(fields, type);
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
