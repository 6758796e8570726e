import type { Effect, Input } from "../../src/membership/core/effects.ts";
import type { Accusation, Alive, PacketMessage } from "../../src/membership/core/message.ts";
import { PROFILES } from "../../src/membership/core/profiles.ts";
import { Swim } from "../../src/membership/core/swim.ts";
import type { Timer, TimerKind } from "../../src/membership/core/timers.ts";
import { encodeMessage } from "../../src/membership/wire/codec.ts";
import { seeded } from "../../src/shared/random.ts";
import { addressOf, vsn } from "./lan.ts";

export const meta = Uint8Array.of(1, 2, 3);

/** A claim that a member numbered so is alive. */
export function alive(index: number, incarnation = 5, more: Partial<Alive> = {}): Alive {
  return { kind: "alive", node: `m${index}`, incarnation, address: addressOf(index), meta, vsn, ...more };
}

export function accuse(kind: Accusation["kind"], index: number, incarnation = 5, from = "m9"): Accusation {
  return { kind, node: `m${index}`, incarnation, from };
}

/** One member, m0 at incarnation 10, whose every step is looked at. */
export class OneMember {
  now = 0;
  readonly swim: Swim;
  readonly timers: Timer[] = [];
  effects: Effect[] = [];

  constructor(identity: (name: string, meta: Uint8Array) => string | null = () => null) {
    const config = {
      name: "m0",
      vsn,
      profile: PROFILES.lan,
      layerOverhead: 5,
      encode: encodeMessage,
      admit: ({ name }: { name: string }) => (name === "m66" ? "it is m66" : null),
      veto: (states: readonly { name: string }[]) =>
        states.some(({ name }) => name === "m66") ? "m66 is there" : null,
      identity: (claimed: { name: string; meta: Uint8Array }) => identity(claimed.name, claimed.meta),
    };
    this.swim = new Swim(config, seeded(1), { address: addressOf(0), meta, incarnation: 10 });
    this.feed({ kind: "start" });
  }

  feed(input: Input): Effect[] {
    this.effects = this.swim.handle(this.now, input);
    for (const effect of this.effects) if (effect.kind === "wake") this.timers.push(effect.timer);
    return this.effects;
  }

  hear(...messages: PacketMessage[]): Effect[] {
    return this.feed({ kind: "packet", from: addressOf(99), messages });
  }

  /** Fires the newest timer of a kind, when it is due or so many milliseconds late. */
  fire(kind: TimerKind, late = 0): Effect[] {
    const timer = this.#newest(kind);
    this.now = Math.max(this.now, timer.due + late);
    return this.feed({ kind: "timer", timer });
  }

  /** Tells all news that is waiting, in no time. */
  drain(): void {
    for (let ticks = 0; ticks < 8; ticks++) this.feed({ kind: "timer", timer: this.#newest("gossip") });
  }

  #newest(kind: TimerKind): Timer {
    const timer = this.timers.filter((one) => one.kind === kind).at(-1);
    if (timer === undefined) throw new Error(`no timer "${kind}" was set`);
    return timer;
  }

  /** The messages of what it last sent, by receiver's number. */
  get sent(): [number, PacketMessage[]][] {
    return this.effects
      .filter((effect) => effect.kind === "send")
      .map(({ to, parts }) => [((to.host[2] ?? 0) << 8) | (to.host[3] ?? 0), parts.map(({ message }) => message)]);
  }

  state(index: number): string | undefined {
    return this.swim.member(`m${index}`)?.state;
  }
}
