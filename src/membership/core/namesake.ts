import { type Address, samePlace } from "./address.ts";
import type { Core } from "./core.ts";
import { refute, tellRefused } from "./merge.ts";
import type { Alive, Ping } from "./message.ts";
import type { Node } from "./nodes.ts";
import { ping } from "./probe.ts";

/** Who may run under this member's name at another address, as far as is known. */
interface Other {
  readonly address: Address;
  /** The highest incarnation that was claimed for that address. */
  incarnation: number;
  /** When its run began, as it said itself, or else as its newest claim says; and all that this claim says. */
  began: number;
  meta: Uint8Array;
  /** The last ping to it: its number, when it went out, where the answer was to come, and which one it was. */
  seq: number;
  askedAt: number;
  replyTo: Address | null;
  asks: number;
  /** What this member outdid it with, and how often it went beyond that again: a memory of somebody does not. */
  outdone: number;
  overtook: number;
  judgedAt: number;
  refutedAt: number;
}

/** An address is asked again after so long, in milliseconds. */
const ASK_AGAIN = 5_000;
/** Times that it is asked in a row, since datagrams get lost. */
const ASKS = 3;
/** One that outdoes what outdid it so often is alive, whether or not its answers come through. */
const OVERTAKEN = 3;
/** Addresses remembered. */
const MOST = 16;
/** An address where nobody proved to have this member's key is not believed for so long, in milliseconds. */
const DOUBTED = 60_000;
/** Proofs wished for in that time, at all addresses together: each is a connection to wherever somebody likes. */
const PROOFS = 6;
/** What comes from a doubted address is refuted so often at most, in milliseconds. */
const REFUTE_AGAIN = 1_000;

/**
 * Finds out whether another runs under this member's own name, from a copied identity (DESIGN §6). A claim that this
 * member is elsewhere may be a memory of where it was before it moved; so whoever is there is asked, and answers with
 * what it says of itself. Of two that run, the one whose run began later has to stop; if they say the same time, as two
 * copies of one virtual machine do, the one at the higher address. That is an order, in which each of them compares the
 * same two claims: whatever their clocks show, exactly one stops. Incarnations tell nothing of age: each announcement
 * raises them.
 *
 * But gossip is sealed with a key that all of the group have, and maybe somebody who has left it: whoever has it can claim
 * and answer all this in this member's name. So before it stops, who is there must prove to have this member's own key
 * ("conflict" asks for that). Who does not is contradicted, and neither asked nor believed for a minute. Hence two real
 * copies both go on, contradicting each other, for as long as the later one cannot reach the other's peer port, or as
 * somebody in the gossip uses up the few proofs of each minute: that is a nuisance, where stopping would be a weapon.
 */
export class Namesake {
  readonly #core: Core;
  readonly #others = new Map<string, Other>();
  /** Where a proof was wished for in the last minute, and when; a few at most. */
  readonly #proofs = new Map<string, number>();
  /** Where one is waited for. */
  #proving: string | null = null;

  constructor(core: Core) {
    this.#core = core;
    core.claimedElsewhere = (claim, from) => this.#claimed(claim, from);
  }

  #claimed(claim: Alive, from: Address | null): void {
    const core = this.#core;
    const { self } = core;
    if (self === undefined || core.leaving || core.moving !== null) return;
    const { identity } = core.config;
    if (identity({ name: claim.node, meta: claim.meta, vsn: claim.vsn }) !== identity(self)) {
      tellRefused(core, claim, "it is this member's name");
      return;
    }
    const key = keyOf(claim.address);
    const other = this.#others.get(key) ?? this.#meet(key, claim.address);
    if ((from !== null && samePlace(from, claim.address)) || claim.incarnation > other.incarnation) {
      Object.assign(other, { began: this.#beganOf(claim), meta: claim.meta });
    }
    const overtaken = other.outdone > 0 && claim.incarnation > other.outdone;
    if (overtaken) Object.assign(other, { outdone: 0, overtook: other.overtook + 1 });
    other.incarnation = Math.max(other.incarnation, claim.incarnation);
    const since = core.now - ASK_AGAIN;
    if (this.#doubts(key)) this.#contradict(other);
    else if (other.overtook >= OVERTAKEN) this.#judge(key, other, self);
    else if (other.askedAt <= since || (overtaken && other.judgedAt <= since)) {
      other.asks = 0;
      this.#ask(key, other);
    }
  }

  #meet(key: string, address: Address): Other {
    for (const oldest of this.#others.keys()) {
      if (this.#others.size < MOST) break;
      this.#others.delete(oldest);
    }
    const never = Number.NEGATIVE_INFINITY;
    const unasked = { seq: 0, askedAt: never, replyTo: null, asks: 0 };
    const unjudged = { outdone: 0, overtook: 0, judgedAt: never, refutedAt: never };
    const other: Other = { address, incarnation: 0, began: 0, meta: new Uint8Array(), ...unasked, ...unjudged };
    this.#others.set(key, other);
    return other;
  }

  #ask(key: string, other: Other): void {
    const core = this.#core;
    const question = ping(core, core.config.name, core.nextSequence());
    Object.assign(other, { seq: question.seq, replyTo: question.replyTo, askedAt: core.now, asks: other.asks + 1 });
    core.sendWithNews(other.address, question);
    core.wake("namesake", key, 2 * core.config.profile.probeTimeout);
  }

  /** Whether a ping asks in this member's own name, and so is dealt with here: with an answer, unless it is an echo. */
  hears({ seq, source, replyTo }: Ping, from: Address): boolean {
    const core = this.#core;
    const { self } = core;
    if (source !== core.config.name || self === undefined) return false;
    const [key, asked] = this.#bySeq(seq) ?? [];
    // A copy may count in step with this member, but it has its answers sent elsewhere.
    if (key !== undefined && asked?.replyTo && replyTo !== null && samePlace(asked.replyTo, replyTo)) {
      core.timers.clear("namesake", key);
      return true;
    }
    const ack = core.encode({ kind: "ack", seq, payload: new Uint8Array() });
    // What it says of itself comes first, so that it is known when the answer is judged.
    core.do({ kind: "send", to: replyTo ?? from, parts: [this.#own(self), ack], crc: false, probe: null });
    return true;
  }

  /** Somebody answered, at this address. Anywhere else it is the answer to something else that was asked long ago. */
  ack(seq: number, from: Address): void {
    const { self } = this.#core;
    const [key, asked] = this.#bySeq(seq) ?? [];
    if (key === undefined || asked === undefined || self === undefined || !samePlace(asked.address, from)) return;
    if (samePlace(asked.address, self.address)) return;
    this.#core.timers.clear("namesake", key);
    this.#judge(key, asked, self);
  }

  /** Nobody answered. */
  silent(key: string): void {
    const asked = this.#others.get(key);
    const { self } = this.#core;
    if (asked === undefined || self === undefined || samePlace(asked.address, self.address)) return;
    this.#outdo(asked);
    if (asked.asks < ASKS) this.#ask(key, asked);
  }

  /** Nobody proved this member's identity at this address, where a proof was wished for: it goes on. */
  unproven(address: Address): void {
    const key = keyOf(address);
    if (this.#proving !== key) return;
    this.#proving = null;
    this.#core.noteOnce("warn", "somebody claims this member's identity without proving to have its key; it goes on", {
      at: key,
    });
    const other = this.#others.get(key);
    if (other !== undefined) this.#contradict(other);
  }

  /** Both run: one of them stops, the same one in the eyes of both, once the other has proven who it is. */
  #judge(key: string, other: Other, self: Node): void {
    const core = this.#core;
    Object.assign(other, { overtook: 0, judgedAt: core.now });
    const began = this.#beganOf(self);
    const elder = other.began === began ? key < keyOf(self.address) : other.began < began;
    if (elder && this.#mayAsk(key)) {
      this.#proving = key;
      this.#proofs.set(key, core.now);
      const { address: theirs, meta } = other;
      core.do({ kind: "conflict", name: self.name, self: true, ours: self.address, theirs, meta });
      return;
    }
    if (this.#proving === key) return;
    if (!elder)
      core.noteOnce("warn", "another runs under this member's name, begun later; it should stop", { at: key });
    this.#outdo(other);
    // The others may not pass this on to it: for them it is old news of whom they know.
    core.do({ kind: "send", to: other.address, parts: [this.#own(core.self ?? self)], crc: false, probe: null });
  }

  /** Whether a proof may be wished for there: one at a time, and a few in a minute. */
  #mayAsk(key: string): boolean {
    for (const [at, askedAt] of this.#proofs) if (this.#core.now - askedAt >= DOUBTED) this.#proofs.delete(at);
    return this.#proving === null && !this.#proofs.has(key) && this.#proofs.size < PROOFS;
  }

  /** Whether nobody proved anything there lately. */
  #doubts(key: string): boolean {
    const askedAt = this.#proofs.get(key);
    return askedAt !== undefined && this.#proving !== key && this.#core.now - askedAt < DOUBTED;
  }

  #contradict(other: Other): void {
    if (other.refutedAt > this.#core.now - REFUTE_AGAIN) return;
    other.refutedAt = this.#core.now;
    this.#outdo(other);
  }

  #outdo(other: Other): void {
    const core = this.#core;
    if (other.incarnation < core.incarnation) return;
    refute(core, other.incarnation);
    if (core.incarnation > other.incarnation) other.outdone = core.incarnation;
  }

  /** What this member says of itself. */
  #own({ name, address, meta, vsn, incarnation }: Node) {
    return this.#core.encode({ kind: "alive", node: name, incarnation, address, meta, vsn });
  }

  /** Who does not say when it began is taken to have begun before all that do. */
  #beganOf(said: Alive | Node): number {
    const name = "node" in said ? said.node : said.name;
    return this.#core.config.began?.({ name, meta: said.meta, vsn: said.vsn }) ?? 0;
  }

  #bySeq(seq: number): [string, Other] | undefined {
    for (const entry of this.#others) if (entry[1].seq === seq && seq > 0) return entry;
    return undefined;
  }
}

/** The same text whoever makes it, since addresses are passed on as they came. */
function keyOf({ host, port }: Address): string {
  return `${Array.from(host, (byte) => String(byte).padStart(3, "0")).join(".")}:${String(port).padStart(5, "0")}`;
}
