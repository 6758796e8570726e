import type { Lifeguard } from "../../src/membership/core/core.ts";
import type { Effect, Input } from "../../src/membership/core/effects.ts";
import type { Node } from "../../src/membership/core/nodes.ts";
import type { Profile } from "../../src/membership/core/profiles.ts";
import type { Swim } from "../../src/membership/core/swim.ts";
import type { Host } from "./host.ts";

/** Nobody knows better than the simulation what goes on; who watches is told of everything, and may throw. */
export interface Watcher {
  /** A run of a member begins, after the first thing it did. */
  started?(host: Host): void;
  /** What a member believes of another, or of itself, has changed, and what it was before. */
  believed?(host: Host, now: Node, before: Node | null): void;
  sent?(host: Host, effect: Extract<Effect, { kind: "send" }>, bytes: number): void;
  told?(host: Host, effect: Effect): void;
  stepped?(host: Host, swim: Swim): void;
}

export interface LanOptions {
  readonly seed: number;
  readonly profile?: Profile;
  readonly lifeguard?: Lifeguard;
  /** Datagrams are really encoded, sealed, opened and decoded; else messages are handed over. */
  readonly encoded?: boolean;
  /** Members look for those who are missing. */
  readonly rejoin?: boolean;
  /** Members are told how long they stood still; else they find it out by their timers. */
  readonly lag?: boolean;
  /** Bytes of meta with which members begin. */
  readonly meta?: number;
  readonly watch?: Watcher;
  /** Spoils the members, to see whether it is noticed: what happens to one instead; null: nothing does. */
  readonly spoil?: (host: Host, input: Input, now: number) => Input | null;
}
