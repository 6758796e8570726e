import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Hono } from "hono";
import { until } from "../support/until.ts";
import { ask, attempt, clientOf, never, REQUEST, serve, somebody } from "./world.ts";

test("a member is who its key says, whatever a header says", async (t) => {
  const [bob, cleo] = [await somebody(), await somebody()];
  const served = await serve(t, [bob, cleo]);
  const headers = {
    "X-Asker": cleo.id,
    Asker: cleo.id,
    "X-SSL-Client-Cert": encodeURIComponent(cleo.certificate.cert),
  };
  const answer = await clientOf(t, bob).get(served.address, "/who", { headers, signal: never() });
  assert.equal(await new Response(answer.body).text(), bob.id);
  assert.equal((await ask(clientOf(t, cleo), served.address)).text, cleo.id);
});

test("a member that has left is answered no more, over a connection that is open either", async (t) => {
  const bob = await somebody();
  const served = await serve(t, [bob]);
  const { socket, received, ended } = attempt(t, served.port, bob.certificate);
  socket.write(REQUEST);
  await until("it is answered", () => received().includes(bob.id));
  const before = received();
  served.standings.delete(bob.id);
  socket.write(REQUEST);
  assert.equal(await ended, before);
  const again = attempt(t, served.port, bob.certificate);
  again.socket.write(REQUEST);
  assert.equal(await again.ended, "");
  assert.deepEqual(served.asked, ["/who"]);
});

test("an answer under way ends when its asker is no member any more, and no other one's does", async (t) => {
  const [bob, cleo] = [await somebody(), await somebody()];
  const chunk = new Uint8Array(1 << 16);
  const served = await serve(t, [bob, cleo], (app) =>
    app.get("/endless", (c) =>
      c.body(new ReadableStream({ pull: (controller) => sleep(5).then(() => controller.enqueue(chunk)) })),
    ),
  );
  const [bobs, cleos] = await Promise.all(
    [bob, cleo].map(async (member) => {
      const { body } = await clientOf(t, member).get(served.address, "/endless", { signal: never() });
      return body.getReader();
    }),
  );
  await bobs?.read();
  served.standings.delete(bob.id);
  served.server.review();
  await assert.rejects(async () => {
    while ((await bobs?.read())?.done === false);
  });
  assert.equal((await cleos?.read())?.done, false);
  // To be only known is not enough for an answer that is for members.
  served.standings.set(cleo.id, "known");
  served.server.review();
  await assert.rejects(async () => {
    while ((await cleos?.read())?.done === false);
  });
});

test("who is only known is answered what is open to it, and nothing else, until it is a member", async (t) => {
  const bob = await somebody();
  const served = await serve(t, []);
  served.standings.set(bob.id, "known");
  const client = clientOf(t, bob);
  assert.deepEqual(await ask(client, served.address, "/v1/group"), { status: 200, text: "the new secret" });
  assert.equal((await ask(client, served.address)).status, 404);
  served.standings.set(bob.id, "member");
  assert.deepEqual(await ask(client, served.address), { status: 200, text: bob.id });
  assert.equal(served.server.counters.handshakes, 1);
});

test("a head that is too large is not answered, and harms no other request", async (t) => {
  const bob = await somebody();
  const served = await serve(t, [bob]);
  const client = clientOf(t, bob);
  const longest = `/who?path=${"%41".repeat(4_096)}`;
  assert.equal((await ask(client, served.address, longest)).status, 200);
  const { socket, ended } = attempt(t, served.port, bob.certificate);
  socket.write(`GET /who HTTP/1.1\r\nHost: groupshare\r\nX: ${"x".repeat(40_000)}\r\n\r\n`);
  assert.doesNotMatch(await ended, /^HTTP\/1\.1 200/);
  assert.equal((await ask(client, served.address)).status, 200);
});

test("a request that is sent ahead of the answer to another ends the connection, and begins nothing", async (t) => {
  const bob = await somebody();
  const opened: string[] = [];
  const served = await serve(t, [bob], (app) =>
    app.get("/slow", async (c) => {
      opened.push(c.req.path);
      await sleep(200);
      return c.text("late");
    }),
  );
  const { socket, ended } = attempt(t, served.port, bob.certificate);
  socket.write("GET /slow HTTP/1.1\r\nHost: groupshare\r\n\r\n".repeat(1_000));
  assert.equal(await ended, "");
  assert.ok(opened.length <= 1, `${opened.length} were begun`);
  await until("nothing is under way", () => served.server.answering === 0);
  assert.equal((await ask(clientOf(t, bob), served.address)).text, bob.id);
});

test("a connection that waits for each answer is kept, however soon the next request comes", async (t) => {
  const bob = await somebody();
  const served = await serve(t, [bob]);
  const client = clientOf(t, bob);
  for (let asked = 0; asked < 300; asked++) assert.equal((await ask(client, served.address)).text, bob.id);
  const { handshakes, requests, ahead } = served.server.counters;
  assert.deepEqual([handshakes, requests, ahead], [1, 300, 0]);
});

test("beyond so many answers under way a member is told to come again, its client does, and others are answered", async (t) => {
  const [bob, cleo] = [await somebody(), await somebody()];
  const gate = Promise.withResolvers<void>();
  const slow = (app: Hono) => app.get("/slow", (c) => gate.promise.then(() => c.text("done")));
  const served = await serve(t, [bob, cleo], slow, { answers: { each: 3, all: 8 } });
  const client = clientOf(t, bob);
  const three = [1, 2, 3].map(() => ask(client, served.address, "/slow"));
  await until("three are under way", () => served.server.answering === 3);
  const { socket, received } = attempt(t, served.port, bob.certificate);
  socket.write(REQUEST);
  await until("it is refused for now", () => /^HTTP\/1\.1 503 .*Retry-After: 1\r\n/s.test(received()));
  assert.equal((await ask(clientOf(t, cleo), served.address)).text, cleo.id);
  const fourth = ask(client, served.address);
  await until("the client was refused too", () => served.server.counters.busy === 2);
  gate.resolve();
  assert.deepEqual(await fourth, { status: 200, text: bob.id });
  for (const one of await Promise.all(three)) assert.equal(one.text, "done");
  await until("nothing is under way", () => served.server.answering === 0);
});

test("an answer that is let go by whoever asked counts no more", async (t) => {
  const bob = await somebody();
  const chunk = new Uint8Array(1 << 16);
  let closed = 0;
  const endless = (app: Hono) =>
    app.get("/endless", (c) =>
      c.body(
        new ReadableStream({
          pull: (controller) => sleep(1).then(() => controller.enqueue(chunk)),
          cancel: () => void closed++,
        }),
      ),
    );
  const served = await serve(t, [bob], endless);
  const client = clientOf(t, bob);
  for (let i = 0; i < 20; i++) {
    const { body } = await client.get(served.address, "/endless", { signal: never() });
    await body.cancel();
  }
  await until("nothing is under way", () => served.server.answering === 0 && closed === 20);
});

test("an answer that nobody reads is ended after a while, one that is read slowly or comes slowly is not", async (t) => {
  const [bob, cleo, dan] = [await somebody(), await somebody(), await somebody()];
  const chunk = new Uint8Array(1 << 16);
  const more = (app: Hono) => {
    app.get("/endless", (c) => c.body(new ReadableStream({ pull: (controller) => controller.enqueue(chunk) })));
    app.get("/late", (c) => sleep(2_000).then(() => c.text("late")));
  };
  const served = await serve(t, [bob, cleo, dan], more, { stuckMs: 600 });
  const deaf = attempt(t, served.port, bob.certificate);
  await deaf.secure;
  deaf.socket.pause();
  deaf.socket.write("GET /endless HTTP/1.1\r\nHost: groupshare\r\n\r\n");
  const { body } = await clientOf(t, cleo).get(served.address, "/endless", { signal: never() });
  const reader = body.getReader();
  const late = ask(clientOf(t, dan), served.address, "/late");
  await until("two are under way", () => served.server.answering === 3);
  const end = performance.now() + 2_500;
  while (performance.now() < end) {
    for (let taken = 0; taken < 16 << 20; ) {
      const { value, done } = await reader.read();
      assert.equal(done, false);
      taken += value?.length ?? 0;
    }
    await sleep(100);
  }
  assert.equal((await late).text, "late");
  await until("the deaf one is ended", () => served.server.answering === 1);
  await reader.cancel();
});

test("who sends something, instead of asking, is ended", async (t) => {
  const bob = await somebody();
  const served = await serve(t, [bob]);
  for (const head of ["POST /who HTTP/1.1", "CONNECT a:1 HTTP/1.1", "GET /who HTTP/1.1\r\nContent-Length: 1000000"]) {
    const { socket, ended } = attempt(t, served.port, bob.certificate);
    socket.write(`${head}\r\nHost: groupshare\r\n\r\n${"x".repeat(10)}`);
    assert.equal(await ended, "", head);
  }
  assert.deepEqual(served.asked, []);
});

test("one member opens only so many connections, and takes none from another", async (t) => {
  const [bob, cleo] = [await somebody(), await somebody()];
  const served = await serve(t, [bob, cleo]);
  const all = Array.from({ length: 40 }, () => attempt(t, served.port, bob.certificate));
  await Promise.all(all.map(({ secure }) => secure));
  await until("some are ended", () => all.filter(({ socket }) => socket.destroyed).length === 8);
  assert.equal((await ask(clientOf(t, cleo), served.address)).text, cleo.id);
});
