import { type Address, samePlace } from "./address.ts";
import type { Core } from "./core.ts";
import { refute } from "./merge.ts";
import type { Alive, Ping } from "./message.ts";
import { ping } from "./probe.ts";

interface Suspected {
  readonly seq: number;
  readonly address: Address;
  /** The highest incarnation it was claimed with. */
  incarnation: number;
  /** It began before this member did. */
  readonly elder: boolean;
  readonly askedAt: number;
}

/** An address is asked again after so long, in milliseconds. */
const ASK_AGAIN = 5_000;
/** Addresses remembered. */
const MOST = 16;

/**
 * Finds out whether another runs under this member's own name, from a copied identity (DESIGN §6). A claim that this
 * member is elsewhere may be a memory of where it was before it moved; so whoever is there is asked. If it answers, the
 * one that began later has to stop. If nobody does, the claim is outdone.
 */
export class Namesake {
  readonly #core: Core;
  readonly #began: number;
  readonly #suspected = new Map<string, Suspected>();

  constructor(core: Core) {
    this.#core = core;
    this.#began = core.incarnation;
    core.claimedElsewhere = (claim) => this.#ask(claim);
  }

  #ask({ address, incarnation }: Alive): void {
    const core = this.#core;
    if (core.leaving || core.moving !== null) return;
    const key = `${address.host.join(".")}:${address.port}`;
    const before = this.#suspected.get(key);
    if (before !== undefined && core.now - before.askedAt < ASK_AGAIN) {
      before.incarnation = Math.max(before.incarnation, incarnation);
      return;
    }
    for (const oldest of this.#suspected.keys()) {
      if (this.#suspected.size < MOST) break;
      this.#suspected.delete(oldest);
    }
    const seq = core.nextSequence();
    const elder = before?.elder ?? incarnation < this.#began;
    this.#suspected.set(key, { seq, address, incarnation, elder, askedAt: core.now });
    core.sendWithNews(address, ping(core, core.config.name, seq));
    core.wake("namesake", key, 2 * core.config.profile.probeTimeout);
  }

  /** Whether a ping with this member's name as its sender is its own, come back: the other address is its own too. */
  isEcho({ seq, source }: Ping): boolean {
    if (source !== this.#core.config.name) return false;
    const [key, asked] = this.#bySeq(seq) ?? [];
    if (key === undefined || asked === undefined) return false;
    this.#core.timers.clear("namesake", key);
    return true;
  }

  /** Somebody answered, at this address. Anywhere else it is the answer to something else that was asked long ago. */
  ack(seq: number, from: Address): void {
    const core = this.#core;
    const [key, asked] = this.#bySeq(seq) ?? [];
    const self = core.self;
    if (key === undefined || asked === undefined || self === undefined || !samePlace(asked.address, from)) return;
    if (samePlace(asked.address, self.address)) return;
    core.timers.clear("namesake", key);
    if (asked.elder) {
      core.do({ kind: "conflict", name: self.name, self: true, ours: self.address, theirs: asked.address });
    } else {
      core.noteOnce("warn", "another runs under this member's name, begun later; it should stop", { at: key });
      if (asked.incarnation >= core.incarnation) refute(core, asked.incarnation);
    }
  }

  /** Nobody answered. */
  silent(key: string): void {
    const core = this.#core;
    const asked = this.#suspected.get(key);
    const self = core.self;
    if (asked === undefined || self === undefined || samePlace(asked.address, self.address)) return;
    if (asked.incarnation >= core.incarnation) refute(core, asked.incarnation);
  }

  #bySeq(seq: number): [string, Suspected] | undefined {
    for (const entry of this.#suspected) if (entry[1].seq === seq) return entry;
    return undefined;
  }
}
