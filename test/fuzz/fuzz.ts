import assert from "node:assert/strict";
import type { Input } from "../../src/membership/core/effects.ts";
import type { PacketMessage, StreamMessage } from "../../src/membership/core/message.ts";
import { PROFILES } from "../../src/membership/core/profiles.ts";
import { Swim } from "../../src/membership/core/swim.ts";
import { concat, encodeMessage, encodeStreamMessage } from "../../src/membership/wire/codec.ts";
import { compressed, labelHeader, type Wire } from "../../src/membership/wire/layers.ts";
import { WIRE_LIMITS } from "../../src/membership/wire/limits.ts";
import { compound, unwrapPacket } from "../../src/membership/wire/packet.ts";
import { seal } from "../../src/membership/wire/seal.ts";
import { frame, StreamReader } from "../../src/membership/wire/stream.ts";
import { below, pick, type Random, seeded } from "../../src/shared/random.ts";
import { addressOf, vsn } from "../simulation/member.ts";
import { Making } from "./making.ts";
import { mutated } from "./mutations.ts";
import { Riders } from "./riders.ts";

export interface FuzzResult {
  readonly cases: number;
  /** Cases that gave at least one message, and that were refused at least in part. */
  readonly understood: number;
  readonly refused: number;
  /** Milliseconds that the slowest case took. */
  readonly slowest: number;
  /** Of what rides on the protocol: Serf's messages to pass on, members' metas, announcements that made sense. */
  readonly ridden: readonly number[];
}

const label = new TextEncoder().encode("lab1");
const none = new Uint8Array();
const [right, wrong] = [5, 6].map((fill) => new Uint8Array(32).fill(fill)) as [Uint8Array, Uint8Array];
/** What receivers expect. What is sent to them may be in another coat. */
const WIRES: readonly Wire[] = [
  { keys: [], label: none, compress: false },
  { keys: [], label, compress: false },
  { keys: [right], label: none, compress: false },
  { keys: [wrong, right], label, compress: false },
];
/** What rides on the protocol is tried with every so many cases. */
const RIDERS_EVERY = 10;
/** The share that comes to somebody with another key or label. */
const AMISS = 0.2;
/** No case takes longer, in milliseconds; what does is tried again, since the machine has other things to do as well. */
const LONGEST = 250;

/** So many datagrams and streams, right, wrong and in between, to the decoders, and what they give to a member. */
export function fuzz(seed: number, cases: number): FuzzResult {
  const random = seeded(seed);
  const making = new Making(random);
  const member = new Listener(random);
  const riders = new Riders(random);
  let [understood, refused, slowest] = [0, 0, 0];
  for (let i = 0; i < cases; i++) {
    const coat = pick(random, WIRES, 1)[0] as Wire;
    const bytes = sent(random, making, i % 2 === 1, coat);
    const wire = random.next() < AMISS ? (pick(random, WIRES, 1)[0] as Wire) : coat;
    const cut = 1 + below(random, bytes.length + 1);
    const decode = i % 2 === 0 ? () => packet(bytes, wire) : () => stream(bytes, wire, cut);
    try {
      let began = performance.now();
      let result = decode();
      for (let again = 0; performance.now() - began > LONGEST && again < 3; again++) {
        began = performance.now();
        result = decode();
      }
      slowest = Math.max(slowest, performance.now() - began);
      if (result.messages.length > 0) understood += 1;
      if (result.refused) refused += 1;
      member.hear(result.messages);
      if (i % RIDERS_EVERY === 0) riders.take(bytes);
    } catch (thrown) {
      throw new Error(`seed ${seed}, case ${i}, ${Buffer.from(bytes).toString("hex")}`, { cause: thrown });
    }
  }
  assert.ok(slowest <= LONGEST, `seed ${seed}: a case took ${Math.round(slowest)} ms`);
  return { cases, understood, refused, slowest, ridden: [riders.passed, riders.members, riders.neighbours] };
}

interface Decoded {
  readonly messages: readonly (PacketMessage | StreamMessage)[];
  readonly refused: boolean;
}

function packet(bytes: Uint8Array, wire: Wire): Decoded {
  const { messages, refused } = unwrapPacket(bytes, wire);
  assert.ok(refused === null || refused.length > 0);
  assert.ok(messages.length <= WIRE_LIMITS.packetMessages);
  assert.ok(messages.length > 0 || refused !== null, "neither a message nor a refusal");
  for (const message of messages) encodeMessage(message);
  return { messages, refused: refused !== null };
}

function stream(bytes: Uint8Array, wire: Wire, cut: number): Decoded {
  for (const dialled of [true, false]) {
    const reader = new StreamReader(wire, dialled);
    for (let at = 0; at < bytes.length; at += cut) {
      const read = reader.push(bytes.subarray(at, at + cut));
      if (read === "more") continue;
      if ("refused" in read) break;
      encodeStreamMessage(read);
      return { messages: [read], refused: false };
    }
  }
  return { messages: [], refused: true };
}

/** Bytes that somebody might send: mutated at the core, dressed in layers, mutated again now and then. */
function sent(random: Random, making: Making, streamed: boolean, coat: Wire): Uint8Array {
  const one = (): Uint8Array => (streamed ? encodeStreamMessage(making.stream()) : encodeMessage(making.message()));
  let bytes = one();
  if (!streamed && random.next() < 0.3) bytes = compound([bytes, one(), one()]);
  if (random.next() < 0.8) bytes = mutated(bytes, random, one());
  if (random.next() < 0.3) bytes = compressed(bytes);
  const key = coat.keys.at(-1);
  if (key !== undefined) {
    const nonce = Uint8Array.from({ length: 12 }, () => below(random, 256));
    const version = random.next() < 0.5 ? 0 : 1;
    bytes = streamed ? frame(key, bytes, coat.label, nonce) : seal(key, bytes, { aad: coat.label, nonce, version });
  }
  if (coat.label.length > 0) bytes = concat([labelHeader(coat.label), bytes]);
  return random.next() < 0.3 ? mutated(bytes, random, one()) : bytes;
}

/** A member that takes all of it in. It must stay what it is, and small. */
class Listener {
  readonly #random: Random;
  #swim: Swim | null = null;
  #now = 0;
  #heard = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  hear(messages: readonly (PacketMessage | StreamMessage)[]): void {
    // A new one now and then: one that has listed all names and near all numbers learns little more.
    if (this.#swim === null || this.#heard++ % 5_000 === 0) this.#swim = this.#begin();
    const swim = this.#swim;
    this.#now += this.#random.next() * 20;
    for (const message of messages) {
      for (const effect of swim.handle(this.#now, this.#input(message))) {
        if (effect.kind === "wake") this.#timer(swim, effect);
      }
    }
    const { members, news, riders, suspicions, timers, streams, helped } = swim.load;
    assert.equal(swim.member("m0")?.state, "alive");
    assert.ok(members <= 4_096 && news <= 8_192 && riders <= 8_192 && suspicions <= members);
    assert.ok(helped <= 512 && streams <= 512 && timers <= 32 + suspicions + 2 * helped);
  }

  #input(message: PacketMessage | StreamMessage): Input {
    const asked = message.kind === "push-pull" || message.kind === "failure";
    // What goes over a stream is as likely to be the answer to one that this member opened.
    if ((asked || message.kind === "ack" || message.kind === "user") && this.#random.next() < 0.5) {
      const stream = this.#dialled();
      if (stream !== null) return { kind: "answered", stream, message };
    }
    if (asked) return { kind: "asked", stream: -1, message };
    return { kind: "packet", from: addressOf(7), messages: [message] };
  }

  /** The number of a stream that it opened just now, to join, to deliver or to ping; null where it opened none. */
  #dialled(): number | null {
    const swim = this.#swim;
    if (swim === null) return null;
    const to = pick(this.#random, swim.members(), 1)[0]?.name ?? "m0";
    const message = { kind: "user", bytes: new Uint8Array(3) } as const;
    const opening: Input =
      this.#random.next() < 0.7
        ? { kind: "join", request: 1, to: addressOf(8) }
        : { kind: "deliver", request: 2, to, message };
    const stream = swim.handle(this.#now, opening).find((effect) => effect.kind === "dial")?.stream ?? null;
    if (stream !== null && this.#random.next() < 0.9) swim.handle(this.#now, { kind: "connected", stream });
    return stream;
  }

  /** Some timers come true, in whatever order. */
  #timer(swim: Swim, { timer }: Extract<ReturnType<Swim["handle"]>[number], { kind: "wake" }>): void {
    if (timer.kind === "leave-end" || this.#random.next() < 0.5) return;
    swim.handle(this.#now, { kind: "timer", timer });
  }

  #begin(): Swim {
    const swim = new Swim(
      {
        ...{ name: "m0", vsn, profile: PROFILES.lan, layerOverhead: 34, encode: encodeMessage },
        ...{ admit: () => null, veto: () => null, identity: ({ meta }) => (meta.length > 100 ? `${meta[0]}` : null) },
      },
      seeded(below(this.#random, 2 ** 32)),
      { address: addressOf(0), meta: new Uint8Array(100), incarnation: 1_000 },
    );
    swim.handle(this.#now, { kind: "start" });
    return swim;
  }
}
