import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { temporaryFolder } from "../support/folders.ts";
import { lacks } from "../support/need.ts";
import { until } from "../support/until.ts";
import { ask, clientOf, mixedKey, never, type Somebody, serve, somebody } from "./world.ts";

/** Whoever answers at a port, and the bytes that came to it after each handshake. */
async function impostor(t: TestContext, as: Somebody, answer: (socket: TLSSocket, request: number) => void) {
  const heard = { connections: 0, bytes: 0 };
  const server = createTlsServer({ ...as.certificate, requestCert: true, rejectUnauthorized: false }, (socket) => {
    let request = 0;
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      heard.bytes += chunk.length;
      request += 1;
      answer(socket, request);
    });
  });
  server.on("connection", () => {
    heard.connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  return { heard, port: (server.address() as AddressInfo).port };
}

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nKeep-Alive: timeout=60\r\n\r\nok";

test("a server that is not the member asked for gets not one byte of the request", async (t) => {
  const [ana, eve, bob] = [await somebody(), await somebody(), await somebody()];
  const { heard, port } = await impostor(t, eve, (socket) => socket.write(OK));
  const client = clientOf(t, bob);
  const asked = client.get({ id: ana.id, name: "Ana", hosts: ["127.0.0.1"], port }, "/secret", { signal: never() });
  await assert.rejects(asked, { code: "unreachable", message: /another member, or none of this group, answers there/ });
  assert.deepEqual([heard.connections > 0, heard.bytes], [true, 0]);
  // Asked for as itself it is answered, and not even then is that connection used for the other.
  await ask(client, { id: eve.id, name: "Eve", hosts: ["127.0.0.1"], port });
  const bytes = heard.bytes;
  await assert.rejects(ask(client, { id: ana.id, name: "Ana", hosts: ["127.0.0.1"], port }), { code: "unreachable" });
  assert.equal(heard.bytes, bytes);
});

test("a server with the member's certificate, without its key, gets nothing", { skip: lacks("openssl") }, async (t) => {
  const [ana, eve, bob] = [await somebody(), await somebody(), await somebody()];
  const folder = await temporaryFolder();
  t.after(() => folder.remove());
  const [cert, key] = [join(folder.path, "cert"), join(folder.path, "key")];
  await writeFile(cert, ana.certificate.cert);
  await writeFile(key, mixedKey(eve.privateKey, ana.privateKey));
  const free = createServer().listen(0, "127.0.0.1");
  await once(free, "listening");
  const { port } = free.address() as AddressInfo;
  await new Promise((resolve) => free.close(resolve));
  const args = ["s_server", "-accept", `127.0.0.1:${port}`, "-tls1_3", "-quiet", "-cert", cert, "-key", key];
  const child = spawn("openssl", args, { stdio: ["pipe", "pipe", "pipe"] });
  t.after(() => child.kill());
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  const address = { id: ana.id, name: "Ana", hosts: ["127.0.0.1"], port };
  await until("it has met the false server", async () => {
    const failure = await ask(clientOf(t, bob), address).catch((thrown: Error) => thrown.message);
    assert.match(String(failure), /^Cannot reach "Ana"/);
    return !String(failure).includes("ECONNREFUSED");
  });
  await until("it has failed there as well", () => /error/i.test(err));
  assert.equal(out, "");
});

test("many requests share a few handshakes, one after the other and at once", async (t) => {
  const bob = await somebody();
  const served = await serve(t, [bob]);
  const client = clientOf(t, bob);
  for (let i = 0; i < 200; i++) assert.equal((await ask(client, served.address)).text, bob.id);
  assert.equal(served.server.counters.handshakes, 1);
  for (let round = 0; round < 20; round++) {
    await Promise.all(Array.from({ length: 100 }, () => ask(client, served.address)));
  }
  assert.equal(served.asked.length, 2_200);
  assert.ok(served.server.counters.handshakes <= 16, `${served.server.counters.handshakes} handshakes`);
});

test("one that is not known yet tries again until it is", async (t) => {
  const bob = await somebody();
  const served = await serve(t, []);
  const asked = ask(clientOf(t, bob), served.address);
  await until("it was refused", () => served.server.counters.strangers > 0);
  served.standings.set(bob.id, "member");
  assert.equal((await asked).text, bob.id);
});

test("a kept connection that ended just when it was used again is replaced", async (t) => {
  const [ana, bob] = [await somebody(), await somebody()];
  const { heard, port } = await impostor(t, ana, (socket, request) => {
    if (request === 1) socket.write(OK);
    else socket.destroy();
  });
  const client = clientOf(t, bob);
  const address = { id: ana.id, name: "Ana", hosts: ["127.0.0.1"], port };
  for (let i = 0; i < 3; i++) assert.equal((await ask(client, address)).text, "ok");
  assert.equal(heard.connections, 3);
});

test("of several addresses the one that works is found, and tried first from then on", async (t) => {
  const bob = await somebody();
  const served = await serve(t, [bob]);
  let silent = 0;
  const hole = createServer((socket) => {
    silent += 1;
    socket.on("error", () => undefined);
    t.after(() => socket.destroy());
  });
  await new Promise<void>((resolve) => hole.listen(served.port, "127.0.0.77", resolve));
  t.after(() => hole.close());
  // The first says nothing, the second refuses, the third is the member.
  const address = { ...served.address, hosts: ["127.0.0.77", "127.0.0.78", "127.0.0.1"] };
  const client = clientOf(t, bob);
  const began = performance.now();
  assert.equal((await ask(client, address)).text, bob.id);
  assert.ok(performance.now() - began < 4 * 500);
  assert.equal(silent, 1);
  const all = await Promise.all(Array.from({ length: 8 }, () => ask(client, address)));
  assert.deepEqual(new Set(all.map(({ text }) => text)), new Set([bob.id]));
  assert.equal(silent, 1);
});

test("a request that is given up ends at the other end, before and amid its answer", async (t) => {
  const bob = await somebody();
  const ended: string[] = [];
  const served = await serve(t, [bob], (app) => {
    app.get("/:how", async (c) => {
      const how = c.req.param("how");
      const over = new Promise<void>((resolve) => c.req.raw.signal.addEventListener("abort", () => resolve()));
      void over.then(() => ended.push(how));
      if (how === "late") await over;
      return c.body(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1 << 16)) }));
    });
  });
  const client = clientOf(t, bob);
  for (const how of ["late", "amid"]) {
    const stop = new AbortController();
    const asked = client.get(served.address, `/${how}`, { signal: stop.signal });
    asked.catch(() => undefined);
    await until("it has come", () => served.asked.includes(`/${how}`));
    if (how === "amid") await (await asked).body.getReader().read();
    stop.abort(new Error("no longer wanted"));
    if (how === "late") await assert.rejects(asked, /no longer wanted/);
    await until("the other end knows", () => ended.includes(how));
  }
  assert.equal((await ask(client, served.address)).text, bob.id);
});

test("who reads slowly makes the sender wait, and is waited for", async (t) => {
  const bob = await somebody();
  let sent = 0;
  const served = await serve(t, [bob], (app) =>
    app.get("/big", (c) =>
      c.body(
        new ReadableStream(
          {
            pull: (controller) => {
              sent += 1;
              if (sent <= 128) controller.enqueue(new Uint8Array(1 << 20));
              else controller.close();
            },
          },
          { highWaterMark: 1 },
        ),
      ),
    ),
  );
  const { body } = await clientOf(t, bob).get(served.address, "/big", { signal: never() });
  const reader = body.getReader();
  let received = (await reader.read()).value?.length ?? 0;
  let before = -1;
  while (sent !== before) {
    before = sent;
    await sleep(200);
  }
  assert.ok(sent < 64, `${sent} MiB were sent to one that does not read`);
  for (let next = await reader.read(); !next.done; next = await reader.read()) received += next.value.length;
  assert.equal(received, 128 << 20);
});

test("a large answer comes whole and takes little memory, whatever its bytes were sent and received in", async (t) => {
  const [bob, size, most] = [await somebody(), 512 << 20, 400];
  const noise = randomBytes((2 << 20) + 13);
  const hashes = { sent: createHash("sha256"), received: createHash("sha256") };
  const headers = { "content-length": String(size) };
  const served = await serve(t, [bob], (app) =>
    app.get("/big", (c) => {
      let left = size;
      const pull = (controller: ReadableByteStreamController) => {
        const { view } = controller.byobRequest ?? {};
        assert.ok(view, "read into a buffer of its own");
        const from = (left >> 12) % (1 << 20);
        const into = Buffer.from(view.buffer, view.byteOffset, Math.min(view.byteLength, left));
        left -= noise.copy(into, 0, from, from + into.length);
        hashes.sent.update(into);
        controller.byobRequest?.respond(into.length);
      };
      return c.body(new ReadableStream({ type: "bytes", pull }), 200, headers);
    }),
  );
  const { body } = await clientOf(t, bob).get(served.address, "/big", { signal: never() });
  const before = process.memoryUsage().external;
  let [received, worst] = [0, 0];
  for await (const chunk of body) {
    hashes.received.update(chunk);
    if (received >> 24 !== (received + chunk.length) >> 24) worst = Math.max(worst, process.memoryUsage().external);
    received += chunk.length;
  }
  const grown = Math.round((worst - before) / (1 << 20));
  t.diagnostic(`${grown} MiB more while ${size >> 20} MiB came`);
  assert.equal(hashes.received.digest("hex"), hashes.sent.digest("hex"));
  assert.ok(grown < most, `${grown} MiB`);
});

test("one that says it is busy, and goes on talking, is hung up on", async (t) => {
  const bob = await somebody();
  let asked = 0;
  let open = 0;
  const chunk = new Uint8Array(1 << 16);
  const served = await serve(t, [bob], (app) =>
    app.get("/busy", (c) => {
      asked += 1;
      if (asked === 3) return c.text("at last");
      open += 1;
      const body = new ReadableStream({
        pull: (controller) => sleep(5).then(() => controller.enqueue(chunk)),
        cancel: () => {
          open -= 1;
        },
      });
      return c.body(body, 503, { "Retry-After": "0" });
    }),
  );
  assert.equal((await ask(clientOf(t, bob), served.address, "/busy")).text, "at last");
  await until("both are hung up on", () => open === 0);
});
