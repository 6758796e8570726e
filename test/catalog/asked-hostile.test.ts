import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { encode } from "@msgpack/msgpack";
import { Tree } from "../../src/app/tree.ts";
import { FolderAsker } from "../../src/catalog/exchange/folder-asker.ts";
import { folderRoutes } from "../../src/catalog/exchange/folder-routes.ts";
import { decodePage, decodeShares } from "../../src/catalog/exchange/folder-wire.ts";
import type { EntryRef } from "../../src/shared/entry.ts";
import { Transfers } from "../../src/transfer/mod.ts";
import { sendArchive } from "../../src/web/bytes/archive.ts";
import { World } from "../transfer/world.ts";
import { ROOT, SHARE, until } from "./support.ts";

type Fetch = ConstructorParameters<typeof FolderAsker>[0];
type Map = Record<string, unknown>;

const MEMBER = "a1".repeat(32);
const OTHER = "b2".repeat(32);
const ref = (path = "", member = MEMBER) => ({ member, share: SHARE, path });
const dir = (n: string): Map => ({ f: 0, k: "d", m: 0, n, z: 0 });
const file = (n: string, more: Map = {}): Map => ({ f: 1, k: "f", m: 0, n, z: 7, ...more });
const page = (items: unknown[], next: unknown = null, entry: Map = dir("Music")): Uint8Array =>
  encode({ entry, items, next, total: items.length });
const padded = (number: number): string => String(number).padStart(8, "0");

/** A member that answers at once, with what is made of a question. */
const answering = (answer: (asked: URLSearchParams, member: string, path: string) => Uint8Array): Fetch => {
  return async (member, path) => {
    const url = new URL(path, "http://member");
    const bytes = answer(url.searchParams, member, url.pathname);
    const body = new ReadableStream<Uint8Array>({
      start(to) {
        to.enqueue(bytes);
        to.close();
      },
    });
    return { status: 200, headers: new Headers(), body };
  };
};

/** Never answers, whatever the signal says. */
const silent: Fetch = () => new Promise(() => {});

/** A folder of files without end, page by page. */
const endless = answering((asked) => {
  if (asked.get("limit") === "0") return page([]);
  const number = Number(asked.get("after")?.slice(1) ?? 0) + 1;
  return page([file(padded(number))], `1${padded(number)}`);
});

async function rest(entries: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of entries) count++;
  return count;
}

test("a page of more than was asked for, out of order, twice the same or leading nowhere is none", () => {
  const asked = { share: SHARE, path: "sub", after: null as string | null, limit: 3 };
  const read = (bytes: Uint8Array, more = {}) => decodePage(bytes, { ...asked, ...more });
  const good = page([dir("b"), file("a"), file("c")], "1c");
  assert.equal(read(good)?.items.length, 3);
  const nothing = read(page([], null), { limit: 0 });
  assert.deepEqual(nothing?.items, []);
  const none: [string, Uint8Array, object?][] = [
    ["more than asked for", good, { limit: 2 }],
    ["items where only the entry was wanted", good, { limit: 0 }],
    ["items of a file", page([file("a")], null, file("sub"))],
    ["what cannot be read counts too", page([null, null, null, null])],
    ["files before folders", page([file("a"), dir("b")])],
    ["names out of order", page([file("b"), file("a")])],
    ["a name twice", page([file("a"), file("a")])],
    ["a name as folder and as file", page([dir("a"), file("a")])],
    ["what the page before had", page([file("a")]), { after: "1a" }],
    ["a cursor after nothing that can be read", page([null, dir("..")], "0x")],
    ["a cursor before the last item", page([dir("b"), file("c")], "1b")],
    ["a cursor that is none", page([file("c")], 7)],
  ];
  for (const [what, bytes, more] of none) assert.equal(read(bytes, more), null, what);
  // As stores order: numbers by what they count, letters without case and marks, others by the bytes of UTF-8.
  assert.equal(read(page([file("a2"), file("A10"), file("Äz")]))?.items.length, 3);
  assert.equal(read(page([file("\ue000"), file("\u{1f600}")]))?.items.length, 2);
  const deep = Array.from({ length: 2_040 }, () => "d").join("/");
  const fits = read(page([file("1234567890123456"), file("12345678901234567")]), { path: deep });
  assert.deepEqual(
    fits?.items.map(({ name }) => name),
    ["1234567890123456"],
  );
});

test("a share's folder is called by a name that a share can have, or its answer is none", () => {
  const asked = { share: SHARE, path: "", after: null, limit: 0 };
  assert.equal(decodePage(page([]), asked)?.entry.name, "Music");
  for (const name of ["../../etc", "a\r\nX: y", ".hidden", "@all", "", "x".repeat(65), "A".repeat(900_000)]) {
    assert.equal(decodePage(page([], null, dir(name)), asked), null, name.slice(0, 20));
  }
});

test("of one member, at most 1 000 shares are read, and of each id and name the first", () => {
  const made = (at: number, more: Map = {}): Map => ({
    ...{ b: 1, f: 1, m: 5, n: `s${at}`, o: true, s: Buffer.from(at.toString(16).padStart(16, "0"), "hex") },
    ...more,
  });
  const many = Array.from({ length: 1_001 }, (_, at) => made(at));
  assert.equal(decodeShares(encode(many)), null);
  assert.equal(decodeShares(encode(many.slice(1)))?.length, 1_000);
  const found = decodeShares(encode([made(1), made(1, { n: "b" }), made(2, { n: "s1" }), made(3, { m: null })]));
  assert.deepEqual(
    found?.map(({ name, mtime }) => [name, mtime]),
    [
      ["s1", 5],
      ["s3", 0],
    ],
  );
});

test("a member's many shares are shown for one question to it", async () => {
  let asked = 0;
  const shares = Array.from({ length: 1_000 }, (_, at) => {
    return { b: 0, f: 0, m: at, n: `s${at}`, o: true, s: Buffer.from(at.toString(16).padStart(16, "0"), "hex") };
  });
  const asker = new FolderAsker(
    answering(() => {
      asked++;
      return encode(shares);
    }),
  );
  const member = { id: MEMBER, name: "Mal", wireName: "mal", bytes: 0, files: 0, since: 0 };
  const tree = new Tree({ shares: (id: string) => asker.shares(id) } as never, () => [member] as never);
  const { items } = await tree.list("Mal", { after: null, limit: 100 });
  assert.deepEqual([items.length, items[7]?.mtime, asked], [1_000, 7, 1]);
});

test("a walk ends where pages bring nothing, or go on without end", async () => {
  let asked = 0;
  const nothing = answering(() => {
    asked++;
    return page([null], "0x");
  });
  await assert.rejects(rest(new FolderAsker(nothing).walk(ref())), { code: "unreachable" });
  assert.equal(asked, 1);
  // Pages of one entry and a MiB of what nobody reads: the bytes of the walk are at their end before its entries are.
  const ballast = new Uint8Array(1_000_000);
  const heavy = answering((question) => {
    const number = Number(question.get("after")?.slice(1) ?? 0) + 1;
    const items = [file(padded(number))];
    return encode({ ballast, entry: dir("Music"), items, next: `1${padded(number)}`, total: 1 });
  });
  await assert.rejects(rest(new FolderAsker(heavy).walk(ref())), { code: "too-large" });
});

test("a walk down a deep and wide tree takes time by its entries, not by their depth, and lets others have their turns", async () => {
  const wide = page([dir("a"), ...Array.from({ length: 39 }, (_, at) => file(`f${padded(at)}`))]);
  const asker = new FolderAsker(answering(() => wide));
  let [last, longest] = [performance.now(), 0];
  const look = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const timer = setInterval(look, 1);
  let deepest = 0;
  let count = 0;
  for await (const { path } of asker.walk(ref())) {
    count++;
    deepest = Math.max(deepest, path.length);
  }
  look();
  clearInterval(timer);
  assert.ok(count > 75_000 && deepest <= 4_096, `${count} entries, ${deepest} characters deep`);
  assert.ok(longest < 1_000, `nothing else had a turn for ${Math.round(longest)} ms`);
});

test("who gives up a walk, or this program's end, ends it at once, whatever the member does", async () => {
  for (const fetch of [silent, endless]) {
    const asker = new FolderAsker(fetch, 60_000);
    const stop = new AbortController();
    const begun = performance.now();
    const walk = rest(asker.walk(ref(), stop.signal));
    setImmediate(() => stop.abort());
    await assert.rejects(walk, { code: "conflict" });
    const asked = [
      asker.list(ref(), { after: null, limit: 1 }, async () => [], stop.signal),
      asker.stat(ref(), stop.signal),
    ];
    for (const question of asked) await assert.rejects(question, { code: "conflict" });
    const other = rest(asker.walk(ref()));
    setImmediate(() => asker.stop());
    await assert.rejects(other, { code: "unreachable" });
    assert.ok(performance.now() - begun < 10_000);
  }
});

test("a download whose folder is listed without end is paused, cancelled and stopped at once", async () => {
  const world = await World.make();
  const mute: Fetch = (member, path, signal) => (path.includes("limit=0") ? endless : silent)(member, path, signal);
  for (const [at, fetch] of [endless, mute].entries()) {
    const asker = new FolderAsker(fetch, 60_000);
    let walks = 0;
    const options = world.options(OTHER, join(world.dir, "downloads"), join(world.dir, `${at}.json`));
    const catalog = {
      ...options.catalog,
      stat: (place: EntryRef, signal?: AbortSignal) => asker.stat(place, signal),
      walk: (place: EntryRef, signal: AbortSignal) => {
        walks++;
        return asker.walk(place, signal);
      },
    };
    const transfers = await Transfers.open({ ...options, catalog });
    const [first] = await transfers.add([ref()], { into: null });
    assert.ok(first);
    await until("it is listed", () => walks === 1);
    const begun = performance.now();
    assert.equal((await transfers.pause(first.id)).state, "paused");
    await transfers.resume(first.id);
    await until("it is listed again", () => walks === 2);
    assert.equal((await transfers.cancel(first.id)).state, "cancelled");
    await transfers.add([ref()], { into: null });
    await until("another is listed", () => walks === 3);
    await transfers.stop();
    assert.ok(performance.now() - begun < 10_000);
  }
});

test("a zip of a folder that is listed without end ends when nobody wants it any more", async () => {
  for (const fetch of [silent, endless]) {
    const asker = new FolderAsker(fetch, 60_000);
    async function* files(signal: AbortSignal) {
      for await (const { path } of asker.walk(ref(), signal)) yield { path, file: { kind: "folder", mtime: 0 } };
    }
    const needs = { walk: async (_path: string, signal: AbortSignal) => ({ name: "Music", files: files(signal) }) };
    const stop = new AbortController();
    const url = "http://localhost/archive/Mal/Music";
    const c = { req: { url, method: "GET", raw: { signal: stop.signal } } };
    const begun = performance.now();
    const zip = sendArchive(c as never, { needs } as never);
    setImmediate(() => stop.abort());
    await assert.rejects(zip, { code: "conflict" });
    assert.ok(performance.now() - begun < 10_000);
  }
});

test("patience counts from the wish, no more than 64 questions wait for one member, and another is not held up", async () => {
  const fetch: Fetch = (member, path, signal) =>
    member === OTHER ? answering(() => page([]))(member, path, signal) : silent(member, path, signal);
  const asker = new FolderAsker(fetch, 500);
  const begun = performance.now();
  const questions = Array.from({ length: 3 + 64 }, () => asker.shares(MEMBER));
  const over = Promise.allSettled(questions);
  await assert.rejects(asker.shares(MEMBER), { code: "unreachable", message: /too many/ });
  assert.equal((await asker.stat(ref("", OTHER)))?.name, "Music");
  assert.ok(performance.now() - begun < 400, "neither waited");
  for (const { status } of await over) assert.equal(status, "rejected");
  assert.ok(performance.now() - begun < 5_000, "all waited for as long as one");
});

test("who says it has a content takes no other member's place of it away", async () => {
  const named = answering((_, member) =>
    page([file(member === MEMBER ? "honest" : "liar", { r: Buffer.from(ROOT, "hex") })]),
  );
  const asker = new FolderAsker(named);
  for (const member of [MEMBER, OTHER]) await rest(asker.walk(ref("", member)));
  const content = { root: ROOT, size: 7 };
  const [both] = asker.places([content], () => true);
  assert.deepEqual(
    both?.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    [ref("honest"), ref("liar", OTHER)],
  );
  assert.deepEqual(
    asker.places([content], (member) => member === MEMBER),
    [[ref("honest")]],
  );
});

test("one member that asks without end is refused, and others are answered", async () => {
  const waiting: (() => void)[] = [];
  const store = {
    call: () => new Promise((resolve) => waiting.push(() => resolve([]))),
  };
  const app = folderRoutes(store as never, OTHER);
  const ask = async (asker: string) => (await app.request("/v1/folder", {}, { asker })).status;
  const greedy = Array.from({ length: 6 }, () => ask("greedy"));
  await until("six are under way", () => waiting.length === 6);
  assert.equal(await ask("greedy"), 503);
  const modest = ask("modest");
  await until("another is under way", () => waiting.length === 7);
  for (const answer of waiting) answer();
  assert.deepEqual(
    await Promise.all([...greedy, modest]),
    Array.from({ length: 7 }, () => 200),
  );
  const again = ask("greedy");
  await until("it is answered again", () => waiting.length === 8);
  waiting.at(-1)?.();
  assert.equal(await again, 200);
});
