import assert from "node:assert/strict";
import { createConnection, type Socket } from "node:net";
import { test } from "node:test";
import { PeerClient } from "../../src/peer/mod.ts";
import { connectTls } from "../../src/platform/tls-client.ts";
import { ask, serve, somebody } from "./world.ts";

const CONNECTIONS = 10_000;
/** Open at once at the attacker's end. */
const AT_ONCE = 256;
/** A record of TLS that says 512 bytes of a ClientHello follow, and the first of them. */
const BEGUN = Buffer.from("160301020001000" + "1fc0303", "hex");

test("10 000 connections that never finish a handshake keep no member out for 2 s", async (t) => {
  const bob = await somebody();
  // As gossip tells where he is.
  const served = await serve(t, [bob], undefined, { memberHosts: () => ["127.0.0.1"] });
  const open = new Set<Socket>();
  t.after(() => {
    for (const socket of open) socket.destroy();
  });
  let made = 0;
  const flood = async (): Promise<void> => {
    while (made < CONNECTIONS) {
      made += 1;
      const slow = made % 2 === 0;
      // Half of them from the host of the honest one, half from another.
      const localAddress = made % 4 < 2 ? "127.0.0.1" : "127.0.0.66";
      const socket = createConnection({ host: "127.0.0.1", port: served.port, localAddress });
      open.add(socket);
      socket.on("error", () => undefined);
      socket.once("connect", () => slow && socket.write(BEGUN));
      await new Promise((resolve) => socket.once("close", resolve));
      open.delete(socket);
    }
  };
  const floods = Promise.all(Array.from({ length: AT_ONCE }, flood));
  const worst = { ms: 0, asked: 0 };
  while (made < CONNECTIONS) {
    // A client of its own each time: none has a connection from before.
    const client = new PeerClient({ certificate: bob.certificate, connect: connectTls });
    const began = performance.now();
    assert.equal((await ask(client, served.address)).text, bob.id);
    worst.ms = Math.max(worst.ms, performance.now() - began);
    worst.asked += 1;
    client.close();
  }
  for (const socket of open) socket.destroy();
  await floods;
  t.diagnostic(`${worst.asked} requests meanwhile, the slowest took ${Math.round(worst.ms)} ms`);
  assert.ok(worst.asked > 0 && worst.ms < 2_000, `the slowest of ${worst.asked} requests took ${worst.ms} ms`);
  assert.ok(served.server.guard.size.unproven <= 128);
});
