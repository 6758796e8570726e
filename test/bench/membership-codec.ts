import type { Alive, PacketMessage } from "../../src/membership/core/message.ts";
import { PROFILES } from "../../src/membership/core/profiles.ts";
import { encodeMeta } from "../../src/membership/meta.ts";
import { encodeMessage } from "../../src/membership/wire/codec.ts";
import type { Wire } from "../../src/membership/wire/layers.ts";
import { unwrapPacket, wrapPacket } from "../../src/membership/wire/packet.ts";
import { Replays } from "../../src/membership/wire/replays.ts";
import { optionsOf } from "../membership/member.ts";
import { percentile } from "./machine.ts";
import type { Row } from "./main.ts";

const RUN_MS = 500;
const RUNS = 5;
/** Packets that are different, as all are which a member hears: the same one again would be refused. */
const POOL = 5_000;
/** Packets between two looks at the clock. */
const BATCH = 200;

const keyed: Wire = { keys: [new Uint8Array(32).fill(7)], label: new Uint8Array(), compress: false };
const clear: Wire = { ...keyed, keys: [] };
const { wireName, meta } = optionsOf("Ana", "127.0.0.1", "");
const ping: PacketMessage = { kind: "ping", seq: 70_000, node: wireName, replyTo: null, source: wireName };
const alive: Alive = {
  kind: "alive",
  incarnation: 1_800_000_000,
  node: wireName,
  address: { host: Uint8Array.of(192, 168, 1, 20), port: 7_946 },
  meta: encodeMeta(meta),
  vsn: Uint8Array.of(1, 5, 2, 2, 5, 4),
};

/** Packets a second, on one core: a bare ping, and a packet as full of members as it gets. */
export async function codec(): Promise<Row[]> {
  const full: PacketMessage[] = [ping];
  const bytes = (messages: readonly PacketMessage[]): number => wrapped(messages, keyed).length;
  while (bytes([...full, alive]) <= PROFILES.lan.packetBudget) full.push(alive);
  return [
    ["a ping", [ping]] as const,
    [`a packet of ${bytes(full)} bytes, ${full.length - 1} members and a ping`, full] as const,
  ].map(([what, messages]) => ({
    what: `codec, one core: ${what}, encrypted`,
    ours: `${rates(messages, keyed)}`,
    beside: `in clear ${rates(messages, clear)}`,
  }));
}

function wrapped(messages: readonly PacketMessage[], wire: Wire): Uint8Array {
  return wrapPacket(messages.map(encodeMessage), wire, true);
}

function rates(messages: readonly PacketMessage[], wire: Wire): string {
  const packets = Array.from({ length: POOL }, () => wrapped(messages, wire));
  let next = 0;
  let replays = new Replays(() => performance.now());
  const out = rate(() => wrapped(messages, wire));
  const taken = rate(() => {
    if (next === POOL) [next, replays] = [0, new Replays(() => performance.now())];
    const { messages: read } = unwrapPacket(packets[next++] as Uint8Array, wire, replays);
    if (read.length !== messages.length) throw new Error("a packet was not understood");
  });
  return `${thousands(out)} out, ${thousands(taken)} in`;
}

/** Runs a second, the median of several tries. */
function rate(work: () => unknown): number {
  const found: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const began = performance.now();
    let done = 0;
    for (; performance.now() - began < RUN_MS; done += BATCH) for (let i = 0; i < BATCH; i++) work();
    found.push(done / ((performance.now() - began) / 1_000));
  }
  return percentile(found, 0.5);
}

function thousands(count: number): string {
  return `${(count / 1_000).toFixed(0)} 000/s`;
}
