import type { Config } from "../../src/membership/core/core.ts";
import type { Effect, Input } from "../../src/membership/core/effects.ts";
import type { Accusation, Alive, PacketMessage, PushState } from "../../src/membership/core/message.ts";
import { PROFILES, type Profile } from "../../src/membership/core/profiles.ts";
import { Swim } from "../../src/membership/core/swim.ts";
import type { Timer, TimerKind } from "../../src/membership/core/timers.ts";
import { encodeMessage } from "../../src/membership/wire/codec.ts";
import { seeded } from "../../src/shared/random.ts";
import { addressOf, vsn } from "../simulation/member.ts";

export const meta = Uint8Array.of(1, 2, 3);

/** A claim that a member numbered so is alive. */
export function alive(index: number, incarnation = 5, more: Partial<Alive> = {}): Alive {
  return { kind: "alive", node: `m${index}`, incarnation, address: addressOf(index), meta, vsn, ...more };
}

export function accuse(kind: Accusation["kind"], index: number, incarnation = 5, from = "m9"): Accusation {
  return { kind, node: `m${index}`, incarnation, from };
}

export interface OneOptions {
  readonly profile?: Partial<Profile>;
  readonly config?: Partial<Config>;
  readonly seed?: number;
}

/** One member, m0 at incarnation 10, whose every step is looked at. */
export class OneMember {
  now = 0;
  readonly swim: Swim;
  readonly timers: Timer[] = [];
  effects: Effect[] = [];

  constructor({ profile, config, seed = 1 }: OneOptions = {}) {
    const whole: Config = {
      name: "m0",
      vsn,
      profile: { ...PROFILES.lan, ...profile },
      layerOverhead: 5,
      encode: encodeMessage,
      admit: ({ name }) => (name === "m66" ? "it is m66" : null),
      veto: (states) => (states.some(({ name }) => name === "m66") ? "m66 is there" : null),
      identity: () => null,
      ...config,
    };
    this.swim = new Swim(whole, seeded(seed), { address: addressOf(0), meta, incarnation: 10 });
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

  /** A list of other members arrives over a stream. */
  swap(states: readonly PushState[], join = false): Effect[] {
    return this.feed({
      kind: "asked",
      stream: -1,
      message: { kind: "push-pull", join, states, userState: new Uint8Array() },
    });
  }

  /** Fires the newest timer of a kind, when it is due; rounds of gossip come and go meanwhile. */
  fire(kind: TimerKind): Effect[] {
    const timer = this.#newest(kind);
    if (kind !== "gossip") this.pass(Math.max(0, timer.due - this.now));
    this.now = Math.max(this.now, timer.due);
    return this.feed({ kind: "timer", timer });
  }

  /** Time goes by, with nothing in it but gossip; others are heard now and then, or not. */
  pass(ms: number, heard = true): void {
    const end = this.now + ms;
    for (;;) {
      const timer = this.#newest("gossip");
      if (timer.due > end) break;
      this.now = Math.max(this.now, timer.due);
      if (heard) this.hear({ kind: "nack", seq: 0 });
      this.feed({ kind: "timer", timer });
    }
    this.now = end;
  }

  /** Tells all news that is waiting, in no time. */
  drain(): void {
    for (let ticks = 0; ticks < 100 && this.swim.load.news + this.swim.load.riders > 0; ticks++) {
      this.feed({ kind: "timer", timer: this.#newest("gossip") });
    }
  }

  #newest(kind: TimerKind): Timer {
    const timer = this.timers.filter((one) => one.kind === kind).at(-1);
    if (timer === undefined) throw new Error(`no timer "${kind}" was set`);
    return timer;
  }

  /** Its wishes of one kind, in the last step. */
  wishes<Kind extends Effect["kind"]>(kind: Kind): Extract<Effect, { kind: Kind }>[] {
    return this.effects.filter((effect): effect is Extract<Effect, { kind: Kind }> => effect.kind === kind);
  }

  /** The messages of what it last sent, by receiver's number. */
  get sent(): [number, PacketMessage[]][] {
    return this.wishes("send").map(({ to, parts }) => [
      ((to.host[2] ?? 0) << 8) | (to.host[3] ?? 0),
      parts.map(({ message }) => message),
    ]);
  }

  state(index: number): string | undefined {
    return this.swim.member(`m${index}`)?.state;
  }
}

/** One line of a list. */
export function listed(index: number, state: PushState["state"], incarnation = 5): PushState {
  return { name: `m${index}`, address: addressOf(index), meta, incarnation, state, vsn };
}
