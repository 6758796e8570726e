import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { Hono } from "hono";
import { Puller } from "../../src/catalog/exchange/puller.ts";
import type { Replica } from "../../src/catalog/replica.ts";
import { seeded } from "../../src/shared/random.ts";
import {
  atEnd,
  close,
  everything,
  file,
  folder,
  gone,
  listen,
  members,
  paths,
  ROOT,
  SHARE,
  share,
  until,
} from "./support.ts";

test("what one member commits is what the others list, and keeps following", async (t) => {
  const [a, b, c] = await members(t, 3);
  assert.ok(a && b && c);
  await a.catalog.commit([share(), folder("", 5), folder("sub"), file("sub/b.txt", 7, ROOT), file("a.txt", 3)]);
  b.meet(a, c);
  c.meet(a, b);
  const own = await everything(a.catalog, a.id);
  assert.deepEqual(
    own.map(({ path, kind, size, files, mtime }) => [path, kind, size, files, mtime]),
    [
      ["", "folder", 10, 2, 5],
      ["sub", "folder", 7, 1, 1_000],
      ["sub/b.txt", "file", 7, 1, 2_000],
      ["a.txt", "file", 3, 1, 2_000],
    ],
  );
  assert.equal(own[0]?.name, "Music");
  for (const other of [b, c]) {
    await until("the list is there", async () => (await other.catalog.shares(a.id)).length === 1);
    assert.deepEqual(await everything(other.catalog, a.id), own);
  }
  const changed: string[] = [];
  b.catalog.on("changed", (member) => changed.push(member));
  await a.catalog.commit([gone("sub"), file("new", 1)]);
  b.meet(a, c);
  await until("b follows", async () => (await paths(b.catalog, a.id)).join() === ",a.txt,new");
  assert.deepEqual(changed, [a.id]);
  assert.equal(b.catalog.counters().listsReplaced, 1);
  assert.deepEqual(
    await b.catalog.totals(),
    new Map([
      [b.id, { files: 0, bytes: 0 }],
      [a.id, { files: 2, bytes: 4 }],
    ]),
  );
});

test("a member that is not present is out of sight at once, and its list is still there when it returns", async (t) => {
  const [a, b] = await members(t, 2);
  assert.ok(a && b);
  await a.catalog.commit([share(), file("x", 3, ROOT)]);
  b.meet(a);
  await until("the list is there", async () => (await b.catalog.shares(a.id)).length === 1);
  assert.deepEqual(await b.catalog.holders({ root: ROOT, size: 3 }), [{ member: a.id, share: SHARE, path: "x" }]);
  b.meet();
  assert.deepEqual(await b.catalog.shares(a.id), []);
  assert.equal(await b.catalog.stat({ member: a.id, share: SHARE, path: "x" }), null);
  assert.deepEqual(await b.catalog.holders({ root: ROOT, size: 3 }), []);
  assert.equal((await b.catalog.totals()).has(a.id), false);
  const { pulls } = b.catalog.counters();
  b.meet(a);
  assert.deepEqual(await paths(b.catalog, a.id), ["", "x"]);
  assert.equal(b.catalog.counters().pulls, pulls);
});

test("a list is had from another member, byte for byte, when its origin does not answer any more", async (t) => {
  const [a, b, c] = await members(t, 3);
  assert.ok(a && b && c);
  await a.catalog.commit([share(), folder("sub")]);
  await a.catalog.commit([file("sub/x", 3, ROOT)]);
  b.meet(a, c);
  await until("b has it", async () => (await b.catalog.shares(a.id)).length === 1);
  await a.deafen();
  c.meet(a, b);
  await until("c has it", async () => (await c.catalog.shares(a.id)).length === 1);
  assert.deepEqual(await everything(c.catalog, a.id), await everything(a.catalog, a.id));
  assert.equal(b.catalog.counters().answers, 1);
  const name = `${a.id}.journal`;
  assert.deepEqual(await readFile(join(c.dir, name)), await readFile(join(b.dir, name)));
});

test("a relay that alters what it hands on is refused, and the list comes from elsewhere", async (t) => {
  const [a, b, c] = await members(t, 3);
  assert.ok(a && b && c);
  await a.catalog.commit([share(), file("x".repeat(200), 3, ROOT)]);
  b.meet(a, c);
  await until("b has it", async () => (await b.catalog.shares(a.id)).length === 1);
  const road = b.roads.get(b.id) ?? "";
  const forger = new Hono().get("*", async (c) => {
    const bytes = await (await fetch(`${road}${new URL(c.req.url).pathname}?since=0`)).bytes();
    bytes[bytes.length - 90] = (bytes[bytes.length - 90] ?? 0) ^ 1;
    return c.body(bytes);
  });
  const { server, url } = await listen(forger);
  atEnd(t, () => close(server));
  const honest = c.roads.get(a.id) ?? "";
  c.roads.delete(a.id);
  c.roads.set(b.id, url);
  c.meet(a, b);
  await until("the forgery is named", () => c.logged.some((line) => line.includes("refused") && line.includes(b.id)));
  assert.deepEqual(await c.catalog.shares(a.id), []);
  c.roads.set(a.id, honest);
  await until("the origin is asked again", async () => (await c.catalog.shares(a.id)).length === 1);
});

test("a pull that is cut off goes on where it stopped", async (t) => {
  const [a, b] = await members(t, 2);
  assert.ok(a && b);
  await a.catalog.commit([share()]);
  for (let i = 0; i < 20; i++) {
    await a.catalog.commit(Array.from({ length: 200 }, (_, j) => file(`folder ${i}/file ${j}`, 1, ROOT)));
  }
  const road = a.roads.get(a.id) ?? "";
  const asked: number[] = [];
  const cutter = new Hono().get("*", async (c) => {
    const { pathname } = new URL(c.req.url);
    if (pathname.endsWith(a.id)) asked.push(Number(c.req.query("since")));
    const query = `epoch=${c.req.query("epoch")}&since=${c.req.query("since")}`;
    const bytes = await (await fetch(`${road}${pathname}?${query}`)).bytes();
    return c.body(bytes.subarray(0, 100_000));
  });
  const { server, url } = await listen(cutter);
  atEnd(t, () => close(server));
  b.roads.set(a.id, url);
  b.meet(a);
  const shown = new Set<number>();
  await until("all is there", async () => {
    const files = (await b.catalog.totals()).get(a.id)?.files;
    if (files !== undefined) shown.add(files);
    return files === 4_000;
  });
  assert.ok(asked.length > 2, "it took several pulls");
  assert.deepEqual(
    asked,
    [...asked].sort((x, y) => x - y),
    "none began again",
  );
  assert.equal(new Set(asked).size, asked.length);
  assert.deepEqual([...shown], [4_000], "nothing was shown before all was there");
});

test("a new epoch replaces the whole list without a moment in which it is empty or half there", async (t) => {
  const [a, b] = await members(t, 2);
  assert.ok(a && b);
  await a.catalog.commit([share(), ...Array.from({ length: 2_000 }, (_, i) => file(`f${i}`, 1))]);
  b.meet(a);
  await until("the list is there", async () => (await b.catalog.totals()).get(a.id)?.files === 2_000);
  const { epoch, sequence } = a.catalog.own;
  await a.catalog.heardOfSelf({ epoch, sequence: sequence + 1 });
  await a.catalog.commit([gone("f0"), file("more", 5)]);
  const replaced = new Promise((resolve) => b.catalog.on("changed", resolve));
  b.meet(a);
  let over = false;
  void replaced.then(() => {
    over = true;
  });
  const seen = new Set<string>();
  while (!over) {
    const { items, total } = await b.catalog.list({ member: a.id, share: SHARE, path: "" }, { after: null, limit: 1 });
    seen.add(`${items[0]?.name} ${total} ${(await b.catalog.shares(a.id)).length}`);
  }
  assert.deepEqual(
    [...seen].filter((view) => view !== "f0 2000 1" && view !== "f1 2000 1"),
    [],
  );
  assert.deepEqual(await everything(b.catalog, a.id), await everything(a.catalog, a.id));
});

test("a member that lags behind is not believed to have a list of an epoch that was replaced", async (t) => {
  const [a, b, c] = await members(t, 3);
  assert.ok(a && b && c);
  await a.catalog.commit([share("Old")]);
  b.meet(a);
  await until("b has the old list", async () => (await b.catalog.shares(a.id)).length === 1);
  await a.deafen();
  c.catalog.present([
    { id: a.id, epoch: "f".repeat(16), sequence: 1 },
    { id: b.id, epoch: b.catalog.own.epoch, sequence: 0 },
  ]);
  await until("b was asked", () => b.catalog.counters().answers === 2);
  await until("the answer was not taken", () => (c.catalog.counters().pullFailures ?? 0) > 1);
  assert.deepEqual(await c.catalog.shares(a.id), []);
});

test("a question from the middle of a segment, or from an unknown epoch, is answered with the whole list", async (t) => {
  const [a] = await members(t, 1);
  assert.ok(a);
  await a.catalog.commit([share(), file("x"), file("y")]);
  await a.catalog.commit([file("z")]);
  const { epoch } = a.catalog.own;
  const road = `${a.roads.get(a.id)}/v1/catalog/${a.id}`;
  const length = async (query: string): Promise<number> => (await (await fetch(`${road}?${query}`)).bytes()).length;
  const whole = await length("");
  assert.equal(await length(`epoch=${"0".repeat(16)}&since=3`), whole);
  assert.equal(await length(`epoch=${epoch}&since=2`), whole);
  const last = await length(`epoch=${epoch}&since=3`);
  const none = await length(`epoch=${epoch}&since=4`);
  assert.ok(none < last && last < whole);
  assert.equal(await length(`epoch=${epoch}&since=99`), none);
  assert.equal((await fetch(`${road.slice(0, -64)}${"0".repeat(64)}`)).status, 404);
  assert.equal((await fetch(`${road}?since=-1`)).status, 400);
  assert.equal((await fetch(`${road.slice(0, -64)}..%2f..%2fetc`)).status, 400);
});

test("answers that nobody waits for any more make room for others", async (t) => {
  const [a] = await members(t, 1);
  assert.ok(a);
  // More than the system's buffers of a connection hold, so that an answer waits for its reader.
  const long = Array.from({ length: 8 }, () => "x".repeat(250)).join("/");
  const names = Array.from({ length: 8_000 }, (_, i) => file(`${long}/${i}`, 1, ROOT));
  await a.catalog.commit([share(), ...names]);
  const road = `${a.roads.get(a.id)}/v1/catalog/${a.id}`;
  const abort = new AbortController();
  // Kept, since a response that is garbage is given up by itself.
  const responses: Response[] = [];
  for (let i = 0; i < 36; i++) responses.push(await fetch(road, { signal: abort.signal }));
  const statuses = responses.map(({ status }) => status);
  assert.deepEqual([...new Set(statuses)], [200, 503]);
  abort.abort();
  await until("there is room", async () => {
    const response = await fetch(road);
    await response.body?.cancel();
    return response.status === 200;
  });
});

test("HEAD is answered like GET without a body, and takes no room, however often it is asked", async (t) => {
  const [a] = await members(t, 1);
  assert.ok(a);
  await a.catalog.commit([share(), file("x")]);
  const road = `${a.roads.get(a.id)}/v1/catalog/${a.id}?encoding=gzip`;
  for (let i = 0; i < 40; i++) {
    const response = await fetch(road, { method: "HEAD" });
    assert.deepEqual([response.status, response.headers.get("content-type")], [200, "application/gzip"]);
  }
  assert.equal((await fetch(road)).status, 200);
  assert.equal(a.catalog.counters().answers, 1);
});

test("answers of which nobody reads a byte take no room", async (t) => {
  const [a] = await members(t, 1);
  assert.ok(a);
  await a.catalog.commit([share(), file("x")]);
  const routes = a.catalog.routes();
  const unread: Response[] = [];
  for (let i = 0; i < 40; i++) unread.push(await routes.request(`/v1/catalog/${a.id}`));
  assert.deepEqual([...new Set(unread.map(({ status }) => status))], [200]);
  assert.ok(((await unread[0]?.bytes())?.length ?? 0) > 100);
});

test("a list that cannot be put in order is told, and asked for again under its next epoch", async () => {
  const said: string[] = [];
  const say = (message: string): void => void said.push(message);
  let asked = 0;
  const replica = {
    member: "a".repeat(64),
    live: null,
    staged: null,
    dropStaged: () => Promise.reject(new Error("the disk is gone")),
  };
  const puller = new Puller({
    self: "ee".repeat(32),
    log: { debug: say, info: say, warn: say, error: say },
    random: seeded(1),
    fetch: async () => {
      asked++;
      return { status: 200, headers: new Headers(), body: new Blob(["\0\0\0\u0004abcd"]).stream() };
    },
    replica: () => replica as unknown as Replica,
    added: () => undefined,
    changed: () => undefined,
  });
  puller.targets([{ id: replica.member, epoch: "0".repeat(16), sequence: 1 }]);
  await until("it is told", () => said.some((line) => line.includes("could not be put in order")));
  puller.targets([{ id: replica.member, epoch: "1".repeat(16), sequence: 1 }]);
  await until("it is asked again", () => asked === 2);
  await puller.stop();
});
