import type { Address } from "./address.ts";

/*
 * One probe, drawn (SWIM-WIRE §3.5). All answers to it carry the sequence number of the first ping:
 *
 *   prober ── ping ──▶ target ── ack ──▶ prober                         the good case
 *   prober ── indirect-ping ──▶ helper ── ping ──▶ target               no ack within the probe timeout
 *                               helper ◀── ack ─── target
 *   prober ◀── ack ───────────── helper                                 or nack: the helper is there, the target is not
 *   prober ══ ping over TCP ══▶ target ══ ack ══▶ prober                at the same time: does only UDP fail?
 */

/** What a member says of itself or another says of it, at an incarnation that only the member itself raises. */
export type MemberState = "alive" | "suspect" | "dead" | "left";

export interface Ping {
  readonly kind: "ping";
  readonly seq: number;
  /** Whom it is for; any other member stays silent. "" is for anyone. */
  readonly node: string;
  /** Where to answer; null: where the packet came from. */
  readonly replyTo: Address | null;
  /** Who asks; "" where it was not said. */
  readonly source: string;
}

export interface IndirectPing {
  readonly kind: "indirect-ping";
  readonly seq: number;
  readonly target: Address;
  readonly node: string;
  /** Whether the asker understands nacks. */
  readonly nack: boolean;
  readonly replyTo: Address | null;
  readonly source: string;
}

export interface Ack {
  readonly kind: "ack";
  readonly seq: number;
  readonly payload: Uint8Array;
}

export interface Nack {
  readonly kind: "nack";
  readonly seq: number;
}

/** "suspect": somebody had no answer. "dead": nobody had for long; where node and from are the same, it left. */
export interface Accusation {
  readonly kind: "suspect" | "dead";
  readonly incarnation: number;
  readonly node: string;
  readonly from: string;
}

export interface Alive {
  readonly kind: "alive";
  readonly incarnation: number;
  readonly node: string;
  readonly address: Address;
  readonly meta: Uint8Array;
  /** `[pMin, pMax, pCur, dMin, dMax, dCur]`: versions of the protocol and of what rides on it. */
  readonly vsn: Uint8Array;
}

/** Bytes for what rides on the protocol, such as Serf's intents. */
export interface UserMessage {
  readonly kind: "user";
  readonly bytes: Uint8Array;
}

/** What a datagram may hold. */
export type PacketMessage = Ping | IndirectPing | Ack | Nack | Accusation | Alive | UserMessage;

/** One member in a push/pull. */
export interface PushState {
  readonly name: string;
  readonly address: Address;
  readonly meta: Uint8Array;
  readonly incarnation: number;
  readonly state: MemberState;
  readonly vsn: Uint8Array;
}

export interface PushPull {
  readonly kind: "push-pull";
  readonly join: boolean;
  readonly states: readonly PushState[];
  /** What rides on the protocol adds, such as Serf's clocks. */
  readonly userState: Uint8Array;
}

/** What the other end of a stream could not do, in its words. */
export interface Failure {
  readonly kind: "failure";
  readonly text: string;
}

/** What a TCP connection may hold: one message each way. */
export type StreamMessage = Ping | Ack | PushPull | UserMessage | Failure;

/** A message beside its bytes on the wire, so that it is encoded once and its length is known where packets are filled. */
export interface Encoded {
  readonly message: PacketMessage;
  readonly bytes: Uint8Array;
}
