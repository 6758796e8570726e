import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Input } from "../../src/membership/core/effects.ts";
import { Streams } from "../../src/membership/streams.ts";
import type { Connection, Transport } from "../../src/membership/transport.ts";
import { openUdpTcp } from "../../src/membership/udp-tcp.ts";
import { encodeStreamMessage } from "../../src/membership/wire/codec.ts";
import type { Wire } from "../../src/membership/wire/layers.ts";
import { Replays } from "../../src/membership/wire/replays.ts";
import { CEILINGS } from "../../src/shared/connection-guard.ts";
import type { Endpoint } from "../../src/shared/endpoint.ts";
import { silentLog } from "../../src/shared/log.ts";
import { until as eventually } from "../support/until.ts";
import { Members, seedOf, until } from "./member.ts";

const clear: Wire = { keys: [], label: new Uint8Array(), compress: false };
const ATTACKERS = ["127.0.1.1", "127.0.1.2", "127.0.1.3", "127.0.1.4"];
/** What an honest push/pull may take while a port is flooded; a test allows four times that. */
const SERVED = 4 * 2_000;

/** Connections of strangers, all ended with the test. */
class Strangers {
  readonly #open = new Set<Socket>();
  readonly #to: Endpoint;

  constructor(t: TestContext, to: Endpoint) {
    this.#to = to;
    t.after(() => {
      for (const socket of this.#open) socket.destroy();
    });
  }

  /** Half of them say a byte now and then, which is right so far: an encrypted frame of 16 MiB. */
  drip(t: TestContext): void {
    const timer = setInterval(() => {
      let odd = false;
      for (const socket of this.#open) {
        odd = !odd;
        if (odd) socket.write(Uint8Array.of(socket.bytesWritten === 0 ? 10 : 1));
      }
    }, 100);
    t.after(() => clearInterval(timer));
  }

  get open(): number {
    return this.#open.size;
  }

  /** One more, that says nothing. */
  come(localAddress: string): Socket {
    const socket = connect({ ...this.#to, localAddress });
    socket.on("error", () => undefined);
    socket.once("close", () => this.#open.delete(socket));
    this.#open.add(socket);
    return socket;
  }
}

test("10 000 connections that say nothing, or byte by byte, keep nobody from swapping lists", {
  timeout: 60_000,
}, async (t) => {
  const members = await Members.of(t);
  const gossipKeys = [new Uint8Array(32).fill(4)];
  const all = await Promise.all(["Ana", "Ben", "Eve"].map((name) => members.open(name, { gossipKeys })));
  const [ana, ...others] = all;
  assert.ok(ana);
  for (const other of others) await other.join([seedOf(ana)]);
  await Promise.all(all.map((one) => until(one, () => one.members().length === 3)));
  const trouble: string[] = [];
  for (const one of all) {
    one.on("changed", ({ name }, _before, event) => {
      if (event === "suspected" || event === "died") trouble.push(`${name} ${event}`);
    });
  }
  const strangers = new Strangers(t, ana.bound);
  strangers.drip(t);
  let came = 0;
  // As fast as they are taken in. Beyond that they fill a queue of the system's, which is short on Deno.
  const flood = async (): Promise<void> => {
    while (came < 10_000) {
      const batch = Array.from({ length: 100 }, () => strangers.come(ATTACKERS[came++ % ATTACKERS.length] ?? ""));
      await Promise.all(batch.map((socket) => new Promise((done) => socket.once("connect", done).once("close", done))));
    }
  };
  const flooding = flood();
  let swaps = 0;
  let slowest = 0;
  const swap = async (): Promise<void> => {
    for (const other of others) {
      const began = performance.now();
      const { joined, failed } = await other.join([seedOf(ana)]);
      slowest = Math.max(slowest, performance.now() - began);
      assert.equal(joined.length, 1, `an honest member was turned away: ${JSON.stringify(failed)}`);
      swaps += 1;
    }
  };
  for (; came < 10_000; await sleep(50)) await swap();
  await flooding;
  const late = await members.open("Ida", { gossipKeys });
  await Promise.all([swap(), late.join([seedOf(ana)])]);
  await until(ana, () => ana.members().length === 4);
  assert.ok(swaps >= 6 && slowest < SERVED, `${swaps} swaps, the slowest took ${Math.round(slowest)} ms`);
  assert.deepEqual(trouble, []);
  await eventually("the flood is turned away", () => strangers.open <= CEILINGS.gossip.unproven);
  assert.ok((ana.counters().gossipStreamsTurnedAway ?? 0) >= 10_000 - CEILINGS.gossip.unproven);
  t.diagnostic(`${swaps} swaps of lists meanwhile, the slowest took ${Math.round(slowest)} ms`);
});

async function listening(t: TestContext, connection: (connection: Connection) => void): Promise<Transport> {
  const transport = await openUdpTcp({ host: "127.0.0.67", port: 0 }, silentLog);
  t.after(() => transport.close());
  transport.start({ packet() {}, connection });
  return transport;
}

test("of connections that prove nothing so many stay, the newest; of those that did, newcomers are refused", async (t) => {
  const taken: Connection[] = [];
  const transport = await listening(t, (connection) => {
    connection.listen(
      () => undefined,
      () => undefined,
    );
    taken.push(connection);
  });
  const { unproven, proven } = CEILINGS.gossip;
  const strangers = new Strangers(t, transport.bound);
  const sockets: Socket[] = [];
  for (let i = 0; i < unproven + 10; i++) sockets.push(strangers.come(`127.0.2.${1 + (i % 100)}`));
  await eventually("the first are ended", () => strangers.open === unproven && taken.length === unproven + 10);
  assert.equal(transport.turnedAway, 10);
  const stayed = taken.slice(10).map((connection) => connection.proven());
  assert.deepEqual(new Set(stayed.slice(0, proven)), new Set([true]));
  const before = taken.length;
  for (let i = 0; i < 5; i++) strangers.come(`127.0.3.${1 + i}`);
  await eventually("the newcomers are taken in", () => taken.length === before + 5);
  const kept = stayed.filter(Boolean).length;
  assert.equal(kept, Math.min(proven, unproven));
  assert.deepEqual(
    taken.slice(before).map((connection) => connection.proven()),
    Array.from({ length: 5 }, (_, i) => kept + i < proven),
  );
});

test("streams whose messages are not whole hold 64 MiB together, and whoever holds most gives way to who says little", {
  timeout: 30_000,
}, async (t) => {
  const asked: Input[] = [];
  let streams: Streams | null = null;
  const transport = await listening(t, (connection) => streams?.accept(connection));
  const quiet = () => undefined;
  streams = new Streams({
    ...{ transport, wire: clear, replays: new Replays(() => 0), timeoutMs: 20_000 },
    ...{ feed: (input: Input) => void asked.push(input), met: quiet, refused: quiet, leftOut: quiet },
  });
  t.after(() => streams?.close());
  const user = (bytes: number) => encodeStreamMessage({ kind: "user", bytes: new Uint8Array(bytes).fill(7) });
  const strangers = new Strangers(t, transport.bound);
  const MIB = 1024 * 1024;
  /** All of a message but its last byte, from a host of its own. */
  const most = async (host: number, bytes: number): Promise<Socket> => {
    const socket = strangers.come(`127.0.4.${host}`);
    await once(socket, "connect");
    await new Promise<void>((resolve) => socket.write(user(bytes).subarray(0, -1), () => resolve()));
    return socket;
  };
  const small = await most(1, 3 * MIB);
  const hogs = [await most(2, 19 * MIB), await most(3, 19 * MIB), await most(4, 19 * MIB)];
  // The fourth is one too many: one of the large ones goes, whichever it is, and no small one.
  const last = await most(5, 15 * MIB);
  await eventually("one of the large ones is ended", () => strangers.open === 4);
  assert.equal(asked.length, 0);
  assert.equal([...hogs, last].filter(({ closed }) => closed).length, 1);
  // One stranger with several lines is one: what it holds counts together.
  const many = [await most(6, 7 * MIB), await most(6, 7 * MIB), await most(6, 7 * MIB), await most(6, 7 * MIB)];
  await eventually("some are ended", () => many.some(({ closed }) => closed));
  const newcomer = strangers.come("127.0.4.9");
  newcomer.write(user(100));
  await eventually("the newcomer is heard", () => asked.length === 1);
  small.write(user(3 * MIB).subarray(-1));
  await eventually("and the small one", () => asked.length === 2);
});
