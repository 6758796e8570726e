import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { CEILINGS } from "../../src/shared/connection-guard.ts";
import { type Connection, type ListenOptions, listen } from "../../src/shared/http-server.ts";
import { certificate } from "../support/certificate.ts";
import { flood } from "../support/flooding.ts";
import { until } from "../support/until.ts";

/** Short, so that what is to be ended is soon. */
const PATIENCE_MS = 300;
const QUICK = { ceilings: { ...CEILINGS.page, patienceMs: PATIENCE_MS } } as const;

/** A server whose only known callers are those of `/known/…`. `stream` trickles one byte at a time, `post` reads the body. */
async function served(options: ListenOptions = {}) {
  const server = await listen(
    async (asked: Request, node: Connection) => {
      const { pathname } = new URL(asked.url);
      if (pathname.startsWith("/known/")) node.known();
      if (pathname.endsWith("/stream"))
        return new Response(trickle(), { headers: { "content-type": "text/event-stream" } });
      if (pathname.endsWith("/post")) return new Response(`${(await asked.text()).length} bytes`);
      return new Response("hello");
    },
    { host: "127.0.0.1", port: 0 },
    "a test",
    options,
  );
  return {
    server,
    at: { host: "127.0.0.1", port: server.port },
    [Symbol.asyncDispose]: () => server.close(),
  };
}

function trickle(): ReadableStream<Uint8Array> {
  let timer: NodeJS.Timeout | undefined;
  return new ReadableStream({
    start(controller) {
      controller.enqueue(Buffer.from("."));
      timer = setInterval(() => controller.enqueue(Buffer.from(".")), 50);
    },
    cancel: () => clearInterval(timer),
  });
}

/** A client that says something, then drips `drop` every 20 ms; what it heard and when it was ended. */
function dripping(at: { host: string; port: number }, text: string, drop: string) {
  const socket: Socket = connect(at);
  const heard = { text: "", ended: Number.NaN };
  const began = performance.now();
  socket.on("error", () => undefined);
  socket.on("data", (bytes) => {
    heard.text += String(bytes);
  });
  socket.write(text);
  const timer = drop === "" ? undefined : setInterval(() => socket.write(drop), 20);
  socket.once("close", () => {
    clearInterval(timer);
    heard.ended = performance.now() - began;
  });
  return { socket, heard, ended: () => until("it is ended", () => heard.ended > 0, 8 * PATIENCE_MS) };
}

/** Between two honest requests, so that they are no flood of their own. */
const PAUSE_MS = 10;
const HEAD = "HTTP/1.1\r\nhost: x\r\n";

test("requests that drip in are ended, whether by their head or by their body, and so is who says nothing", async () => {
  await using made = await served(QUICK);
  const slow = [
    dripping(made.at, `GET / ${HEAD}`, "x-more: y\r\n"),
    dripping(made.at, `POST /post ${HEAD}content-length: 1000000\r\n\r\n`, "x"),
    dripping(made.at, `POST /post ${HEAD}transfer-encoding: chunked\r\n\r\n`, "1\r\nx\r\n"),
    dripping(made.at, "", ""),
  ];
  for (const { ended } of slow) await ended();
  for (const { heard } of slow) {
    assert.ok(heard.ended >= PATIENCE_MS - 20 && heard.ended < 4 * PATIENCE_MS, `${heard.ended} ms`);
    assert.doesNotMatch(heard.text, /HTTP\/1.1 2/);
  }
  assert.deepEqual(made.server.guard.size, { unproven: 0, proven: 0 });
});

test("a known caller too must send its request whole in time", async () => {
  await using made = await served({ requestMs: PATIENCE_MS });
  const slow = dripping(made.at, `POST /known/post ${HEAD}content-length: 1000000\r\n\r\n`, "x");
  await slow.ended();
  assert.ok(slow.heard.ended < 4 * PATIENCE_MS, `${slow.heard.ended} ms`);
});

test("a connection kept for a next request is ended when none comes", async () => {
  await using made = await served(QUICK);
  const kept = dripping(made.at, `GET /known/hello ${HEAD}\r\n`, "");
  await until("it is answered", () => kept.heard.text.endsWith("hello"));
  assert.ok(Number.isNaN(kept.heard.ended));
  await kept.ended();
});

test("an answer to a known caller takes as long as it takes, also behind one that it asked for before", async () => {
  await using made = await served({ ...QUICK, ceilings: { ...QUICK.ceilings, unproven: 2, perHost: 2 } });
  const ask = `GET /known/hello ${HEAD}\r\nGET /known/stream ${HEAD}\r\n`;
  const streams = [dripping(made.at, `GET /known/stream ${HEAD}\r\n`, ""), dripping(made.at, ask, "")];
  await until("both are answered", () => streams.every(({ heard }) => heard.text.includes("event-stream")));
  for (let count = 0; count < 8; count++) dripping(made.at, "", "");
  await sleep(4 * PATIENCE_MS);
  for (const { heard, socket } of streams) {
    assert.ok(Number.isNaN(heard.ended), `it was cut after ${heard.ended} ms`);
    socket.destroy();
  }
});

test("an answer to an unknown caller that is never taken ends when patience does", async () => {
  await using made = await served(QUICK);
  const stream = dripping(made.at, `GET /stream ${HEAD}\r\n`, "");
  await stream.ended();
});

test("with a certificate the same holds: a TLS handshake that is never finished is ended, and who asks is answered", async () => {
  await using made = await served({ ...QUICK, tls: await certificate() });
  const halfOpen = dripping(made.at, "\x16\x03\x01", "");
  const socket = connectTls({ ...made.at, rejectUnauthorized: false });
  socket.write(`GET /known/stream ${HEAD}\r\n`);
  let heard = "";
  socket.on("data", (bytes) => {
    heard += String(bytes);
  });
  await halfOpen.ended();
  await sleep(2 * PATIENCE_MS);
  assert.match(heard, /event-stream/);
  assert.equal(made.server.guard.size.proven, 1);
  socket.destroy();
});

test("with a certificate, a stranger's host gets so many handshakes and no more, and others are served", async () => {
  await using made = await served({ tls: await certificate() });
  let handshakes = 0;
  const flood = Array.from({ length: 300 }, async () => {
    const socket = connectTls({ ...made.at, rejectUnauthorized: false, localAddress: "127.0.0.77" } as object);
    socket.on("error", () => undefined);
    socket.once("secureConnect", () => {
      handshakes += 1;
      socket.destroy();
    });
    await new Promise((resolve) => socket.once("close", resolve));
  });
  await Promise.all(flood);
  assert.ok(handshakes >= 60 && handshakes <= 128, `${handshakes} handshakes`);
  const honest = connectTls({ ...made.at, rejectUnauthorized: false });
  honest.write(`GET /known/hello ${HEAD}\r\n`);
  const [answer] = (await once(honest, "data")) as [Buffer];
  assert.match(String(answer), /^HTTP\/1.1 200 /);
  honest.destroy();
});

test("under 10 000 connections that are half open, or drip in their requests' heads, a page is served at once", async (t) => {
  await using made = await served();
  const waiting = dripping(made.at, `GET /known/stream ${HEAD}\r\n`, "");
  await until("the stream flows", () => waiting.heard.text.includes("event-stream"));
  for (const sends of ["", "GET / HTTP/1.1\r\nhost:"]) {
    const before = made.server.guard.counters.evicted;
    const flooding = flood(made.at, { count: 10_000, sends });
    let [served, slowest] = [0, 0];
    try {
      await until("the flood begins", () => made.server.guard.counters.evicted > before, 20_000);
      do {
        const began = performance.now();
        assert.equal(await get(made.at, "/known/hello"), "hello");
        slowest = Math.max(slowest, performance.now() - began);
        served += 1;
        await sleep(PAUSE_MS);
      } while (flooding.rising);
      await flooding.opened;
    } finally {
      await flooding.stop();
    }
    t.diagnostic(`${served} served, slowest ${Math.round(slowest)} ms`);
    assert.ok(slowest < 8_000, `${slowest} ms`);
  }
  assert.ok(Number.isNaN(waiting.heard.ended), "the stream was cut");
  waiting.socket.destroy();
});

/** One request over a connection of its own. */
function get(at: { host: string; port: number }, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ ...at, path, agent: false }, async (answer) => {
      let text = "";
      for await (const chunk of answer) text += String(chunk);
      resolve(text);
    });
    asked.on("error", reject);
    asked.end();
  });
}
