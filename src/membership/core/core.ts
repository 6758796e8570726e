import type { Random } from "../../shared/random.ts";
import type { Address } from "./address.ts";
import { Awareness } from "./awareness.ts";
import type { Effect } from "./effects.ts";
import { retransmitLimit } from "./formulas.ts";
import type { Accusation, Alive, Encoded, PacketMessage, PushState } from "./message.ts";
import { type Node, NodeTable } from "./nodes.ts";
import type { Profile } from "./profiles.ts";
import { BroadcastQueue, PART_OVERHEAD } from "./queue.ts";
import type { Suspicion } from "./suspicion.ts";
import { type TimerKind, Timers } from "./timers.ts";

/** What a claim says a member is. */
export interface Claimed {
  readonly name: string;
  readonly meta: Uint8Array;
  readonly vsn: Uint8Array;
}

export interface Config {
  /** This member's wire name. */
  readonly name: string;
  readonly vsn: Uint8Array;
  readonly profile: Profile;
  /** Bytes that checksum, encryption and label add to a datagram. */
  readonly layerOverhead: number;
  encode(message: PacketMessage): Uint8Array;
  /** Why this member may not be listed, or null where it may. */
  admit(claimed: Claimed, known: Node | null): string | null;
  /** Why the lists of another may not be mixed with ours at all, or null where they may. */
  veto(states: readonly PushState[]): string | null;
  /** Who a member proves to be beyond its name, or null; one that proves the same may change its address. */
  identity(claimed: Claimed): string | null;
  /** When the run of a member that claims this began, by its own clock; null where it does not say. Left out: nobody says. */
  began?(claimed: Claimed): number | null;
  /** What rides on the protocol adds to a push/pull; left out: nothing. */
  localState?(join: boolean): Uint8Array;
  /** Left out: all of it. */
  readonly lifeguard?: Lifeguard;
}

/** The parts of Lifeguard (SWIM-WIRE §6.2), each with a switch so that its worth can be measured. All off is plain SWIM. */
export interface Lifeguard {
  /** Local health: who misses answers that others would give doubts itself, and probes more slowly. */
  readonly probe: boolean;
  /** Suspicions begin long and are shortened by each independent accuser. */
  readonly suspicion: boolean;
  /** Who is suspect learns of it with the next ping. */
  readonly buddy: boolean;
  /** Ours: what was not heard while this member stood still proves nothing. */
  readonly lag: boolean;
}

const WHOLE_LIFEGUARD: Lifeguard = { probe: true, suspicion: true, buddy: true, lag: true };

/** Parts in a packet. Receivers on memberlist 0.2 overflow above 127 (SWIM-WIRE §5.2). */
const MAX_PARTS = 127;
/** Type byte and count of a compound. */
const COMPOUND_OVERHEAD = 2;
/** The share of a packet that is kept for what rides on the protocol, while some of it waits (SWIM-WIRE §5.2, #299). */
const RIDERS_SHARE = 1 / 2;
/** A member that hears nothing for so many probe intervals suspects itself. */
const SILENT_PROBES = 2;
/** How far the incarnation may run before it is stored again. */
const STORE_EVERY = 1_000;
/** Words remembered so as not to say them twice. */
const MAX_SAID = 256;

/** What the parts of the protocol share: beliefs, news to spread, and the wishes of the step under way. */
export class Core {
  readonly config: Config;
  readonly random: Random;
  readonly nodes: NodeTable;
  /** News of members. */
  readonly news = new BroadcastQueue();
  /** News of what rides on the protocol; has half of each packet to itself, and the room that is left. */
  readonly riders = new BroadcastQueue();
  readonly lifeguard: Lifeguard;
  readonly suspicions = new Map<string, Suspicion>();
  readonly timers = new Timers();
  readonly health: Awareness;
  now = 0;
  leaving = false;
  /** On its way to this address, having said goodbye at the old one; others may have said something newer of it since. */
  moving: { readonly to: Address; readonly meta: Uint8Array; readonly accused: number } | null = null;
  /** When the next round of gossip is due: if that has passed by much, this member stood still. */
  roundDue = Number.POSITIVE_INFINITY;
  /** When the last datagram came. */
  heardAt = 0;
  /** When this member last began to hear again, having stood still. */
  awakeAt = Number.NEGATIVE_INFINITY;
  /** When those who are not believed to be alive were last told so, for as long as that is believed. */
  readonly told = new WeakMap<Node, number>();
  /** Told of claims that this member is at another address, the ones that are too old to be believed as well. */
  claimedElsewhere: (claim: Alive, from: Address | null) => void = () => undefined;
  incarnation: number;
  #stored: number;
  #sequence: number;
  #effects: Effect[] = [];
  readonly #said = new Set<string>();
  #gone = false;

  constructor(config: Config, random: Random, incarnation: number) {
    this.config = config;
    this.random = random;
    this.nodes = new NodeTable(random);
    this.lifeguard = config.lifeguard ?? WHOLE_LIFEGUARD;
    this.health = new Awareness(this.lifeguard.probe ? config.profile.awarenessMax : 1);
    this.incarnation = incarnation;
    this.#stored = incarnation;
    // Not from 1 again after a restart: answers to the last run's probes, replayed, must not fit this one's.
    this.#sequence = Math.floor(random.next() * 0xffff_ffff);
  }

  /** How long nothing was heard of anybody, and how long that is usual: others probe and answer all the time. */
  get silence(): number {
    return this.now - this.heardAt;
  }

  get silenceBorne(): number {
    return SILENT_PROBES * this.config.profile.probeInterval;
  }

  get self(): Node | undefined {
    return this.nodes.get(this.config.name);
  }

  do(effect: Effect): void {
    this.#effects.push(effect);
  }

  /** The wishes of the step, which is over. */
  take(): Effect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  note(level: "debug" | "info" | "warn", text: string, fields: Record<string, unknown> = {}): void {
    this.do({ kind: "note", level, text, fields });
  }

  /** Says the same words once only, as far as memory goes: others can cause them as often as they like. */
  noteOnce(level: "info" | "warn", text: string, fields: Record<string, unknown> = {}): void {
    if (this.first(text)) this.note(level, text, fields);
  }

  /** Whether these words are new, as far as memory goes. */
  first(text: string): boolean {
    if (this.#said.has(text)) return false;
    if (this.#said.size >= MAX_SAID) this.#said.clear();
    this.#said.add(text);
    return true;
  }

  wake(kind: TimerKind, key: string, afterMs: number): void {
    const wait = Math.max(0, afterMs);
    if (kind === "gossip") this.roundDue = this.now + wait;
    this.do({ kind: "wake", afterMs: wait, timer: this.timers.set(kind, key, this.now + wait) });
  }

  /** A number for a probe, 1 to 2^32 − 1. */
  nextSequence(): number {
    this.#sequence = this.#sequence >= 0xffff_ffff ? 1 : this.#sequence + 1;
    return this.#sequence;
  }

  /** Moves to an incarnation above the present one and above `accused`, and has it stored now and then. */
  raiseIncarnation(accused = 0): void {
    this.incarnation = Math.max(this.incarnation, accused) + 1;
    if (this.incarnation < this.#stored + STORE_EVERY) return;
    this.#stored = this.incarnation;
    this.do({ kind: "store", incarnation: this.incarnation });
  }

  encode(message: PacketMessage): Encoded {
    return { message, bytes: this.config.encode(message) };
  }

  /**
   * Queues news of a member, in the place of older news of it. But accusers do not silence each other, as memberlist's do:
   * each one that is heard makes the suspicion shorter.
   */
  spread(message: Alive | Accusation, tag: string | null = null): void {
    const voice = message.kind === "suspect" ? message.from : null;
    this.finish(this.news.put(this.encode(message), { name: message.node, voice, tag }));
  }

  /** Fills a packet that already holds `first` with news. One call is one transmission of what it returns. */
  drawNews(first: readonly Encoded[]): Encoded[] {
    if (this.news.size === 0 && this.riders.size === 0) return [];
    let bytes = this.#room;
    for (const part of first) bytes -= part.bytes.length + PART_OVERHEAD;
    let parts = MAX_PARTS - first.length;
    const limit = retransmitLimit(this.config.profile.retransmitMult, this.nodes.size);
    const theirs = Math.max(Math.floor(bytes * RIDERS_SHARE), bytes - this.news.bytes);
    let riders = this.riders.draw({ bytes: theirs, parts }, limit);
    // Longer than their share: rather now than never.
    if (riders.parts.length === 0) riders = this.riders.draw({ bytes, parts }, limit);
    for (const part of riders.parts) bytes -= part.bytes.length + PART_OVERHEAD;
    parts -= riders.parts.length;
    const news = this.news.draw({ bytes, parts }, limit);
    this.finish(riders.finished);
    this.finish(news.finished);
    return [...riders.parts, ...news.parts];
  }

  /** Whether a packet can hold this message: one that it cannot would wait for ever. */
  fits({ bytes }: Encoded): boolean {
    return bytes.length + PART_OVERHEAD <= this.#room;
  }

  /** Bytes that the parts of a compound may take, each with its length. */
  get #room(): number {
    return this.config.profile.packetBudget - this.config.layerOverhead - COMPOUND_OVERHEAD;
  }

  /** Sends one message, and with it what news fits. */
  sendWithNews(to: Address, message: PacketMessage, probe: number | null = null): void {
    const first = this.encode(message);
    this.do({ kind: "send", to, parts: [first, ...this.drawNews([first])], crc: false, probe });
  }

  finish(tags: readonly string[]): void {
    if (tags.includes(GOODBYE_TO_ADDRESS) && this.moving !== null) this.wake("moved", "", 0);
    if (tags.includes(GOODBYE)) this.left();
  }

  /** The goodbye is out, or there is nobody to hear it. */
  left(): void {
    if (!this.leaving || this.#gone) return;
    this.#gone = true;
    this.timers.clear("leave-end", "");
    this.do({ kind: "left" });
  }
}

/** The tag of this member's goodbye among the news: for good, which takes the place of one to an address only. */
export const GOODBYE = "goodbye";
export const GOODBYE_TO_ADDRESS = "goodbye to an address";

/** Whether a member's datagrams may carry a checksum: it advertises protocol 5 or above (SWIM-WIRE §1.3). */
export function understandsCrc(node: Node): boolean {
  return (node.vsn[1] ?? 0) >= 5;
}
