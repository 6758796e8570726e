import { concat } from "../../src/membership/wire/codec.ts";
import { compressed } from "../../src/membership/wire/layers.ts";
import { compound } from "../../src/membership/wire/packet.ts";
import { below, type Random } from "../../src/shared/random.ts";

type Mutation = (bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

/** What can be done to bytes that were right. `other`: some more that were. */
const MUTATIONS: readonly Mutation[] = [
  (bytes) => bytes,
  (bytes, random) => set(bytes, random, 1 + below(random, 4), () => below(random, 256)),
  (bytes, random) => set(bytes, random, 1, (byte) => byte ^ (1 << below(random, 8))),
  (bytes, random) => set(bytes, random, 4, () => 0xff),
  (bytes, random) => set(bytes, random, 1, () => TAGS[below(random, TAGS.length)] ?? 0),
  (bytes, random) => bytes.slice(0, below(random, bytes.length + 1)),
  (bytes, random) => bytes.slice(below(random, bytes.length + 1)),
  (bytes, random, other) => concat([bytes.subarray(0, below(random, bytes.length + 1)), other]),
  (bytes, random) => {
    const at = below(random, bytes.length + 1);
    const piece = bytes.subarray(at, at + below(random, 60));
    return concat([bytes.subarray(0, at), piece, piece, bytes.subarray(at)]);
  },
  (bytes, random) => {
    const at = below(random, bytes.length + 1);
    const length = Uint8Array.from({ length: 4 }, (_, i) => (i === 3 ? below(random, 256) : 0xff));
    return concat([
      bytes.subarray(0, at),
      Uint8Array.of(LONG[below(random, LONG.length)] ?? 0),
      length,
      bytes.subarray(at),
    ]);
  },
  (bytes) => compressed(bytes),
  (bytes, _random, other) => compound([bytes.subarray(0, 0xffff), other.subarray(0, 0xffff)]),
  (bytes, random) => compound(Array.from({ length: 255 }, () => bytes.subarray(0, below(random, 50)))),
  (_bytes, random) => Uint8Array.from({ length: below(random, 400) }, () => below(random, 256)),
  (_bytes, random) =>
    concat([
      Uint8Array.of(below(random, 14)),
      Uint8Array.from({ length: below(random, 60) }, () => below(random, 256)),
    ]),
  (bytes, random) => concat([Uint8Array.of(0xf4, below(random, 256)), bytes]),
  (bytes, random) =>
    concat([Uint8Array.of(0x0a, ...Array.from({ length: 4 }, () => (random.next() < 0.5 ? 0xff : 0))), bytes]),
];

/** Tags of msgpack with a length of four bytes: bin, ext, str, array, map. */
const LONG = [0xc6, 0xc9, 0xdb, 0xdd, 0xdf];
const TAGS = [
  0x80,
  0x8f,
  0x90,
  0x9f,
  0xa0,
  0xbf,
  0xc0,
  0xc1,
  0xc4,
  0xc7,
  0xca,
  0xcb,
  0xcf,
  0xd3,
  0xd9,
  0xda,
  0xdc,
  0xde,
  ...LONG,
];

/** One to three mutations, the first of them none now and then. */
export function mutated(bytes: Uint8Array, random: Random, other: Uint8Array): Uint8Array {
  let result = bytes;
  for (let count = 1 + below(random, 3); count > 0; count--) {
    const mutation = MUTATIONS[below(random, MUTATIONS.length)];
    if (mutation !== undefined) result = mutation(result, random, other);
  }
  return result.subarray(0, MOST);
}

/** No datagram is longer. */
const MOST = 65_507;

function set(bytes: Uint8Array, random: Random, count: number, to: (byte: number) => number): Uint8Array {
  const copy = bytes.slice();
  if (copy.length === 0) return copy;
  const from = below(random, copy.length);
  for (let i = from; i < Math.min(copy.length, from + count); i++) copy[i] = to(copy[i] ?? 0);
  return copy;
}
