import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { type TestContext, test } from "node:test";
import { lazyBody } from "../../src/catalog/exchange/body.ts";
import { file, members, ROOT, share, until } from "./support.ts";

/** More than the buffers on the way hold, so that an answer waits for its reader. */
async function longList(t: TestContext): Promise<(asker: string) => Promise<Response>> {
  const [a] = await members(t, 1);
  assert.ok(a);
  const long = Array.from({ length: 8 }, () => "x".repeat(250)).join("/");
  await a.catalog.commit([share(), ...Array.from({ length: 4_000 }, (_, i) => file(`${long}/${i}`, 1, ROOT))]);
  const routes = a.catalog.routes();
  return async (asker) => routes.request(`/v1/catalog/${a.id}`, {}, { asker });
}

test("a member that holds as many answers as it may keeps no other from a list", async (t) => {
  const ask = await longList(t);
  const held: ReadableStreamDefaultReader<Uint8Array>[] = [];
  for (let i = 0; i < 4; i++) {
    const { status, body } = await ask("greedy");
    assert.equal(status, 200);
    const reader = body?.getReader();
    assert.ok(reader && !(await reader.read()).done);
    held.push(reader);
  }
  for (let i = 0; i < 40; i++) assert.equal((await ask("greedy")).status, 503);
  const other = await ask("other");
  assert.equal(other.status, 200);
  assert.ok((await other.bytes()).length > 4_000 * 2_000);
  await held[0]?.cancel();
  await until("there is room again", async () => (await ask("greedy")).status === 200);
  for (const reader of held) await reader.cancel();
});

test("a member that asks for many at once, before any begins, is given no more than it may hold", async (t) => {
  const ask = await longList(t);
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask("greedy")));
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
  const readers = answers.map(({ body }) => body?.getReader());
  const firsts = await Promise.allSettled(readers.map((reader) => reader?.read()));
  assert.equal(firsts.filter(({ status }) => status === "fulfilled").length, 4);
  for (const reader of readers) await reader?.cancel().catch(() => undefined);
});

test("an answer that is fetched a little at a time is given up, one that is fetched fast enough goes on", async () => {
  for (const [bytes, most] of [
    [1_000_000, 20],
    [10, 100],
  ] as const) {
    let over = 0;
    const body = lazyBody(() => Readable.from(endless(), { objectMode: false }), {
      signal: new AbortController().signal,
      longest: 60_000,
      least: { bytes, ms: 100 },
      begun: () => true,
      ended: () => {
        over++;
      },
      cut: null,
    });
    const reader = body.getReader();
    let read = 0;
    const fetched = (async () => {
      for (; read < most; read++) {
        await reader.read();
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    })();
    if (bytes === 10) {
      await fetched;
      assert.equal(over, 0);
      await reader.cancel();
    } else await assert.rejects(fetched);
    await until("it has ended once", () => over === 1);
  }
});

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) yield new Uint8Array(16);
}
