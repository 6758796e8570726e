import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Change, Entry, Page } from "../../src/shared/entry.ts";
import { everything, file, folder, gone, members, paths, ROOT, SHARE, share, until } from "./support.ts";

test("a folder lists its folders first, each as people order names, page by page without gaps", async (t) => {
  const [a] = await members(t, 1);
  assert.ok(a);
  const sorted = ["9", "10", "a", "a b", "a.txt", "B", "b", "é", "~", "\uff5e", "\ue000", "😀"];
  const names = sorted.toReversed();
  await a.catalog.commit([share(), ...names.map((name) => file(name)), ...names.map((name) => folder(`dir ${name}`))]);
  const expected = [...sorted.map((name) => `dir ${name}`), ...sorted];
  for (const limit of [1, 3, 100]) {
    const seen: string[] = [];
    for (let after: string | null = null, more = true; more; more = after !== null) {
      const page: Page<Entry> & { total: number } = await a.catalog.list(
        { member: a.id, share: SHARE, path: "" },
        { after, limit },
      );
      assert.equal(page.total, expected.length);
      assert.ok(page.items.length <= limit);
      seen.push(...page.items.map(({ name }) => name));
      after = page.next;
    }
    assert.deepEqual(seen, expected);
  }
});

test("a page after an entry that went meanwhile goes on where it was", async (t) => {
  const [a] = await members(t, 1);
  assert.ok(a);
  await a.catalog.commit([share(), file("a"), file("b"), file("c")]);
  const ref = { member: a.id, share: SHARE, path: "" };
  const { next } = await a.catalog.list(ref, { after: null, limit: 2 });
  await a.catalog.commit([gone("b"), file("bb")]);
  assert.deepEqual(
    (await a.catalog.list(ref, { after: next, limit: 9 })).items.map(({ name }) => name),
    ["bb", "c"],
  );
});

test("a walk over many pages meets everything once, while the list changes under it", async (t) => {
  const [a] = await members(t, 1);
  assert.ok(a);
  const deep = Array.from({ length: 60 }, (_, i) => Array.from({ length: 60 }, (_, j) => file(`d${i}/e${j}/f`)));
  await a.catalog.commit([share(), ...deep.flat()]);
  const all = await paths(a.catalog, a.id);
  assert.equal(all.length, 1 + 60 + 60 * 60 * 2);
  assert.equal(new Set(all).size, all.length);
  const seen: string[] = [];
  for await (const { path } of a.catalog.walk({ member: a.id, share: SHARE, path: "d7" })) {
    if (seen.length === 0) await a.catalog.commit([gone("d7/e5"), file("d7/e60/f")]);
    seen.push(path);
  }
  assert.ok(seen.every((path) => path.startsWith("d7/")));
  assert.equal(seen.length, 120);
});

test("totals of folders follow every change, also of an entry that changes its kind", async (t) => {
  const [a] = await members(t, 1);
  assert.ok(a);
  const sizes = async (): Promise<unknown[]> =>
    (await everything(a.catalog, a.id)).map(({ path, kind, size, files }) => [path, kind, size, files]);
  await a.catalog.commit([share(), file("x/y/z", 5), file("x/w", 7), file("x/y/z", 6)]);
  assert.deepEqual(await sizes(), [
    ["", "folder", 13, 2],
    ["x", "folder", 13, 2],
    ["x/y", "folder", 6, 1],
    ["x/y/z", "file", 6, 1],
    ["x/w", "file", 7, 1],
  ]);
  await a.catalog.commit([file("x/y", 1)]);
  assert.deepEqual((await sizes()).slice(0, 3), [
    ["", "folder", 8, 2],
    ["x", "folder", 8, 2],
    ["x/w", "file", 7, 1],
  ]);
  await a.catalog.commit([file("x/w/below", 2)]);
  await a.catalog.commit([gone("x/y")]);
  assert.deepEqual(await sizes(), [
    ["", "folder", 2, 1],
    ["x", "folder", 2, 1],
    ["x/w", "folder", 2, 1],
    ["x/w/below", "file", 2, 1],
  ]);
  assert.deepEqual([a.catalog.own.entries, a.catalog.own.bytes], [4, 2]);
  const other: Change = { kind: "share", share: "1".repeat(16), name: "Other", online: false };
  await a.catalog.commit([other, { kind: "unshare", share: SHARE }, file("too late", 9)]);
  assert.deepEqual(await a.catalog.shares(a.id), [
    { id: other.share, name: "Other", online: false, files: 0, bytes: 0, mtime: 0 },
  ]);
  assert.deepEqual([a.catalog.own.entries, a.catalog.own.bytes], [1, 0]);
});

test("holders are all files of exactly that content", async (t) => {
  const [a] = await members(t, 1);
  assert.ok(a);
  await a.catalog.commit([share(), file("a/b", 3, ROOT), file("c", 3, ROOT), file("d", 4, ROOT), file("e", 3)]);
  const holders = await a.catalog.holders({ root: ROOT, size: 3 });
  assert.deepEqual(holders.map(({ path }) => path).toSorted(), ["a/b", "c"]);
  assert.deepEqual(await a.catalog.holders({ root: "no root", size: 3 }), []);
});

test("holders of many contents are had in one call, seen ones only, and no list hides the others", async (t) => {
  const [a, b] = await members(t, 2);
  assert.ok(a && b);
  const root = (i: number) => i.toString(16).padStart(64, "0");
  const contents = Array.from({ length: 3_000 }, (_, i) => ({ root: root(i + 1), size: 5 }));
  await a.catalog.commit([share(), ...contents.map((content, i) => file(`d${i % 9}/sub/${i}`, 5, content.root))]);
  const many = Array.from({ length: 200 }, (_, i) => file(`copy ${i}`, 5, root(1)));
  await b.catalog.commit([
    share("Other", "ffeeddccbbaa9988"),
    ...many.map((f) => ({ ...f, share: "ffeeddccbbaa9988" })),
  ]);
  assert.equal((await a.catalog.holdersOf([{ root: root(1), size: 5 }]))[0]?.length, 1, "b is not here yet");
  a.meet(b);
  await until("b is seen", async () => (await a.catalog.shares(b.id)).length === 1);
  const asked = [...contents, { root: root(1), size: 6 }, { root: "no root", size: 5 }, { root: ROOT, size: 5 }];
  const found = await a.catalog.holdersOf(asked);
  assert.equal(found.length, asked.length);
  assert.deepEqual(found.slice(-3), [[], [], []]);
  for (const [i, refs] of found.slice(1, 3_000).entries()) {
    assert.deepEqual(refs, [{ member: a.id, share: SHARE, path: `d${(i + 1) % 9}/sub/${i + 1}` }]);
  }
  assert.deepEqual(found[0]?.[0], { member: a.id, share: SHARE, path: "d0/sub/0" });
  const others = (found[0] ?? []).slice(1);
  assert.equal(others.length, 25, "half of 50, since two members have it");
  assert.ok(others.every(({ member, path }) => member === b.id && path.startsWith("copy ")));
});

test("an offline share can still be listed, and it and all in it says that it is offline, until it is back", async (t) => {
  const [a] = await members(t, 1);
  assert.ok(a);
  await a.catalog.commit([share(), file("sub/x", 3), share("Music", SHARE, false)]);
  assert.deepEqual(await a.catalog.shares(a.id), [
    { id: SHARE, name: "Music", online: false, files: 1, bytes: 3, mtime: 0 },
  ]);
  const ref = (path: string) => ({ member: a.id, share: SHARE, path });
  assert.equal((await a.catalog.stat(ref("sub/x")))?.size, 3);
  const said = async () => [
    (await a.catalog.stat(ref("")))?.offline,
    ...(await a.catalog.list(ref(""), { after: null, limit: 9 })).items.map(({ path, offline }) => [path, offline]),
    ...(await a.catalog.search({ text: "x", after: null, limit: 9 })).items.map(({ entry }) => entry.offline),
  ];
  assert.deepEqual(await said(), [true, ["sub", true], true]);
  await a.catalog.commit([share()]);
  assert.deepEqual(await said(), [undefined, ["sub", undefined], undefined]);
});

test("changes that the store did not take once leave no trace, and the next are committed", async (t) => {
  const [a] = await members(t, 1);
  assert.ok(a);
  await a.catalog.commit([share(), file("before")]);
  const { own } = a.catalog;
  a.failing("apply", 1);
  await assert.rejects(a.catalog.commit([file("lost")]), /out of memory/);
  assert.deepEqual(a.catalog.own, own);
  await a.catalog.commit([file("after")]);
  assert.deepEqual(await paths(a.catalog, a.id), ["", "after", "before"]);
  assert.equal(a.catalog.own.sequence, own.sequence + 1);
  const before = a.catalog.own;
  await a.stop();
  await a.start();
  assert.deepEqual(a.catalog.own, before, "the journal is whole");
  assert.deepEqual(await paths(a.catalog, a.id), ["", "after", "before"]);
  assert.deepEqual(a.logged, []);
});

test("what is not there is not found, and no path leads out of a share", async (t) => {
  const [a] = await members(t, 1);
  assert.ok(a);
  await a.catalog.commit([share(), file("a")]);
  for (const path of ["b", "a/b", "..", "./a", "/a", "a\0"]) {
    assert.equal(await a.catalog.stat({ member: a.id, share: SHARE, path }), null);
    const listing = a.catalog.list({ member: a.id, share: SHARE, path }, { after: null, limit: 5 });
    await assert.rejects(listing, { code: "not-found" });
  }
  await assert.rejects(a.catalog.list({ member: a.id, share: SHARE, path: "a" }, { after: null, limit: 5 }), {
    code: "not-found",
  });
  assert.equal(await a.catalog.stat({ member: "nobody", share: SHARE, path: "" }), null);
});

test("a standing is told only when its journal is written, and calls that wait share one write", async (t) => {
  const [a] = await members(t, 1);
  assert.ok(a);
  const sizes: number[] = [];
  const told: number[] = [];
  a.catalog.on("own", ({ sequence }) => {
    told.push(sequence);
    sizes.push(readFileSync(join(a.dir, "own.journal")).length);
  });
  await Promise.all([a.catalog.commit([share()]), a.catalog.commit([file("a")]), a.catalog.commit([file("b")])]);
  await a.catalog.commit([file("c")]);
  assert.deepEqual(told, [3, 4]);
  assert.ok((sizes[0] ?? 0) > 200 && (sizes[1] ?? 0) > (sizes[0] ?? 0));
});

test("an own entry that no member could take is left out and told, the others are committed", async (t) => {
  const [a] = await members(t, 1);
  assert.ok(a);
  await a.catalog.commit([share(), file(`${"x/".repeat(2_100)}y`), file("good")]);
  assert.deepEqual(await paths(a.catalog, a.id), ["", "good"]);
  assert.ok(a.logged.some((line) => line.includes("longer than")));
  assert.equal(a.catalog.own.sequence, 2);
});

test("a history that is mostly overwritten is begun anew with what is still there", async (t) => {
  const [a] = await members(t, 1);
  assert.ok(a);
  const { epoch } = a.catalog.own;
  await a.catalog.commit([share(), ...Array.from({ length: 100_100 }, (_, i) => file(`f${i % 3}`, 1 + i))]);
  assert.notEqual(a.catalog.own.epoch, epoch);
  assert.equal(a.catalog.own.sequence, 5);
  assert.deepEqual(await paths(a.catalog, a.id), ["", "f0", "f1", "f2"]);
  assert.equal((await a.catalog.known(SHARE, null)).items[0]?.stat?.ctime, 3_000);
});
