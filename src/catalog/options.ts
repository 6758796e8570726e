import type { Clock } from "../shared/clock.ts";
import type { Log } from "../shared/log.ts";
import type { Random } from "../shared/random.ts";
import type { SpawnWorker } from "../shared/worker-call.ts";

export interface CatalogOptions {
  /** Holds own.journal, `MEMBER-ID.journal` of the others, index.sqlite and clean.json; made when missing. */
  readonly dir: string;
  /** SHA-256 of `publicKey`, 64 hex digits. */
  readonly memberId: string;
  /** SubjectPublicKeyInfo (DER) of an ECDSA P-256 key. */
  readonly publicKey: Uint8Array;
  /** ECDSA P-256 with SHA-256; 64 bytes, r then s (IEEE P1363). */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
  readonly spawn: SpawnWorker;
  readonly log: Log;
  readonly clock: Clock;
  readonly random: Random;
  /** Entries of all lists together that are kept; LIMITS.entries where it is left out. A list that goes beyond is not taken. */
  readonly entries?: number;
  /** When an image is written beside the work: after so many changes, when none came for so long. Of 20 000 and 30 s where it is left out. */
  readonly image?: { readonly changes: number; readonly quietMs: number };
  /** GET on another member's peer port. */
  fetch(member: string, path: string, signal: AbortSignal): Promise<PeerResponse>;
}

export interface PeerResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: ReadableStream<Uint8Array>;
}

/** Where the own list stands: what is announced to the group. */
export interface Standing {
  /** 16 hex digits, new whenever history was lost or shortened. */
  readonly epoch: string;
  /** Number of the last change. */
  readonly sequence: number;
  /** Files and folders, shares' own folders among them. */
  readonly entries: number;
  /** Bytes of all files. */
  readonly bytes: number;
}

/** A member that is here, and where it says its list stands. */
export interface Presence {
  readonly id: string;
  readonly epoch: string;
  readonly sequence: number;
}
