import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { encode } from "@msgpack/msgpack";
import { Hono } from "hono";
import { decodePage, decodeShares } from "../../src/catalog/exchange/folder-wire.ts";
import { seeded } from "../../src/shared/random.ts";
import {
  atEnd,
  close,
  everything,
  file,
  folder,
  listen,
  Member,
  members,
  ROOT,
  SHARE,
  share,
  tempDir,
  until,
} from "./support.ts";

const ref = (member: string, path = "") => ({ member, share: SHARE, path });
const names = ({ items }: { items: readonly { name: string }[] }) => items.map(({ name }) => name);

/** One member with a list, and one that does not keep it. */
async function askerOf(t: TestContext, count: number): Promise<{ origin: Member; asker: Member }> {
  const [origin] = await members(t, 1);
  assert.ok(origin);
  const asker = new Member(await tempDir(t), origin.roads);
  atEnd(t, () => asker.stop());
  asker.limit = 20;
  await asker.start();
  const files = Array.from({ length: count }, (_, i) => file(`sub/f${String(i).padStart(3, "0")}`, i + 1));
  await origin.catalog.commit([share(), folder("sub"), ...files, file("top", 7, ROOT)]);
  asker.meet(origin);
  await until("its list is refused", () => asker.catalog.refusals().has(origin.id));
  return { origin, asker };
}

test("folders of a member whose list is too long are what that member says now, page by page", async (t) => {
  const { origin, asker } = await askerOf(t, 50);
  assert.deepEqual(await asker.catalog.shares(origin.id), await origin.catalog.shares(origin.id));
  assert.deepEqual(await everything(asker.catalog, origin.id), await everything(origin.catalog, origin.id));
  const first = await asker.catalog.list(ref(origin.id, "sub"), { after: null, limit: 40 });
  const rest = await asker.catalog.list(ref(origin.id, "sub"), { after: first.next, limit: 40 });
  assert.deepEqual([first.items.length, first.total, rest.items.length, rest.next], [40, 50, 10, null]);
  assert.deepEqual(await asker.catalog.stat(ref(origin.id, "top")), await origin.catalog.stat(ref(origin.id, "top")));
  assert.equal(await asker.catalog.stat(ref(origin.id, "nothing")), null);
  await assert.rejects(asker.catalog.list(ref(origin.id, "top"), { after: null, limit: 1 }), { code: "not-found" });
});

test("what was met in such a folder can be had from there, and is lacked until an own share has it", async (t) => {
  const { origin, asker } = await askerOf(t, 30);
  const content = { root: ROOT, size: 7 };
  assert.deepEqual(await asker.catalog.holders(content), []);
  const lacking = () => asker.catalog.list(ref(origin.id), { after: null, limit: 10, lacking: true });
  assert.deepEqual(names(await lacking()), ["sub", "top"]);
  assert.deepEqual(await asker.catalog.holders(content), [ref(origin.id, "top")]);
  await asker.catalog.commit([
    share("Mine", "aa".repeat(8)),
    { ...file("have", 7, ROOT), share: "aa".repeat(8) } as never,
  ]);
  assert.deepEqual(names(await lacking()), ["sub"]);
  asker.meet();
  assert.deepEqual(names({ items: await asker.catalog.shares(origin.id) }), []);
  assert.equal((await asker.catalog.holders(content)).length, 1);
});

test("what is asked of a member says that its share is offline", async (t) => {
  const { origin, asker } = await askerOf(t, 30);
  await origin.catalog.commit([share("Music", SHARE, false)]);
  assert.equal((await asker.catalog.shares(origin.id))[0]?.online, false);
  assert.equal((await asker.catalog.stat(ref(origin.id, "sub")))?.offline, true);
  const { items } = await asker.catalog.list(ref(origin.id), { after: null, limit: 10 });
  assert.deepEqual(
    items.map(({ name, offline }) => [name, offline]),
    [
      ["sub", true],
      ["top", true],
    ],
  );
});

test("a change of such a list is told, and seen at once", async (t) => {
  const { origin, asker } = await askerOf(t, 30);
  let told = 0;
  asker.catalog.on("changed", (member) => {
    if (member === origin.id) told++;
  });
  await origin.catalog.commit([file("new")]);
  const before = told;
  asker.meet(origin);
  assert.equal(told, before + 1);
  assert.ok(names(await asker.catalog.list(ref(origin.id), { after: null, limit: 10 })).includes("new"));
});

test("a member that does not answer, or answers nonsense without end, costs a bounded wait and an error in words", async (t) => {
  const { origin, asker } = await askerOf(t, 30);
  await origin.deafen();
  await assert.rejects(asker.catalog.shares(origin.id), { code: "unreachable" });
  assert.equal(await asker.catalog.stat(ref(origin.id, "top")), null);
  let asked = 0;
  const app = new Hono();
  const endless = () => new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(65_536)) });
  app.get("/v1/folder", (c) => c.body(endless()));
  app.get("/v1/folder/:share", (c) => {
    asked++;
    const entry = { f: 1, k: "d", m: 1, n: "again", z: 1 };
    return c.body(new Uint8Array(encode({ entry, items: [entry], next: null, total: 1 })));
  });
  const { server, url } = await listen(app);
  atEnd(t, () => close(server));
  asker.roads.set(origin.id, url);
  await assert.rejects(asker.catalog.shares(origin.id), { code: "unreachable" });
  let deepest = 0;
  for await (const { path } of asker.catalog.walk(ref(origin.id))) deepest = Math.max(deepest, path.length);
  assert.ok(deepest <= 4_096 && asked < 1_000, `went ${deepest} characters deep, with ${asked} questions`);
});

test("whatever an answer is, it is read as a page or not at all, and no entry leads out of its folder", () => {
  const random = seeded(7);
  const entry = { f: 1, k: "d", m: 1, n: "x", z: 1 };
  const good = encode({ entry, items: [{ ...entry, k: "f", r: new Uint8Array(32) }], next: null, total: 1 });
  const asked = { share: SHARE, path: "a", after: null, limit: 10 };
  assert.equal(decodePage(good, asked)?.items[0]?.path, "a/x");
  for (const n of ["..", ".", "", "a/b", "/x", "\0", "x".repeat(300)]) {
    const page = decodePage(encode({ entry, items: [{ ...entry, n }], next: null, total: 1 }), asked);
    assert.deepEqual(page?.items, [], JSON.stringify(n));
  }
  assert.equal(decodePage(encode({ entry, items: [], next: "0x", total: 1 }), asked), null);
  for (let round = 0; round < 2_000; round++) {
    const bytes = new Uint8Array(good.slice(0, 1 + Math.floor(random.next() * good.length)));
    for (let flips = 0; flips < 3; flips++) bytes[Math.floor(random.next() * bytes.length)] = random.next() * 256;
    for (const item of decodePage(bytes, asked)?.items ?? []) assert.match(item.path, /^a\/[^/]+$/);
    decodeShares(bytes);
  }
});
