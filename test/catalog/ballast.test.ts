import assert from "node:assert/strict";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { type TestContext, test } from "node:test";
import { createGzip } from "node:zlib";
import { decode, encode } from "@msgpack/msgpack";
import { Hono } from "hono";
import { frames, readFrames } from "../../src/catalog/exchange/wire.ts";
import { answer, EPOCH, sealedBytes } from "./forge.ts";
import {
  atEnd,
  close,
  everything,
  file,
  type Identity,
  listen,
  Member,
  members,
  newIdentity,
  share,
  tempDir,
  until,
} from "./support.ts";

/** Entries of a kind that nobody knows, nearly as long as any may be: a segment of nearly 1 MiB, of one byte over and over. */
const COUNT = 127;
const PADDING = encode(Array.from({ length: COUNT }, () => ({ k: "?", p: "x".repeat(8_150) })));
const MIB = 1 << 20;

/** An answer of ever more padding, most of it the same few bytes when compressed. */
async function* padding(liar: Identity, to: number): AsyncGenerator<Uint8Array> {
  yield answer(liar, [], to);
  for (let from = 1; from < to; from += COUNT) {
    yield frames([await sealedBytes(liar, from, from + COUNT - 1, PADDING)]);
  }
}

/** A member, and one who answers all its questions so. */
async function meets(t: TestContext, reply: (liar: Identity, to: number) => Readable): Promise<[Member, Identity]> {
  const liar = newIdentity();
  const to = 1_000 * COUNT;
  const app = new Hono().get("*", () => new Response(Readable.toWeb(reply(liar, to)) as ReadableStream<Uint8Array>));
  const { server, url } = await listen(app);
  const member = await new Member(await tempDir(t), new Map([[liar.id, url]])).start();
  atEnd(t, async () => {
    await member.stop();
    await close(server);
  });
  member.catalog.present([{ id: liar.id, epoch: EPOCH, sequence: to }]);
  return [member, liar];
}

const refused = (member: Member, liar: Identity): string | undefined =>
  member.logged.find((line) => line.includes("list was refused") && line.includes(liar.id));

async function journalBytes({ dir }: Member): Promise<number> {
  const sizes = (await readdir(dir)).map(async (name) =>
    /^[0-9a-f]{64}\.journal/.test(name)
      ? await stat(join(dir, name)).then(
          ({ size }) => size,
          () => 0,
        )
      : 0,
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

test("entries that say nothing fill a disk with no more than a short list may have, and their member is named", async (t) => {
  let sent = 0;
  const [member, liar] = await meets(t, (from, to) => {
    const counted = async function* (): AsyncGenerator<Uint8Array> {
      for await (const piece of padding(from, to)) {
        sent += piece.length;
        yield piece;
      }
    };
    return Readable.from(counted(), { objectMode: false });
  });
  await until("it is refused", () => refused(member, liar) !== undefined);
  assert.match(refused(member, liar) ?? "", /bytes for at most 0 entries are more than any honest history/);
  await until("what was taken is gone", async () => (await journalBytes(member)) === 0);
  assert.ok(sent < 80 * MIB, `${sent} bytes were read`);
});

test("an answer that unpacks to hundreds of times its bytes is refused, and its member named", async (t) => {
  const [member, liar] = await meets(t, (from, to) =>
    Readable.from(padding(from, to), { objectMode: false }).pipe(createGzip()),
  );
  await until("it is refused", () => refused(member, liar) !== undefined);
  assert.match(refused(member, liar) ?? "", /unpacks to more than a list can/);
  await until("what was taken is gone", async () => (await journalBytes(member)) === 0);
});

test("a member that pads another's list when it hands it on is named, and nothing of it is kept", async (t) => {
  const [a, b, c] = await members(t, 3);
  assert.ok(a && b && c);
  await a.catalog.commit([share(), file("x")]);
  b.meet(a, c);
  await until("b has it", async () => (await b.catalog.shares(a.id)).length === 1);
  const road = b.roads.get(b.id) ?? "";
  const padder = new Hono().get("*", async (context) => {
    const bytes = await (await fetch(`${road}${new URL(context.req.url).pathname}`)).bytes();
    const [header, ...segments] = (await Readable.from(readFrames(Readable.from([bytes]))).toArray()).flat();
    const padded = segments.map((segment) => encode({ ...(decode(segment) as object), zz: new Uint8Array(MIB / 2) }));
    return context.body(new Uint8Array(frames([header, ...padded])));
  });
  const { server, url } = await listen(padder);
  atEnd(t, () => close(server));
  const honest = c.roads.get(a.id) ?? "";
  c.roads.delete(a.id);
  c.roads.set(b.id, url);
  c.meet(a, b);
  await until("it is named", () => refused(c, b.identity)?.includes("not its one form") === true);
  assert.deepEqual(await c.catalog.shares(a.id), []);
  assert.ok((await journalBytes(c)) < 1_000);
  c.roads.set(a.id, honest);
  await until("the origin is asked", async () => (await c.catalog.shares(a.id)).length === 1);
  assert.deepEqual(await everything(c.catalog, a.id), await everything(a.catalog, a.id));
});
