import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import { listen } from "../../src/shared/http-server.ts";
import { until } from "../support/until.ts";

const PIECE = "x".repeat(1_000);
const bytes = (text: string) => new TextEncoder().encode(text);

/** A body that gives so many pieces, each after a moment, and then ends, or fails. */
function body(pieces: number, fails: boolean, wait: () => Promise<unknown> = turn): ReadableStream<Uint8Array> {
  let given = 0;
  return new ReadableStream(
    {
      async pull(controller) {
        await wait();
        given += 1;
        if (given <= pieces) controller.enqueue(bytes(PIECE));
        else if (fails) controller.error(new Error("the secret reason"));
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

/** All that a server says to one request until it ends the connection, and whether it does so of itself at once. */
async function heard(t: TestContext, answer: () => Response): Promise<{ head: string; rest: string; kept: boolean }> {
  const server = await listen(answer, { host: "127.0.0.1", port: 0 }, "a test");
  t.after(() => server.close());
  const socket = connect({ host: "127.0.0.1", port: server.port });
  let text = "";
  socket.on("error", () => undefined);
  socket.on("data", (chunk) => {
    text += String(chunk);
  });
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const kept = await Promise.race([once(socket, "close").then(() => false), sleep(300, true)]);
  socket.destroy();
  const [head = "", rest = ""] = text.split(/\r\n\r\n(.*)/s);
  return { head, rest, kept };
}

for (const told of [true, false]) {
  const headers: Record<string, string> = told ? { "content-length": "5000" } : {};
  const kind = told ? "a told length" : "an unknown length";

  test(`a body of ${kind} that fails after its first bytes is cut there, without a word`, async (t) => {
    const words = t.mock.method(console, "error", () => undefined);
    for (const wait of [turn, () => sleep(20)]) {
      const { head, rest, kept } = await heard(t, () => new Response(body(3, true, wait), { headers }));
      assert.match(head, /^HTTP\/1.1 200 /);
      assert.equal(rest.replaceAll(/[^x]/g, "").length, 3_000);
      assert.doesNotMatch(rest, /rror|secret|\r\n0\r\n\r\n/);
      assert.equal(kept, false);
    }
    assert.equal(words.mock.callCount(), 0);
  });
}

test("a body that fails before its first byte is no success, and says nothing else", async (t) => {
  const { head, rest } = await heard(t, () => new Response(body(0, true), { headers: { "content-length": "5000" } }));
  assert.match(head, /^HTTP\/1.1 500 /);
  assert.equal(rest, "");
});

test("a body that has not the length that was told is cut, and no byte goes beyond its end", async (t) => {
  for (const [pieces, told] of [
    [2, 3_000],
    [3, 2_500],
  ] as const) {
    const headers = { "content-length": String(told) };
    const { rest, kept } = await heard(t, () => new Response(body(pieces, false), { headers }));
    assert.match(rest, /^x{2000}$/);
    assert.equal(kept, false, `${pieces} pieces`);
  }
});

test("a body that is all there is sent with its length, one that comes later in pieces, and the connection is kept", async (t) => {
  const text = await heard(t, () => new Response("all"));
  assert.match(text.head, /content-length: 3/i);
  assert.deepEqual([text.rest, text.kept], ["all", true]);
  const later = await heard(t, () => new Response(body(2, false, () => sleep(20))));
  assert.match(later.head, /transfer-encoding: chunked/i);
  assert.match(later.rest, /\r\n0\r\n\r\n$/);
  assert.equal(later.kept, true);
});

test("an answer that nobody waits for any more is not asked for its bytes", async (t) => {
  let pulled = 0;
  let answered = false;
  const asked = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  const cancelled = Promise.withResolvers<void>();
  const server = await listen(
    async () => {
      asked.resolve();
      await gone.promise;
      answered = true;
      const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
        pulled += 1;
        controller.enqueue(bytes(PIECE));
      };
      return new Response(new ReadableStream({ pull, cancel: () => cancelled.resolve() }, { highWaterMark: 0 }));
    },
    { host: "127.0.0.1", port: 0 },
    "a test",
  );
  t.after(() => server.close());
  const socket = connect({ host: "127.0.0.1", port: server.port });
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const open = () => server.guard.size.proven + server.guard.size.unproven;
  await asked.promise;
  socket.destroy();
  await until("the asker is gone", () => open() === 0);
  gone.resolve();
  await cancelled.promise;
  assert.ok(answered && pulled <= 2, `${pulled} pieces were asked for`);
});
