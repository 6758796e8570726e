import assert from "node:assert/strict";
import { test } from "node:test";
import type { Connection, Transport } from "../../src/membership/transport.ts";
import { openUdpTcp } from "../../src/membership/udp-tcp.ts";
import type { Endpoint } from "../../src/shared/endpoint.ts";
import { silentLog } from "../../src/shared/log.ts";

/** Of 1 000 bytes: fits the receive buffer that Linux gives unasked, which is all that Deno has. */
const BURST = 80;
const nothing = { packet() {}, connection() {} };

async function two(t: { after(run: () => Promise<unknown>): void }): Promise<[Transport, Transport]> {
  const pair = await Promise.all(["127.0.0.61", "127.0.0.62"].map((host) => openUdpTcp({ host, port: 0 }, silentLog)));
  t.after(() => Promise.all(pair.map((one) => one.close())));
  return pair as [Transport, Transport];
}

test("datagrams and streams come from the bound address", async (t) => {
  const [a, b] = await two(t);
  const packet = new Promise<[Uint8Array, Endpoint]>((resolve) => {
    b.start({ ...nothing, packet: (bytes, from) => resolve([Uint8Array.from(bytes), from]) });
  });
  a.start(nothing);
  await a.send(Uint8Array.of(1, 2, 3), b.bound);
  assert.deepEqual(await packet, [Uint8Array.of(1, 2, 3), a.bound]);
  const connection = await a.dial(b.bound, 5_000);
  assert.equal(connection.local.host, a.bound.host);
  connection.destroy();
});

test("a burst of datagrams that the system can hold arrives whole, though the receiver is busy", async (t) => {
  const [a, b] = await two(t);
  let count = 0;
  const all = new Promise<void>((resolve) => {
    b.start({
      ...nothing,
      packet() {
        count += 1;
        if (count === BURST) resolve();
      },
    });
  });
  await Promise.all(Array.from({ length: BURST }, () => a.send(new Uint8Array(1_000), b.bound)));
  const busyUntil = performance.now() + 50;
  while (performance.now() < busyUntil);
  await all;
});

test("a stream carries bytes both ways and ends where one side has said all", async (t) => {
  const [a, b] = await two(t);
  b.start({
    ...nothing,
    connection(connection: Connection) {
      connection.listen(
        (chunk) => {
          connection.write(Uint8Array.from(chunk).reverse());
          connection.finish();
        },
        () => undefined,
      );
    },
  });
  const connection = await a.dial(b.bound, 5_000);
  const heard: number[] = [];
  const ended = new Promise<string>((resolve) => {
    connection.listen((chunk) => heard.push(...chunk), resolve);
  });
  connection.write(Uint8Array.of(1, 2, 3));
  assert.equal(await ended, "it hung up");
  assert.deepEqual(heard, [3, 2, 1]);
});

test("dialling after the other closed fails in words", async (t) => {
  const [a, b] = await two(t);
  await b.close();
  await assert.rejects(a.dial(b.bound, 5_000), /^Error: nobody listens there$/);
});

test("closing gives up what is still being dialled", async (t) => {
  const [a] = await two(t);
  const dialling = assert.rejects(a.dial({ host: "192.0.2.254", port: 9 }, 60_000));
  await a.close();
  await dialling;
});
