import assert from "node:assert/strict";
import { Transform } from "node:stream";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Hono } from "hono";
import { relayOf } from "../../src/catalog/core/schedule.ts";
import { synthetic } from "../bench/catalog-lists.ts";
import { until } from "../support/until.ts";
import { atEnd, close, listen, type Member, members, SHARE } from "./support.ts";

const GROUP = 12;
/** `SOAK=1` takes the size that the figures are about. */
const ENTRIES = process.env.SOAK === undefined ? 6_000 : 100_000;
const PATIENCE_MS = 180_000;
/** Bytes a second that the origin sends, to all together. */
const RATE = 5_000_000;

/** What goes out through one narrow road, and how much that was. */
class Narrow {
  bytes = 0;
  #free = performance.now();

  async pass(length: number): Promise<void> {
    this.bytes += length;
    this.#free = Math.max(this.#free, performance.now()) + (length / RATE) * 1_000;
    const wait = this.#free - performance.now();
    if (wait > 0) await sleep(wait);
  }
}

/** From now on the others reach a member through this. */
async function through(
  t: TestContext,
  member: Member,
  pass: (chunk: Uint8Array) => Promise<Uint8Array>,
): Promise<void> {
  const road = member.roads.get(member.id) ?? "";
  const app = new Hono().get("*", async (c) => {
    const { pathname, search } = new URL(c.req.url);
    const { status, body } = await fetch(`${road}${pathname}${search}`, { signal: c.req.raw.signal });
    const passed = new Transform({
      transform(chunk: Uint8Array, _encoding, done) {
        pass(chunk).then((out) => done(null, out), done);
      },
    });
    const gate = Transform.toWeb(passed) as {
      readable: ReadableStream<Uint8Array>;
      writable: WritableStream<Uint8Array>;
    };
    return new Response(body?.pipeThrough(gate) ?? null, { status });
  });
  const { server, url } = await listen(app);
  atEnd(t, () => close(server));
  member.roads.set(member.id, url);
}

const stands = (member: Member, origin: Member): boolean => {
  const { epoch, sequence } = origin.catalog.own;
  const standing = member.catalog.standing(origin.id);
  return standing?.epoch === epoch && standing.sequence === sequence;
};

test(`${GROUP} members take a large list of one, and it sends out at most three copies`, async (t) => {
  const [origin, ...others] = await members(t, GROUP);
  assert.ok(origin);
  const changes = synthetic(SHARE, "Photos", ENTRIES, 3);
  for (let at = 0; at < changes.length; at += 2_000) await origin.catalog.commit(changes.slice(at, at + 2_000));
  const plain = await (await fetch(`${origin.roads.get(origin.id)}/v1/catalog/${origin.id}?encoding=gzip`)).bytes();
  const narrow = new Narrow();
  await through(t, origin, async (chunk) => {
    await narrow.pass(chunk.length);
    return chunk;
  });
  const begun = performance.now();
  for (const other of others) other.meet(origin, ...others);
  await until("all have the list", () => others.every((other) => stands(other, origin)), PATIENCE_MS);
  const copies = narrow.bytes / plain.length;
  t.diagnostic(
    `${copies.toFixed(2)} copies of ${(plain.length / 1e6).toFixed(1)} MB in ${Math.round(performance.now() - begun)} ms`,
  );
  assert.ok(copies <= 3, `${copies} copies`);
  const totals = await Promise.all(others.map(async ({ catalog }) => (await catalog.totals()).get(origin.id)));
  const own = (await origin.catalog.totals()).get(origin.id);
  for (const total of totals) assert.deepEqual(total, own);
});

test("one who forges the list that it hands on is named by those it gives it to, and they have it from others", async (t) => {
  const [origin, ...others] = await members(t, 6);
  assert.ok(origin);
  await origin.catalog.commit(synthetic(SHARE, "Photos", 3_000, 5));
  const { epoch, sequence } = origin.catalog.own;
  const relays = others.map(({ id }) => {
    const rest = others.filter((other) => other.id !== id).map((other) => other.id);
    return relayOf(origin.id, epoch, id, rest, sequence);
  });
  const forger = others.find(({ id }) => relays.includes(id));
  assert.ok(forger, "somebody hands it on");
  await through(t, forger, async (chunk) => {
    const forged = new Uint8Array(chunk);
    const middle = forged.length >> 1;
    forged[middle] = (forged[middle] ?? 0) ^ 1;
    return forged;
  });
  for (const other of others) other.meet(origin, ...others);
  await until("all have the list", () => others.every((other) => stands(other, origin)), PATIENCE_MS);
  const named = others.filter(({ logged }) =>
    logged.some((line) => line.includes("refused") && line.includes(forger.id)),
  );
  const given = relays.filter((relay) => relay === forger.id).length;
  assert.equal(named.length, given);
});

test("whoever looks at the same members agrees who hands on a list: two have it from its origin, three from each", () => {
  const ids = Array.from({ length: GROUP }, (_, i) => i.toString(16).repeat(64).slice(0, 64));
  const [origin = "", ...others] = ids;
  const relays = others.map((id) =>
    relayOf(
      origin,
      "e",
      id,
      others.filter((other) => other !== id),
      5_000,
    ),
  );
  assert.equal(relays.filter((relay) => relay === null).length, 2);
  for (const id of others) assert.ok(relays.filter((relay) => relay === id).length <= 3);
  assert.equal(relayOf(origin, "e", others[5] ?? "", others.slice(0, 5), 100), null, "a small change is not worth it");
});
