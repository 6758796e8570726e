import type { Address } from "./address.ts";
import type { Core } from "./core.ts";
import { pushPullInterval } from "./formulas.ts";
import { flush, others } from "./gossip.ts";
import { hearAccusation, hearAlive } from "./merge.ts";
import type { Ping, PushPull, PushState, StreamMessage, UserMessage } from "./message.ts";
import type { Prober } from "./probe.ts";
import { versionConflict } from "./versions.ts";

/** What a stream that we opened is for. */
type Purpose =
  | { readonly kind: "ping"; readonly ping: Ping }
  | { readonly kind: "push-pull"; readonly join: number | null }
  | { readonly kind: "deliver"; readonly request: number; readonly message: UserMessage };

/**
 * Soon after a join, within twice this time, lists are swapped with somebody else, and then ever more rarely: of many who
 * join at once, gossip alone misses one now and then, which would be missing until the next swap, half a minute later.
 */
const SWAP_AFTER_JOIN = 500;
const SWAPS_SLOWER = 4;
/** Swaps of lists that fail one after the other until it is told: datagrams alone would hide that streams do not work. */
const FAILURES_TOLD = 3;

/** Everything that goes over streams: whole lists swapped (SWIM-WIRE §3.10), and pings where datagrams fail. */
export class Exchange {
  readonly #core: Core;
  readonly #open = new Map<number, Purpose>();
  #next = 1;
  #failures = 0;
  #pause = Number.POSITIVE_INFINITY;

  constructor(core: Core) {
    this.#core = core;
  }

  /** Streams that this member opened and that are not over. */
  get size(): number {
    return this.#open.size;
  }

  /** Swaps lists with a random member, so that who missed every packet catches up. */
  tick(): void {
    const core = this.#core;
    const usual = pushPullInterval(core.config.profile.pushPullInterval, core.nodes.size);
    this.#pause *= SWAPS_SLOWER;
    core.wake("push-pull", "", Math.min(usual, this.#pause * (1 + core.random.next())));
    if (!core.leaving) this.swapWith(1);
  }

  /** Swaps lists with so many at once. */
  swapWith(count: number): void {
    for (const node of others(this.#core, count, ({ state }) => state === "alive")) {
      this.#dial(node.address, this.#core.config.profile.tcpTimeout, { kind: "push-pull", join: null });
    }
  }

  join(request: number, to: Address): void {
    this.#dial(to, this.#core.config.profile.tcpTimeout, { kind: "push-pull", join: request });
  }

  ping(to: Address, ping: Ping, timeoutMs: number): void {
    this.#dial(to, timeoutMs, { kind: "ping", ping });
  }

  /** Says something to one member. Nothing is answered to it: success means that it was written. */
  deliver(request: number, to: string, message: UserMessage): void {
    const core = this.#core;
    const node = core.nodes.get(to);
    if (node === undefined) core.do({ kind: "delivered", request, failed: `"${to}" is not known` });
    else this.#dial(node.address, core.config.profile.tcpTimeout, { kind: "deliver", request, message });
  }

  connected(stream: number): void {
    const core = this.#core;
    const purpose = this.#open.get(stream);
    if (purpose === undefined) return;
    if (purpose.kind === "ping") core.do({ kind: "say", stream, message: purpose.ping });
    else if (purpose.kind === "push-pull") {
      core.do({ kind: "say", stream, message: this.#list(purpose.join !== null) });
    } else {
      // Not hung up: that would cut off what is on its way. The other end does it, or the stream's own limit.
      core.do({ kind: "say", stream, message: purpose.message });
      core.do({ kind: "delivered", request: purpose.request, failed: null });
      this.#open.delete(stream);
    }
  }

  answered(stream: number, message: StreamMessage, prober: Prober): void {
    const purpose = this.#open.get(stream);
    if (purpose === undefined) return;
    this.#open.delete(stream);
    this.#core.do({ kind: "hang-up", stream });
    if (purpose.kind !== "push-pull") {
      if (purpose.kind === "deliver") return;
      if (message.kind === "ack" && message.seq === purpose.ping.seq) prober.reached(message.seq);
      return;
    }
    if (message.kind === "push-pull") {
      const refused = this.#refusal(message.states);
      if (refused === null) this.#merge(message);
      this.#result(purpose.join, refused);
    } else this.#result(purpose.join, message.kind === "failure" ? message.text : `it answered with "${message.kind}"`);
  }

  failed(stream: number, why: string): void {
    const purpose = this.#open.get(stream);
    this.#open.delete(stream);
    if (purpose?.kind === "push-pull") this.#result(purpose.join, why);
    else if (purpose?.kind === "deliver") {
      this.#core.do({ kind: "delivered", request: purpose.request, failed: why });
    }
  }

  /** Another opened a stream and said this. */
  asked(stream: number, message: StreamMessage): void {
    const core = this.#core;
    if (message.kind === "ping" && (message.node === "" || message.node === core.config.name)) {
      core.do({ kind: "say", stream, message: { kind: "ack", seq: message.seq, payload: new Uint8Array() } });
    } else if (message.kind === "push-pull") this.#swap(stream, message);
    else {
      core.do({ kind: "hang-up", stream });
      if (message.kind === "user" && message.bytes.length > 0) core.do({ kind: "heard", message });
    }
  }

  #swap(stream: number, theirs: PushPull): void {
    const core = this.#core;
    // memberlist answers with its list even where it then refuses the other's; a refusal in words is kinder.
    const refused = this.#refusal(theirs.states);
    if (refused !== null) {
      core.noteOnce("warn", `refused to exchange lists: ${refused}`);
      core.do({ kind: "say", stream, message: { kind: "failure", text: refused } });
    } else {
      core.do({ kind: "say", stream, message: this.#list(theirs.join) });
      this.#merge(theirs);
    }
  }

  #merge(theirs: PushPull): void {
    const core = this.#core;
    for (const state of theirs.states) this.#hear(state);
    const { join, userState } = theirs;
    if (userState.length > 0) core.do({ kind: "heard-state", join, userState });
    if (join) flush(core);
  }

  /** Second-hand deaths are only suspicions, and this member is the one who has them: it gives them its own time. */
  #hear({ name, address, meta, incarnation, state, vsn }: PushState): void {
    const core = this.#core;
    const claim = { incarnation, node: name };
    if (state === "alive") hearAlive(core, { kind: "alive", ...claim, address, meta, vsn });
    else if (state === "left") hearAccusation(core, { kind: "dead", ...claim, from: name });
    else hearAccusation(core, { kind: "suspect", ...claim, from: core.config.name });
  }

  #refusal(theirs: readonly PushState[]): string | null {
    const core = this.#core;
    return core.config.veto(theirs) ?? versionConflict([...core.nodes.all(), ...theirs]);
  }

  #list(join: boolean): PushPull {
    const states = this.#core.nodes.all().map(({ name, address, meta, incarnation, state, vsn }) => {
      return { name, address, meta, incarnation, state, vsn };
    });
    return { kind: "push-pull", join, states, userState: this.#core.config.localState?.(join) ?? new Uint8Array() };
  }

  #result(request: number | null, failed: string | null): void {
    const core = this.#core;
    if (request !== null) {
      core.do({ kind: "joined", request, failed });
      if (failed === null) this.#soon();
      return;
    }
    this.#failures = failed === null ? 0 : this.#failures + 1;
    if (failed === null) return;
    core.note("debug", `cannot exchange lists: ${failed}`);
    if (this.#failures === FAILURES_TOLD) {
      core.note("warn", "lists cannot be exchanged, though datagrams arrive: is TCP blocked?", { why: failed });
    }
  }

  #soon(): void {
    const core = this.#core;
    this.#pause = SWAP_AFTER_JOIN;
    core.wake("push-pull", "", this.#pause * (1 + core.random.next()));
  }

  #dial(to: Address, timeoutMs: number, purpose: Purpose): void {
    const stream = this.#next++;
    this.#open.set(stream, purpose);
    this.#core.do({ kind: "dial", stream, to, timeoutMs });
  }
}
