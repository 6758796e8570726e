import type { Clock } from "../shared/clock.ts";
import { groupShareMeta } from "./admission.ts";
import type { MemberState } from "./core/message.ts";
import type { Node } from "./core/nodes.ts";
import { toEndpoint } from "./endpoint.ts";
import type { GenerationMark } from "./meta.ts";

/** A member as the rest of the program sees it. */
export interface MemberRecord {
  /** Member id; null for one that is no GroupShare program, such as a real Serf. */
  readonly id: string | null;
  readonly wireName: string;
  /** Display name; the wire name where it says none. */
  readonly name: string;
  readonly state: MemberState;
  readonly self: boolean;
  /** Where its gossip port is. */
  readonly host: string;
  readonly port: number;
  /** 0 where it has none. */
  readonly peerPort: number;
  /** Hosts to try beside `host`. */
  readonly addresses: readonly string[];
  readonly epoch: string;
  readonly sequence: number;
  readonly entries: number;
  readonly bytes: number;
  /** Lowest and highest exchange version; 0 and 0 where it has none. */
  readonly exchange: readonly [number, number];
  readonly version: string;
  /** Which of the group's secrets it says to have; null where it says nothing of that. */
  readonly generation: GenerationMark | null;
  /** Round-trip time of probes, smoothed; null before the first. */
  readonly rttMs: number | null;
  readonly incarnation: number;
  /** When it came into its state, milliseconds since 1970. */
  readonly since: number;
}

/** Makes records of what the core believes. */
export class Records {
  readonly #self: string;
  /** Wall time at 0 of the core's clock. */
  readonly #epoch: number;

  constructor(self: string, clock: Clock) {
    this.#self = self;
    this.#epoch = clock.wall() - clock.now();
  }

  of(node: Node): MemberRecord {
    const meta = groupShareMeta(node);
    return {
      id: meta?.id ?? null,
      wireName: node.name,
      name: meta?.name ?? node.name,
      state: node.state,
      self: node.name === this.#self,
      ...toEndpoint(node.address),
      peerPort: meta?.peerPort ?? 0,
      addresses: meta?.addresses ?? [],
      epoch: meta?.epoch ?? "",
      sequence: meta?.sequence ?? 0,
      entries: meta?.entries ?? 0,
      bytes: meta?.bytes ?? 0,
      exchange: meta?.exchange ?? [0, 0],
      version: meta?.version ?? "",
      generation: meta?.generation ?? null,
      rttMs: node.rtt === null ? null : Math.round(node.rtt * 100) / 100,
      incarnation: node.incarnation,
      since: Math.round(this.#epoch + node.changedAt),
    };
  }
}
