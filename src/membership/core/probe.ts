import { type Core, understandsCrc } from "./core.ts";
import { others } from "./gossip.ts";
import { hearAccusation } from "./merge.ts";
import type { Accusation, Ping } from "./message.ts";
import { isPresent, type Node } from "./nodes.ts";

/** The probe under way. There is one at most. */
interface Flight {
  readonly seq: number;
  readonly target: Node;
  readonly sentAt: number;
  readonly deadline: number;
  /** The direct ping is all that was asked so far. */
  direct: boolean;
  nacksWanted: number;
  nacks: number;
  /** The target answered over TCP. */
  contact: boolean;
  /** The network took no datagram for it. */
  unsent: boolean;
}

/** What a helper must speak to say nack, and a target to be pinged over TCP (SWIM-WIRE §1.1). */
const NACK_SINCE = 4;
const TCP_PING_SINCE = 3;
/** Weight of a new round-trip time in the smoothed one, as in TCP (RFC 6298). */
const RTT_WEIGHT = 1 / 8;

/** Finds out whether the others are still there: one after the other, around the ring (SWIM-WIRE §3.4, §3.5). */
export class Prober {
  readonly #core: Core;
  readonly #dial: (target: Node, ping: Ping, timeoutMs: number) => void;
  #flight: Flight | null = null;
  /** A tick came while a probe was under way: the next one starts when that ends. */
  #waiting = false;

  /** `dial` pings over TCP; its success comes back by `reached`. */
  constructor(core: Core, dial: (target: Node, ping: Ping, timeoutMs: number) => void) {
    this.#core = core;
    this.#dial = dial;
  }

  /** Starts the next probe, unless one is still under way. */
  tick(): void {
    const core = this.#core;
    const { probeInterval, probeTimeout, gossipToTheDead } = core.config.profile;
    this.#waiting = this.#flight !== null;
    if (this.#waiting) return;
    core.wake("probe", "", probeInterval);
    const target = core.nodes.next(
      (node) => node.name !== core.config.name && isPresent(node),
      (node) => !isPresent(node) && core.now - node.changedAt > gossipToTheDead,
    );
    if (target === null) return;
    const seq = core.nextSequence();
    const life = core.health.scale(probeInterval);
    const counts = { nacksWanted: 0, nacks: 0, contact: false, unsent: false };
    this.#flight = { seq, target, sentAt: core.now, deadline: core.now + life, direct: true, ...counts };
    core.wake("probe-end", String(seq), life);
    core.wake("probe-direct", String(seq), Math.min(probeTimeout, life));
    this.#ping(target, seq);
  }

  /** An answer came, from the target or through a helper. */
  ack(seq: number): void {
    const flight = this.#flight;
    if (flight?.seq !== seq) return;
    if (flight.direct) this.#time(flight);
    this.#end(flight.unsent ? 0 : -1);
  }

  /** A helper is there, but had no answer either. */
  nack(seq: number): void {
    if (this.#flight?.seq === seq) this.#flight.nacks += 1;
  }

  /** The ping could not even be sent: no need to wait for an answer. */
  unsent(seq: number): void {
    const flight = this.#flight;
    if (flight?.seq !== seq || !flight.direct) return;
    flight.unsent = true;
    this.askOthers(seq);
  }

  reached(seq: number): void {
    if (this.#flight?.seq === seq) this.#flight.contact = true;
  }

  /** No direct answer in time: others try, and TCP. */
  askOthers(seq: number): void {
    const flight = this.#flight;
    if (flight?.seq !== seq || !flight.direct) return;
    const core = this.#core;
    core.timers.clear("probe-direct", String(seq));
    flight.direct = false;
    const { target } = flight;
    const asked = { seq, target: target.address, node: target.name };
    const asker = { replyTo: core.self?.address ?? null, source: core.config.name };
    const fits = (node: Node): boolean => node.state === "alive" && node.name !== target.name;
    for (const helper of others(core, core.config.profile.indirectChecks, fits)) {
      const nack = core.lifeguard.probe && (helper.vsn[1] ?? 0) >= NACK_SINCE;
      if (nack) flight.nacksWanted += 1;
      core.sendWithNews(helper.address, { kind: "indirect-ping", ...asked, nack, ...asker });
    }
    if ((target.vsn[1] ?? 0) < TCP_PING_SINCE) return;
    this.#dial(target, ping(core, target.name, seq), Math.max(1, flight.deadline - core.now));
  }

  /** Time is up. */
  due(seq: number): void {
    const flight = this.#flight;
    if (flight?.seq !== seq) return;
    const core = this.#core;
    const { target } = flight;
    if (flight.contact) {
      core.noteOnce("warn", `"${target.name}" answers over TCP but not over UDP`, { name: target.name });
      this.#end(flight.unsent ? 0 : -1);
    } else if (flight.sentAt < core.awakeAt || !this.#isListed(target)) this.#end(0);
    else {
      this.#end(penalty(flight));
      core.note("debug", `"${target.name}" does not answer`, { name: target.name, health: core.health.score });
      hearAccusation(core, this.#accusation(target));
    }
  }

  /** It may have died meanwhile, and then its silence says nothing about us. */
  #isListed({ name }: Node): boolean {
    const node = this.#core.nodes.get(name);
    return node !== undefined && isPresent(node);
  }

  #ping(target: Node, seq: number): void {
    const core = this.#core;
    const message = ping(core, target.name, seq);
    if (target.state === "alive" || !core.lifeguard.buddy) {
      core.sendWithNews(target.address, message, seq);
      return;
    }
    // The buddy system: who is suspect learns of it with the very ping it may still answer.
    const parts = [core.encode(message), core.encode(this.#accusation(target))];
    core.do({ kind: "send", to: target.address, parts, crc: understandsCrc(target), probe: seq });
  }

  #accusation({ name, incarnation }: Node): Accusation {
    return { kind: "suspect", incarnation, node: name, from: this.#core.config.name };
  }

  #time(flight: Flight): void {
    const node = this.#core.nodes.get(flight.target.name);
    // While this member stood still, the answer lay there unread: that time says nothing of the way.
    if (node === undefined || flight.sentAt < this.#core.awakeAt) return;
    const took = this.#core.now - flight.sentAt;
    this.#core.nodes.put({ ...node, rtt: node.rtt === null ? took : node.rtt + (took - node.rtt) * RTT_WEIGHT });
  }

  #end(health: number): void {
    const seq = String(this.#flight?.seq);
    this.#flight = null;
    this.#core.health.apply(health);
    this.#core.timers.clear("probe-direct", seq);
    this.#core.timers.clear("probe-end", seq);
    if (this.#waiting) this.#core.wake("probe", "", 0);
  }
}

/**
 * What a failed probe costs: a point for each helper that should have said nack and did not. Where there was none to ask,
 * one point, but only for the first probe that fails: the next ones of the same suspect are no news, and without them a
 * group of two would find the second of two deaths late (memberlist counts them all).
 */
function penalty({ nacksWanted, nacks, target }: Flight): number {
  if (nacksWanted > 0) return Math.max(0, nacksWanted - nacks);
  return target.state === "alive" ? 1 : 0;
}

export function ping(core: Core, node: string, seq: number): Ping {
  return { kind: "ping", seq, node, replyTo: core.self?.address ?? null, source: core.config.name };
}
