import type { Address } from "../../src/membership/core/address.ts";
import type { MemberState, PacketMessage, PushState, StreamMessage } from "../../src/membership/core/message.ts";
import { below, type Random } from "../../src/shared/random.ts";

/** Something right, for mutations to begin with. All is made of the given chance. */
export class Making {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  message(): PacketMessage {
    const [seq, node] = [this.#number(), this.#name()];
    switch (below(this.#random, 8)) {
      case 0:
        return { kind: "ping", seq, node, replyTo: this.#maybe(), source: this.#name() };
      case 1: {
        const asked = { target: this.#address(), node, nack: this.#random.next() < 0.5 };
        return { kind: "indirect-ping", seq, ...asked, replyTo: this.#maybe(), source: this.#name() };
      }
      case 2:
        return { kind: "ack", seq, payload: this.bytes(40) };
      case 3:
        return { kind: "nack", seq };
      case 4:
        return { kind: "suspect", incarnation: seq, node, from: this.#name() };
      case 5:
        return { kind: "dead", incarnation: seq, node, from: this.#name() };
      case 6:
        return { kind: "user", bytes: this.bytes(300) };
      default:
        return { kind: "alive", incarnation: seq, node, ...this.#claim() };
    }
  }

  stream(): StreamMessage {
    switch (below(this.#random, 6)) {
      case 0:
        return { kind: "ping", seq: this.#number(), node: this.#name(), replyTo: this.#maybe(), source: this.#name() };
      case 1:
        return { kind: "ack", seq: this.#number(), payload: this.bytes(40) };
      case 2:
        return { kind: "user", bytes: this.bytes(800) };
      case 3:
        return { kind: "failure", text: this.#name() };
      default: {
        const states = Array.from({ length: below(this.#random, 12) }, () => this.#state());
        return { kind: "push-pull", join: this.#random.next() < 0.5, states, userState: this.bytes(600) };
      }
    }
  }

  /** Up to `most` bytes, of few kinds now and then, so that they compress. */
  bytes(most: number): Uint8Array {
    const kinds = this.#random.next() < 0.5 ? 256 : 3;
    const bytes = new Uint8Array(below(this.#random, most + 1));
    for (let i = 0; i < bytes.length; i++) bytes[i] = below(this.#random, kinds);
    return bytes;
  }

  #state(): PushState {
    const states: readonly MemberState[] = ["alive", "suspect", "dead", "left"];
    const state = states[below(this.#random, 4)] ?? "alive";
    return { name: this.#name(), incarnation: this.#number(), state, ...this.#claim() };
  }

  #claim(): { address: Address; meta: Uint8Array; vsn: Uint8Array } {
    return { address: this.#address(), meta: this.bytes(200), vsn: Uint8Array.of(1, 5, 2, 2, 5, 4) };
  }

  /** Small ones and such as are next to a power of two. */
  #number(): number {
    const power = 2 ** below(this.#random, 33);
    return Math.min(0xffff_ffff, Math.max(0, power - 1 + below(this.#random, 3)));
  }

  #name(): string {
    return `m${below(this.#random, 20)}${"ä".repeat(below(this.#random, 3))}`;
  }

  #maybe(): Address | null {
    return this.#random.next() < 0.5 ? this.#address() : null;
  }

  #address(): Address {
    const host = Uint8Array.from({ length: this.#random.next() < 0.7 ? 4 : 16 }, () => below(this.#random, 256));
    return { host, port: 1 + below(this.#random, 0xffff) };
  }
}
