import assert from "node:assert/strict";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { Hono } from "hono";
import { PeerServer } from "../../src/peer/mod.ts";
import { connectTls } from "../../src/platform/tls-client.ts";
import { silentLog } from "../../src/shared/log.ts";
import { type Somebody, somebody } from "./world.ts";

/* Who claims this member's identity has to prove it, and proves it only by running with its key somewhere else. */

const LOCAL = ["127.0.0.1"];

async function run(t: TestContext, { certificate }: Somebody): Promise<PeerServer> {
  const [routes, open] = [new Hono(), new Hono()];
  const server = await PeerServer.listen(
    { certificate, routes, open, standing: () => null, connect: connectTls, log: silentLog },
    { host: "127.0.0.1", port: 0 },
  );
  t.after(() => server.close());
  return server;
}

/** Passes the bytes of each connection on to a port, and of what is answered only so many; its own port. */
async function passOn(t: TestContext, to: number, most = Number.POSITIVE_INFINITY): Promise<number> {
  const open = new Set<Socket>();
  const server = createServer((from) => {
    const onward = connect(to, "127.0.0.1");
    for (const socket of [from, onward]) {
      open.add(socket);
      socket.on("error", () => undefined);
    }
    from.pipe(onward);
    let left = most;
    onward.on("data", (chunk) => {
      const bytes = Buffer.from(chunk).subarray(0, left);
      left -= bytes.length;
      from.write(bytes);
      if (left === 0) from.end();
    });
    onward.on("close", () => from.end());
    from.on("close", () => onward.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

test("another program with the same key proves that it runs, whoever of both asks", async (t) => {
  const ana = await somebody();
  const [one, other] = [await run(t, ana), await run(t, ana)];
  assert.equal(await one.runsAt(LOCAL, other.port), true);
  assert.equal(await other.runsAt(["127.0.0.9", "127.0.0.1"], one.port), true);
  assert.equal(await one.runsAt(LOCAL, await passOn(t, other.port)), true);
});

test("a member with another key, this very program, and whoever passes its own words on, prove nothing", async (t) => {
  const ana = await somebody();
  const [one, eve] = [await run(t, ana), await run(t, await somebody())];
  assert.equal(await one.runsAt(LOCAL, eve.port), false);
  assert.equal(await one.runsAt(LOCAL, one.port), false);
  assert.equal(await one.runsAt(LOCAL, await passOn(t, one.port)), false);
});

test("a word that is cut off or left out proves nothing", async (t) => {
  const ana = await somebody();
  const one = await run(t, ana);
  // After so many bytes: in the handshake, where only what comes after it is missing, and in the word.
  const cuts = Array.from({ length: 60 }, (_, i) => 100 + 20 * i);
  const proven = await Promise.all(cuts.map(async (most) => one.runsAt(LOCAL, await passOn(t, one.port, most))));
  assert.deepEqual(
    cuts.filter((_, i) => proven[i]),
    [],
  );
});

test("where nobody answers, or says nothing at all, it is over within seconds", async (t) => {
  const one = await run(t, await somebody());
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const { port } = silent.address() as AddressInfo;
  const start = performance.now();
  assert.deepEqual(await Promise.all([one.runsAt(LOCAL, port), one.runsAt(LOCAL, 1), one.runsAt([], 1)]), [
    false,
    false,
    false,
  ]);
  assert.ok(performance.now() - start < 12_000);
  silent.close();
});
