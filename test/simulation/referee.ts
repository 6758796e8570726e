import { sameBytes } from "../../src/membership/core/address.ts";
import type { Effect } from "../../src/membership/core/effects.ts";
import { suspicionMin } from "../../src/membership/core/formulas.ts";
import type { MemberState } from "../../src/membership/core/message.ts";
import type { Node } from "../../src/membership/core/nodes.ts";
import { PROFILES, type Profile } from "../../src/membership/core/profiles.ts";
import type { Swim } from "../../src/membership/core/swim.ts";
import type { Host } from "./host.ts";
import type { Lan } from "./lan.ts";
import type { Watcher } from "./options.ts";

/** What a member has ever said of itself, by incarnation, and when it was first accused at one. */
interface Truth {
  incarnation: number;
  readonly metas: Map<number, Uint8Array>;
  readonly accusedAt: Map<number, number>;
}

/** How a belief may change (SWIM-WIRE §3.7). Dead is not final, but it is neither suspected nor buried twice. */
const LEGAL: Record<MemberState, readonly MemberState[]> = {
  alive: ["alive", "suspect", "dead", "left"],
  suspect: ["alive", "suspect", "dead", "left"],
  dead: ["alive"],
  left: ["alive"],
};
/** Steps between looks at how much a member holds. */
const LOOK_EVERY = 64;

/** Watches every single change of a belief, and throws at the first that the protocol does not allow (SWIM-WIRE §8.1). */
export class Referee implements Watcher {
  #lan: Lan | null = null;
  readonly #truths = new Map<string, Truth>();
  /** What each run of a member believes, as it told: who it is about, by name. */
  readonly #beliefs = new Map<string, Map<string, Node>>();
  #steps = 0;
  /** Changes looked at; of them, false deaths: of members that were running, and not on their way out. */
  changes = 0;
  falseDeaths = 0;
  /** A number that sums up all that happened, so that two runs can be compared. */
  digest = 0x811c9dc5;

  /** Which network it watches; to be said before anything happens there. */
  watch(lan: Lan): void {
    this.#lan = lan;
  }

  get #profile(): Profile {
    return this.#lan?.profile ?? PROFILES.lan;
  }

  get #now(): number {
    return this.#lan?.now ?? 0;
  }

  believed(host: Host, now: Node, before: Node | null): void {
    this.changes += 1;
    const beliefs = this.#beliefsOf(host);
    const last = beliefs.get(now.name);
    beliefs.set(now.name, now);
    this.#mix(`${host.index} ${now.name} ${now.state} ${now.incarnation} ${Math.round(this.#now * 1_000)}`);
    this.#unbroken(host, now, before, last);
    if (now.name === host.name) this.#own(host, now);
    else this.#other(host, now);
    if (before === null) return;
    if (now.incarnation < before.incarnation) this.#wrong(host, now, `an incarnation fell from ${before.incarnation}`);
    if (!LEGAL[before.state].includes(now.state)) this.#wrong(host, now, `it was ${before.state}`);
    const back = now.state === "alive" && (before.state === "dead" || before.state === "left");
    if (back && now.incarnation <= before.incarnation) this.#wrong(host, now, "it rose from the dead as it had died");
  }

  sent(host: Host, { parts }: Extract<Effect, { kind: "send" }>, bytes: number): void {
    if (bytes > this.#profile.packetBudget) throw new Error(`${host.name} sent a packet of ${bytes} bytes`);
    if (parts.length === 0 || parts.length > 127) throw new Error(`${host.name} sent ${parts.length} parts`);
  }

  told(host: Host, effect: Effect): void {
    if (effect.kind === "conflict") throw new Error(`${host.name} told of a conflict about ${effect.name}`);
  }

  stepped(host: Host, swim: Swim): void {
    this.#steps += 1;
    if (this.#steps % LOOK_EVERY !== 0) return;
    const { members, news, riders, suspicions, timers, streams, helped } = swim.load;
    const known = this.#truths.size;
    const bounded =
      members <= known && suspicions <= members && news <= 4 * known + 16 && riders <= 64 && streams <= 2 * known + 64;
    if (bounded && helped <= 512 && timers <= 16 + suspicions + 2 * helped) return;
    throw new Error(`${host.name} holds too much: ${JSON.stringify(swim.load)}`);
  }

  /** Compares what a member told with what it has. */
  compare(host: Host): void {
    const beliefs = this.#beliefsOf(host);
    for (const node of host.swim?.members() ?? []) {
      const told = beliefs.get(node.name);
      if (told?.state !== node.state || told.incarnation !== node.incarnation)
        this.#wrong(host, node, "it was not told");
    }
  }

  #unbroken(host: Host, now: Node, before: Node | null, last: Node | undefined): void {
    if (before !== null || last === undefined) {
      if (last?.state !== before?.state || last?.incarnation !== before?.incarnation) {
        this.#wrong(host, now, "what it was before was not told");
      }
      return;
    }
    const gone = last.state === "dead" || last.state === "left";
    if (!gone || now.changedAt - last.changedAt <= this.#profile.gossipToTheDead) {
      this.#wrong(host, now, `it was forgotten too soon, as ${last.state}`);
    }
  }

  #own(host: Host, now: Node): void {
    if (now.state !== "alive" && !host.leaving) this.#wrong(host, now, "it gave itself up");
    const truth = this.#truthOf(now.name);
    if (now.state === "alive") {
      if (now.incarnation <= truth.incarnation) this.#wrong(host, now, "it used an incarnation again");
      truth.metas.set(now.incarnation, now.meta);
    }
    truth.incarnation = Math.max(truth.incarnation, now.incarnation);
  }

  #other(host: Host, now: Node): void {
    const truth = this.#truthOf(now.name);
    if (now.incarnation > truth.incarnation) this.#wrong(host, now, "somebody else raised its incarnation");
    if (now.state === "alive") {
      const meta = truth.metas.get(now.incarnation);
      if (meta === undefined || !sameBytes(meta, now.meta)) this.#wrong(host, now, "it has another meta than it said");
    }
    const accused = truth.accusedAt.get(now.incarnation);
    if (now.state === "suspect" && accused === undefined) truth.accusedAt.set(now.incarnation, this.#now);
    if (now.state !== "dead") return;
    const subject = this.#lan?.hosts.find(({ name }) => name === now.name);
    if (subject !== undefined && subject.swim !== null && !subject.leaving) this.falseDeaths += 1;
    // A clock that jumps by less than what counts as a standstill, as seen once in a round of gossip, takes that away.
    const { gossipInterval, suspicionMult, probeInterval, probeTimeout } = this.#profile;
    const least = suspicionMin(suspicionMult, 1, probeInterval) - probeTimeout - gossipInterval;
    if (accused === undefined || this.#now - accused < least) {
      const early =
        accused === undefined ? "never accused" : `${Math.round(this.#now - accused)} ms after it was accused`;
      this.#wrong(host, now, `it was buried ${early}`);
    }
  }

  #truthOf(name: string): Truth {
    const known = this.#truths.get(name);
    if (known !== undefined) return known;
    const truth: Truth = { incarnation: 0, metas: new Map(), accusedAt: new Map() };
    this.#truths.set(name, truth);
    return truth;
  }

  #beliefsOf(host: Host): Map<string, Node> {
    const key = `${host.index} ${host.runs}`;
    const known = this.#beliefs.get(key);
    if (known !== undefined) return known;
    const beliefs = new Map<string, Node>();
    this.#beliefs.set(key, beliefs);
    return beliefs;
  }

  #mix(text: string): void {
    for (let i = 0; i < text.length; i++) {
      this.digest = Math.imul(this.digest ^ text.charCodeAt(i), 0x01000193) >>> 0;
    }
  }

  #wrong(host: Host, { name, state, incarnation }: Node, why: string): never {
    const when = Math.round(this.#now);
    throw new Error(`at ${when} ms ${host.name} holds ${name} for ${state} at ${incarnation}: ${why}`);
  }
}
