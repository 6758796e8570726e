import assert from "node:assert/strict";
import { test } from "node:test";
import type { Merged, MergedPage } from "../../src/catalog/mod.ts";
import { file, folder, members, ROOT, SHARE, share, until } from "./support.ts";

const OTHER = "cd".repeat(32);

async function three(t: Parameters<typeof members>[0]) {
  const [a, b, c] = await members(t, 3);
  assert.ok(a && b && c);
  await a.catalog.commit([share(), file("sub/same", 10, ROOT, 1), file("sub/differs", 10, ROOT, 1), file("only a", 3)]);
  await b.catalog.commit([
    share(),
    file("sub/same", 10, ROOT, 5),
    file("sub/differs", 10, OTHER, 2),
    file("empty", 0, null, 1),
  ]);
  await c.catalog.commit([share("Else"), file("sub/same", 10, ROOT)]);
  a.meet(b, c);
  await until("all lists are here", async () => (await a.catalog.totals()).size === 3);
  return { a, b, c, merged: a.catalog.merged };
}

const places = (item: Pick<Merged, "places"> | undefined): string[] =>
  (item?.places ?? []).map(({ member }) => member).sort();

test("the same content under the same path is there once with all who hold it, different ones are versions, the newest first", async (t) => {
  const { a, b, c, merged } = await three(t);
  const shares = await merged.shares();
  assert.deepEqual(
    shares.map(({ name }) => name),
    ["Else", "Music"],
  );
  assert.deepEqual(places(shares[1]), [a.id, b.id].sort());
  const { items, total } = await merged.list("Music", "sub", { after: null, limit: 10 });
  assert.deepEqual(
    items.map(({ name }) => name),
    ["differs", "same"],
  );
  assert.equal(total, 2);
  const [differs, same] = items;
  assert.deepEqual(
    differs?.versions.map(({ root, mtime }) => [root, mtime]),
    [
      [OTHER, 2],
      [ROOT, 1],
    ],
  );
  assert.deepEqual(differs?.versions.map(places), [[b.id], [a.id]]);
  assert.equal(same?.versions.length, 1);
  assert.deepEqual(places(same?.versions[0]), [a.id, b.id].sort());
  assert.equal(same?.mtime, 5);
  assert.equal((await merged.stat("Else", "sub/same"))?.places[0]?.member, c.id);
  assert.equal(await merged.stat("Music", "sub/nothing"), null);
  await assert.rejects(merged.list("Nobody's", "", { after: null, limit: 10 }), { code: "not-found" });
  a.meet(c);
  assert.deepEqual(
    (await merged.list("Music", "", { after: null, limit: 10 })).items.map(({ name }) => name),
    ["sub", "only a"],
  );
});

test("what is lacking of the merged tree leaves out what is held, and own versions", async (t) => {
  const { merged } = await three(t);
  const page = { after: null, limit: 10, lacking: true };
  assert.deepEqual(
    (await merged.list("Music", "", page)).items.map(({ name }) => name),
    ["sub"],
  );
  const { items } = await merged.list("Music", "sub", page);
  assert.deepEqual(
    items.map(({ name, versions }) => [name, versions.map(({ root }) => root)]),
    [["differs", [OTHER]]],
  );
});

test("a path is offline where all who have it are, and those who are not come first", async (t) => {
  const { a, b, merged } = await three(t);
  const said = async () => [
    (await merged.shares()).map(({ name, offline }) => [name, offline]),
    ...(await merged.list("Music", "sub", { after: null, limit: 10 })).items.map(({ offline, versions }) => [
      offline,
      ...versions.map((version) => version.offline),
    ]),
  ];
  const music = (offline: true | undefined) => [
    ["Else", undefined],
    ["Music", offline],
  ];
  await b.catalog.commit([share("Music", SHARE, false)]);
  a.meet(b);
  await until("b's share is offline", async () => (await a.catalog.shares(b.id))[0]?.online === false);
  assert.deepEqual(await said(), [music(undefined).slice(1), [true, true, undefined], [undefined, undefined]]);
  const folder = await merged.stat("Music", "sub");
  assert.deepEqual([folder?.offline, folder?.places.map(({ member }) => member)], [undefined, [a.id, b.id]]);
  await a.catalog.commit([share("Music", SHARE, false)]);
  assert.deepEqual(await said(), [music(true).slice(1), [true, true, true], [true, true]]);
  await b.catalog.commit([share("Music", SHARE, true)]);
  a.meet(b);
  await until("b's share is back", async () => (await a.catalog.shares(b.id))[0]?.online === true);
  assert.deepEqual(
    (await merged.stat("Music", "sub"))?.places.map(({ member }) => member),
    [b.id, a.id],
  );
});

test("a file whose path is a folder with somebody else says so, on whatever page it is", async (t) => {
  const [a, b] = await members(t, 2);
  assert.ok(a && b);
  const others = Array.from({ length: 8 }, (_, i) => file(`other ${i}`));
  await a.catalog.commit([share(), file("clash", 3), ...others]);
  await b.catalog.commit([share(), file("clash/inside"), file("sub/clash")]);
  a.meet(b);
  await until("b's list is here", async () => (await a.catalog.totals()).size === 2);
  const said: unknown[] = [];
  for (let after: string | null = null, more = true; more; more = after !== null) {
    const page: MergedPage = await a.catalog.merged.list("Music", "", { after, limit: 2 });
    said.push(...page.items.filter(({ name }) => name === "clash").map(({ kind, shadowed }) => [kind, shadowed]));
    assert.ok(page.items.every(({ name, shadowed }) => name === "clash" || shadowed === undefined));
    after = page.next;
  }
  assert.deepEqual(said, [
    ["folder", undefined],
    ["file", true],
  ]);
});

test("pages of a merged folder have every name once, in one order, whatever parts of it each member has", async (t) => {
  const [a, b] = await members(t, 2);
  assert.ok(a && b);
  const names = ["a", "B", "é", "\uff5e", "😀", "z"].flatMap((letter) =>
    Array.from({ length: 30 }, (_, i) => `${letter}${i}`),
  );
  const seed = 11;
  const part = (keep: number) =>
    names.filter((_, i) => (i * seed) % 7 < keep).flatMap((name) => [file(name), folder(`dir ${name}`)]);
  await a.catalog.commit([share(), ...part(5)]);
  await b.catalog.commit([share(), ...part(3), ...names.slice(100).map((name) => file(name))]);
  a.meet(b);
  await until("b's list is here", async () => (await a.catalog.totals()).size === 2);
  const all = await a.catalog.merged.list("Music", "", { after: null, limit: 1_000 });
  const paged: string[] = [];
  for (let after: string | null = null, more = true; more; more = after !== null) {
    const page: MergedPage = await a.catalog.merged.list("Music", "", { after, limit: 37 });
    assert.equal(page.total, all.items.length);
    paged.push(...page.items.map(({ kind, name }) => `${kind} ${name}`));
    after = page.next;
  }
  assert.deepEqual(
    paged,
    all.items.map(({ kind, name }) => `${kind} ${name}`),
  );
  assert.equal(new Set(paged).size, paged.length);
});
