import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
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

test("requests that are sent ahead are all answered, in their order", async (t) => {
  const bob = await somebody();
  const served = await serve(t, [bob]);
  const { socket, received } = attempt(t, served.port, bob.certificate);
  socket.write(REQUEST.repeat(5));
  await until("all are answered", () => received().split(bob.id).length === 6);
  assert.deepEqual([served.server.counters.requests, served.server.guard.size.unproven], [5, 1]);
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
