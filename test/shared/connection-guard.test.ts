import assert from "node:assert/strict";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { BACKLOG, CEILINGS, type Ceilings, ConnectionGuard } from "../../src/shared/connection-guard.ts";
import { flood } from "../support/flooding.ts";
import { until } from "../support/until.ts";

/** A server that says "welcome" to whoever says "friend", with a guard. */
async function guarded(ceilings: Ceilings, host = "127.0.0.1") {
  const guard = new ConnectionGuard(ceilings);
  const server: Server = createServer((socket) => {
    const admitted = guard.admit(socket);
    socket.on("data", (bytes) => {
      if (String(bytes) === "friend" && admitted?.proven() === true) socket.write("welcome");
      if (String(bytes) === "bye") admitted?.unproven();
    });
  });
  server.listen({ port: 0, host, backlog: BACKLOG });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const sockets: Socket[] = [];
  return {
    guard,
    at: { host, port },
    async client(localAddress = "127.0.0.1"): Promise<Socket & { ended: boolean }> {
      const socket = Object.assign(connect({ host, port, localAddress }), { ended: false });
      sockets.push(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        socket.ended = true;
      });
      socket.resume();
      const before = guard.size.unproven + guard.counters.evicted;
      await once(socket, "connect");
      await until("the guard hears of it", () => guard.size.unproven + guard.counters.evicted > before);
      return socket;
    },
    async [Symbol.asyncDispose]() {
      guard.close();
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Between two honest connections, so that they are no flood of their own. */
const PAUSE_MS = 10;
/** Connections that were just ended and whose descriptors Deno closes a little later. */
const CLOSING = 384;
const SMALL: Ceilings = { unproven: 4, proven: 2, perHost: 3, patienceMs: 60_000 };

async function befriend(socket: Socket): Promise<void> {
  socket.write("friend");
  assert.equal(String((await once(socket, "data"))[0]), "welcome");
}

test("where one host has too many unproven connections, its own oldest is ended", async () => {
  await using made = await guarded(SMALL);
  const other = await made.client("127.0.0.2");
  const mine = [await made.client(), await made.client(), await made.client()];
  await made.client();
  await until("the oldest is ended", () => mine[0]?.ended);
  assert.deepEqual(
    [other, ...mine].map(({ ended }) => ended),
    [false, true, false, false],
  );
  assert.deepEqual(made.guard.counters, { refused: 0, evicted: 1, timedOut: 0 });
});

test("where all hosts together have too many, the host that has most loses its oldest, though another's is older", async () => {
  await using made = await guarded(SMALL);
  const honest = await made.client("127.0.0.2");
  const greedy = [await made.client(), await made.client(), await made.client()];
  await made.client("127.0.0.3");
  await until("the greedy one's oldest is ended", () => greedy[0]?.ended);
  assert.equal(honest.ended, false);
});

test("a proven connection is never ended for another, until it has to prove itself again", async () => {
  await using made = await guarded({ ...SMALL, unproven: 1 });
  const friend = await made.client();
  await befriend(friend);
  for (let count = 0; count < 5; count++) await made.client();
  assert.equal(friend.ended, false);
  assert.deepEqual(made.guard.size, { unproven: 1, proven: 1 });
  friend.write("bye");
  await until("it is unproven", () => made.guard.size.proven === 0);
  await made.client();
  await until("it is ended", () => friend.ended);
});

test("of proven connections too there are only so many", async () => {
  await using made = await guarded(SMALL);
  for (let count = 0; count < 2; count++) await befriend(await made.client());
  const third = await made.client();
  third.write("friend");
  await until("the third is ended", () => third.ended);
  assert.deepEqual(made.guard.counters, { refused: 1, evicted: 0, timedOut: 0 });
});

test("who proves nothing is ended when patience is over, and who has proven itself is not", async () => {
  await using made = await guarded({ ...SMALL, patienceMs: 150 });
  const friend = await made.client();
  await befriend(friend);
  const silent = await made.client();
  const began = performance.now();
  await until("the silent one is ended", () => silent.ended);
  assert.ok(performance.now() - began < 600);
  assert.equal(friend.ended, false);
  assert.equal(made.guard.counters.timedOut, 1);
});

test("hosts of one IPv6 network of 64 bits count as one", async () => {
  const guard = new ConnectionGuard({ ...SMALL, perHost: 1 });
  const ended: string[] = [];
  const from = (remoteAddress: string, remotePort: number) => {
    const socket = { remoteAddress, remotePort, destroyed: false, once: () => socket, on: () => socket };
    guard.admit(Object.assign(socket, { destroy: () => ended.push(remoteAddress) }) as unknown as Socket);
  };
  from("2001:db8::1", 1);
  from("2001:db8:0:0:ffff::2", 1);
  from("2001:db8:0:1::1", 1);
  from("::ffff:192.0.2.1", 1);
  from("192.0.2.1", 2);
  guard.close();
  assert.deepEqual(ended.slice(0, 2), ["2001:db8::1", "::ffff:192.0.2.1"]);
});

test("under 10 000 half-open connections an honest one is served at once, with bounded memory and descriptors", async (t) => {
  const hosts = 50;
  await using made = await guarded(CEILINGS.gossip);
  const descriptors = async () => (await readdir("/proc/self/fd").catch(() => [])).length;
  // What a runtime takes for its first connections it keeps: the others are to add little.
  const first = flood(made.at, { count: 2_000, hosts });
  await first.opened;
  await first.stop();
  const evicted = made.guard.counters.evicted;
  const [filesBefore, memoryBefore] = [await descriptors(), process.memoryUsage().rss];
  const flooding = flood(made.at, { count: 10_000, hosts });
  let [served, slowest, mostFiles] = [0, 0, 0];
  try {
    await until("the flood begins", () => made.guard.counters.evicted > evicted, 20_000);
    do {
      const began = performance.now();
      const honest = connect({ ...made.at, localAddress: "127.0.0.1" });
      await befriend(honest);
      honest.destroy();
      await once(honest, "close");
      slowest = Math.max(slowest, performance.now() - began);
      served += 1;
      await sleep(PAUSE_MS);
      mostFiles = Math.max(mostFiles, await descriptors());
    } while (flooding.rising);
    await flooding.opened;
  } finally {
    await flooding.stop();
  }
  const grown = (process.memoryUsage().rss - memoryBefore) / (1 << 20);
  t.diagnostic(
    `${hosts} hosts: ${served} served, slowest ${Math.round(slowest)} ms, +${mostFiles - filesBefore} files, +${Math.round(grown)} MiB`,
  );
  assert.ok(slowest < 8_000, `${slowest} ms`);
  assert.ok(
    mostFiles - filesBefore < CEILINGS.gossip.unproven + CEILINGS.gossip.proven + CLOSING,
    `${mostFiles} files`,
  );
  assert.ok(grown < 128, `${grown} MiB`);
  assert.ok(made.guard.counters.evicted - evicted > 9_000);
});

test("the ports' ceilings together leave files and watches their descriptors", () => {
  const all = Object.values(CEILINGS).reduce((sum, { unproven, proven }) => sum + unproven + proven, 0);
  assert.ok(all <= 768, `${all} of 1 024`);
});
