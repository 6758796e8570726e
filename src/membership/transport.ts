import type { Endpoint } from "../shared/endpoint.ts";

/** A stream to another member: one message each way. */
export interface Connection {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** Called once, before anything can arrive. `ended` comes once, with why. */
  listen(arrived: (chunk: Uint8Array) => void, ended: (why: string) => void): void;
  write(bytes: Uint8Array): void;
  /** It said something whole and right, so that it is kept when there are too many. false: too many such are here already. */
  proven(): boolean;
  /** Closes once all is sent. */
  finish(): void;
  /** Closes at once. */
  destroy(): void;
}

export interface TransportListener {
  packet(bytes: Uint8Array, from: Endpoint): void;
  connection(connection: Connection): void;
}

/** How members reach each other: datagrams that may be lost, and streams that are not, at one address. */
export interface Transport {
  /** What it listens on; the host may be a wildcard. */
  readonly bound: Endpoint;
  /** Whether it takes IPv6 addresses. */
  readonly v6: boolean;
  /** From now on, what arrives is told. */
  start(listener: TransportListener): void;
  /** Hands a datagram to the network; rejects where that does not take it. */
  send(bytes: Uint8Array, to: Endpoint): Promise<void>;
  /** Rejects with words for people where nobody answers in time. */
  dial(to: Endpoint, timeoutMs: number): Promise<Connection>;
  /** Connections from others that were ended to make room, for having proven nothing, or since too many were proven. */
  readonly turnedAway: number;
  close(): Promise<void>;
}
