import assert from "node:assert/strict";
import { encode } from "@msgpack/msgpack";
import type { Service } from "bonjour-service";
import { groupShareMeta } from "../../src/membership/admission.ts";
import { nearbyOf } from "../../src/membership/discovery.ts";
import { decodeMeta, decodeTags, encodeMeta } from "../../src/membership/meta.ts";
import { SerfClock } from "../../src/membership/serf.ts";
import { concat } from "../../src/membership/wire/codec.ts";
import { below, pick, type Random } from "../../src/shared/random.ts";
import { optionsOf } from "../membership/member.ts";
import { mutated } from "./mutations.ts";

/** A clock that is believed leaves room to go on. */
const MAX_TIME = 0xffff_0001;
const KEYS = ["LTime", "Node", "Prune", "Name", "Flags", "Events", "StatusLTimes", "EventLTime", "LeftMembers", "ID"];
const { wireName, meta: anas } = optionsOf("Ana", "", "");

/** Everything that rides on the protocol, and what is announced beside it: read or passed over, never thrown at. */
export class Riders {
  readonly #random: Random;
  readonly #clock = new SerfClock(1);
  /** Right ones among them, which shows that the others came far. */
  passed = 0;
  members = 0;
  neighbours = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** One of each kind. `noise`: what came over the wire meanwhile, as likely here as there. */
  take(noise: Uint8Array): void {
    this.#serf(noise);
    this.#meta(noise);
    this.#service(noise);
  }

  #serf(noise: Uint8Array): void {
    const type = below(this.#random, 11);
    const said = concat([Uint8Array.of(type), encode(this.#map())]);
    for (const bytes of [noise, this.#maybe(said, noise)]) {
      if (this.#clock.hear({ kind: "user", bytes })) this.passed += 1;
      const before = this.#clock.time;
      this.#clock.hearState(bytes);
      this.#clock.hearState(concat([Uint8Array.of(2), bytes]));
      assert.ok(this.#clock.time >= before && this.#clock.time <= MAX_TIME, `the clock shows ${this.#clock.time}`);
    }
  }

  #meta(noise: Uint8Array): void {
    const right = encodeMeta({ ...anas, sequence: below(this.#random, 2 ** 31), addresses: ["10.0.0.1", "fd00::1"] });
    for (const bytes of [noise, concat([Uint8Array.of(0xff), noise]), this.#maybe(right, noise)]) {
      const read = decodeMeta(bytes);
      assert.ok(decodeTags(bytes).size <= 256);
      if (read !== null) assert.ok(encodeMeta(read).length <= 512);
      if (groupShareMeta({ name: wireName, meta: bytes }) !== null) this.members += 1;
    }
  }

  #service(noise: Uint8Array): void {
    const odd = (): unknown =>
      pick(this.#random, [undefined, null, 0, -1, 65_536, 1.5, "", "::1", [], {}, text(noise)], 1)[0];
    const some = <T>(right: T): T => (this.#random.next() < 0.15 ? (odd() as T) : right);
    // Lists and the sender's address are made by the library; what is in them, by strangers.
    const from = { address: "192.168.1.9", family: "IPv4", port: 5_353, size: 1 };
    const service = {
      name: some(wireName),
      port: some(7_946),
      addresses: [some("192.168.1.2"), some("fe80::1"), some(text(noise))],
      referer: this.#random.next() < 0.5 ? from : undefined,
      txt: some({ group: some("Family"), id: some("0123456789abcdef") }),
    } as unknown as Service;
    const found = nearbyOf(service);
    if (found === null) return;
    this.neighbours += 1;
    assert.ok(found.addresses.length > 0 && found.addresses.length <= 16);
  }

  #map(depth = 0): unknown {
    return Object.fromEntries(
      Array.from({ length: below(this.#random, 6) }, () => [pick(this.#random, KEYS, 1)[0], this.#value(depth + 1)]),
    );
  }

  #value(depth: number): unknown {
    switch (below(this.#random, depth > 2 ? 5 : 8)) {
      case 0:
        return 2 ** below(this.#random, 53);
      case 1:
        return -below(this.#random, 1_000);
      case 2:
        return "x".repeat(2 ** below(this.#random, 12));
      case 3:
        return new Uint8Array(2 ** below(this.#random, 13));
      case 4:
        return pick(this.#random, [null, true, 1.5, "ana"], 1)[0];
      case 5:
        return this.#map(depth);
      case 6:
        return Array.from({ length: below(this.#random, 8) }, () => this.#value(depth + 1));
      default:
        return below(this.#random, 1_000);
    }
  }

  #maybe(right: Uint8Array, other: Uint8Array): Uint8Array {
    return this.#random.next() < 0.3 ? right : mutated(right, this.#random, other);
  }
}

function text(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, 40));
}
