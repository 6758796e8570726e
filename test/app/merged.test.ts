import assert from "node:assert/strict";
import { test } from "node:test";
import { resolvePath } from "../../src/app/group-path.ts";
import type { GroupShareNode } from "../../src/app/node.ts";
import { search } from "../../src/app/searching.ts";
import { Tree } from "../../src/app/tree.ts";
import type { GroupShareError } from "../../src/shared/errors.ts";
import type { MemberView } from "../../src/web/mod.ts";
import { file, type Member, members, ROOT, SHARE, share, until } from "../catalog/support.ts";

const OTHER = "cd".repeat(32);

function view(member: Member, name: string): MemberView {
  const { id } = member;
  const rest = { address: "", rttMs: null, files: 0, bytes: 0, version: "0", incarnation: 1, since: 0 };
  return { name, wireName: `${name.toLowerCase()}-${id.slice(0, 16)}`, id, state: "alive", self: false, ...rest };
}

/** Ana and Bob with a share of the same name, seen by Ana. */
async function tree(t: Parameters<typeof members>[0]): Promise<Tree> {
  const [a, b] = await members(t, 2);
  assert.ok(a && b);
  await a.catalog.commit([share(), file("d/same", 10, ROOT, 1), file("d/two", 10, ROOT, 1), file("d/a only", 3)]);
  await b.catalog.commit([share(), file("d/same", 10, ROOT, 2), file("d/two", 10, OTHER, 9), file("e/b only", 3)]);
  a.meet(b);
  await until("b's list is here", async () => (await a.catalog.totals()).size === 2);
  return new Tree(a.catalog, () => [view(a, "Ana"), view(b, "Bob")]);
}

const page = { after: null, limit: 100 };

test("a path under @all is of all members together, and no member's", async () => {
  const nobody = async () => [];
  assert.deepEqual(await resolvePath("@all", [], nobody), { kind: "everyone" });
  assert.deepEqual(await resolvePath("@all/Music/a/b/", [], nobody), { kind: "merged", share: "Music", path: "a/b" });
});

test("the merged tree lists each path once, with its holders, and different contents of it as versions that have a path each", async (t) => {
  const all = await tree(t);
  const top = await all.list("@all", page);
  assert.deepEqual(
    top.items.map(({ path, holders }) => [path, holders]),
    [["@all/Music", ["Ana", "Bob"]]],
  );
  const { items, folder } = await all.list("@all/Music/d", page);
  assert.equal(folder.path, "@all/Music/d");
  assert.deepEqual(
    items.map(({ path }) => path),
    ["@all/Music/d/a only", "@all/Music/d/same", "@all/Music/d/two"],
  );
  const [only, same, two] = items;
  assert.deepEqual(only?.holders, ["Ana"]);
  assert.deepEqual([...(same?.holders ?? [])].sort(), ["Ana", "Bob"]);
  assert.equal(same?.versions, undefined);
  assert.deepEqual(two?.holders, ["Bob"], "the newest is shown");
  assert.deepEqual(two?.versions, [
    { holders: ["Bob"], size: 10, mtime: 9, contentId: OTHER, path: "Bob/Music/d/two" },
    { holders: ["Ana"], size: 10, mtime: 1, contentId: ROOT, path: "Ana/Music/d/two" },
  ]);
  for (const { path, contentId } of two?.versions ?? []) assert.equal((await all.entry(path)).entry.root, contentId);
  assert.equal((await all.entry("@all/Music/d/two")).entry.root, OTHER);
  await assert.rejects(all.list("@all/Music/nothing", page), { code: "not-found" });
  await assert.rejects(all.entry("@all"), { code: "not-found" });
});

test("what is downloaded of a merged folder is one member's, where it has all of the newest, else each file from who has it", async (t) => {
  const all = await tree(t);
  const wishes = async (path: string) => {
    const place = await all.resolve(path);
    assert.equal(place.kind, "merged");
    return place.kind === "merged" ? all.merged.wishes(place, path) : [];
  };
  const [file] = await wishes("@all/Music/d/two");
  assert.deepEqual(
    file?.refs.map((ref) => all.pathOf(ref)),
    ["Bob/Music/d/two"],
  );
  const [whole] = await wishes("@all/Music/e");
  assert.deepEqual(
    whole?.refs.map((ref) => all.pathOf(ref)),
    ["Bob/Music/e"],
  );
  const parts = await wishes("@all/Music");
  assert.deepEqual(
    parts.map(({ into }) => into),
    [
      ["Music", "d"],
      ["Music", "e"],
    ],
  );
  assert.equal(parts[0]?.refs.length, 3);
  const place = await all.resolve("@all/Music");
  assert.equal(place.kind, "merged");
  if (place.kind !== "merged") return;
  const { name, files } = await all.merged.walk(place, "@all/Music");
  assert.equal(name, "Music");
  assert.deepEqual(
    (await Array.fromAsync(files)).map(({ path }) => path),
    ["d/a only", "d/same", "d/two", "e/b only"],
  );
});

test("what a search finds has the path that leads to it, and all who hold the same", async (t) => {
  const [a, b] = await members(t, 2);
  assert.ok(a && b);
  await a.catalog.commit([share("Mine"), file("x/found", 10, ROOT, 1)]);
  await b.catalog.commit([share("Theirs"), file("found", 10, ROOT, 2)]);
  a.meet(b);
  await until("b's list is here", async () => (await a.catalog.totals()).size === 2);
  const all = new Tree(a.catalog, () => [view(a, "Ana"), view(b, "Bob")]);
  const { items } = await a.catalog.search({ text: "found", after: null, limit: 10 });
  const views = await all.views(items);
  assert.deepEqual(
    views.map(({ path, holders }) => [path, holders]),
    [
      ["Bob/Theirs/found", ["Bob", "Ana"]],
      ["Ana/Mine/x/found", ["Ana", "Bob"]],
    ],
  );
  for (const { path } of views) assert.equal((await all.entry(path)).entry.root, ROOT);
});

test("a file that has a folder's path goes by its member's, so that both can be had", async (t) => {
  const [a, b] = await members(t, 2);
  assert.ok(a && b);
  await a.catalog.commit([share(), file("clash", 10, ROOT, 1)]);
  await b.catalog.commit([share(), file("clash/inside", 10, OTHER, 2)]);
  a.meet(b);
  await until("b's list is here", async () => (await a.catalog.totals()).size === 2);
  const all = new Tree(a.catalog, () => [view(a, "Ana"), view(b, "Bob")]);
  const { items } = await all.list("@all/Music", page);
  assert.deepEqual(
    items.map(({ kind, path }) => [kind, path]),
    [
      ["folder", "@all/Music/clash"],
      ["file", "Ana/Music/clash"],
    ],
  );
  assert.equal((await all.entry(items[1]?.path ?? "")).entry.root, ROOT);
  assert.equal((await all.entry("@all/Music/clash")).entry.kind, "folder");
});

test("what is in an offline share says so by member, together and where it is found, and so does its folder", async (t) => {
  const [a] = await members(t, 1);
  assert.ok(a);
  await a.catalog.commit([share(), file("d/x", 10, ROOT, 1), share("Music", SHARE, false)]);
  const tree = new Tree(a.catalog, () => [view(a, "Ana")]);
  for (const path of ["Ana/Music", "Ana/Music/d", "@all/Music", "@all/Music/d"]) {
    const { folder, items } = await tree.list(path, page);
    assert.deepEqual([folder.offline, items.map(({ offline }) => offline)], [true, [true]], path);
  }
  for (const path of ["Ana", "@all"]) assert.equal((await tree.list(path, page)).items[0]?.offline, true, path);
  const { items } = await a.catalog.search({ text: "x", after: null, limit: 10 });
  assert.equal((await tree.views(items))[0]?.offline, true);
});

test("a search is among one member's files or everybody's; what is neither is refused, not passed over", async (t) => {
  const [a, b] = await members(t, 2);
  assert.ok(a && b);
  await a.catalog.commit([share(), file("a.txt")]);
  await b.catalog.commit([share(), file("b.txt")]);
  a.meet(b);
  await until("b's list is here", async () => (await a.catalog.totals()).size === 2);
  const node = { catalog: a.catalog, tree: new Tree(a.catalog, () => [view(a, "Ana"), view(b, "Bob")]) };
  const among = async (member: string) => {
    const wish = { text: "txt", member, after: null, limit: 10 };
    return (await search(node as GroupShareNode, wish, undefined)).items.map(({ path }) => path).sort();
  };
  assert.deepEqual(await among("Ana"), ["Ana/Music/a.txt"]);
  for (const all of ["@all", "/"]) assert.deepEqual(await among(all), ["Ana/Music/a.txt", "Bob/Music/b.txt"]);
  for (const place of ["Ana/Music", "@all/Music"]) {
    await assert.rejects(among(place), (thrown: GroupShareError) => {
      assert.equal(thrown.code, "invalid");
      assert.match(
        `${thrown.message}; ${thrown.hint}`,
        /it is not a member; name (?:the member alone, "Ana"|a member)/,
      );
      return true;
    });
  }
  await assert.rejects(among("Nobody"), { code: "not-found" });
});
