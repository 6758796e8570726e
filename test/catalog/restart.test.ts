import assert from "node:assert/strict";
import { cp, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Standing } from "../../src/catalog/mod.ts";
import type { Known } from "../../src/shared/entry.ts";
import {
  atEnd,
  everything,
  file,
  folder,
  gone,
  Member,
  members,
  paths,
  ROOT,
  SHARE,
  share,
  tempDir,
  until,
} from "./support.ts";

const known = async ({ catalog }: Member): Promise<readonly Known[]> => (await catalog.known(SHARE, null)).items;

/** A member with a few files, and a follower that has them. */
async function pair(t: TestContext): Promise<[Member, Member]> {
  const [a, b] = await members(t, 2);
  assert.ok(a && b);
  await a.catalog.commit([share(), folder("", 9), folder("sub", 5)]);
  await a.catalog.commit([file("sub/x", 3, ROOT), file("y", 4)]);
  await a.catalog.commit([file("z", 5)]);
  await follow(b, a);
  return [a, b];
}

async function follow(b: Member, a: Member): Promise<void> {
  b.meet(a);
  const own = await everything(a.catalog, a.id);
  await until("the follower has it", async () => {
    const seen = await everything(b.catalog, a.id);
    return JSON.stringify(seen) === JSON.stringify(own);
  });
}

/** What a kill -9 leaves: the files as they are now, without a last word. */
async function crash(t: TestContext, member: Member): Promise<Member> {
  const dir = await tempDir(t);
  await cp(member.dir, dir, { recursive: true });
  const after = new Member(dir, new Map(), member.identity);
  atEnd(t, () => after.stop());
  return after;
}

test("a restart keeps epoch, entries, what is known of own files, and the others' lists", async (t) => {
  const [a, b] = await pair(t);
  const { own } = a.catalog;
  const before = await everything(a.catalog, a.id);
  const had = await known(a);
  assert.deepEqual(had.find(({ path }) => path === "y")?.stat, { inode: "1:1", ctime: 3_000 });
  await a.stop();
  await b.stop();
  await a.start();
  await b.start();
  assert.deepEqual(a.catalog.own, own);
  assert.deepEqual(await known(a), had);
  assert.deepEqual(await everything(a.catalog, a.id), before);
  assert.deepEqual(await b.catalog.shares(a.id), []);
  b.meet(a);
  assert.deepEqual(await everything(b.catalog, a.id), before);
  assert.equal(b.catalog.counters().pulls, 0);
  assert.deepEqual([...a.logged, ...b.logged], []);
});

test("a crash loses nothing that was committed, and keeps the epoch", async (t) => {
  const [a] = await pair(t);
  const after = await (await crash(t, a)).start();
  assert.deepEqual(after.catalog.own, a.catalog.own);
  assert.deepEqual(await known(after), await known(a));
  await after.catalog.commit([gone("sub")]);
  assert.deepEqual(await paths(after.catalog, a.id), ["", "y", "z"]);
});

const own = (member: Member): string => join(member.dir, "own.journal");

const DAMAGE: [string, (member: Member) => Promise<void>][] = [
  ["is cut within its last frame", async (m) => truncate(own(m), (await stat(own(m))).size - 3)],
  ["is empty", async (m) => truncate(own(m), 0)],
  [
    "has a flipped bit in the middle",
    async (m) => {
      const bytes = await readFile(own(m));
      const at = bytes.length - 400;
      bytes[at] = (bytes[at] ?? 0) ^ 4;
      await writeFile(own(m), bytes);
    },
  ],
  [
    "is a folder",
    async (m) => {
      await rm(own(m));
      await mkdir(join(own(m), "below"), { recursive: true });
    },
  ],
  ["is another program's", async (m) => writeFile(own(m), "SQLite format 3\0 and more")],
];

for (const [what, harm] of DAMAGE) {
  for (const clean of [true, false]) {
    const how = clean ? "after a clean stop" : "after a crash";
    test(`an own journal that ${what} ${how} is set aside, and a new epoch replaces the list everywhere`, async (t) => {
      const [a, b] = await pair(t);
      const before = a.catalog.own;
      let again = a;
      if (clean) await a.stop();
      else again = await crash(t, a);
      await harm(again);
      await again.start();
      assert.notEqual(again.catalog.own.epoch, before.epoch);
      assert.ok(
        again.logged.some((line) => line.includes("own.journal.damaged")),
        again.logged.join(),
      );
      const epoch = again.catalog.own.epoch;
      // Whatever was lost, the share part finds again.
      await again.catalog.commit([share(), file("y", 4), file("newer", 8)]);
      await again.stop();
      again.logged.length = 0;
      await again.start();
      assert.deepEqual([again.logged, again.catalog.own.epoch], [[], epoch], "the next start finds nothing wrong");
      await a.deafen();
      await again.listen(b.roads);
      await follow(b, again);
      assert.ok((await paths(b.catalog, a.id)).includes("newer"));
    });
  }
}

test("with the index still sound, a damaged journal costs no file its content", async (t) => {
  const [a] = await pair(t);
  const before = await known(a);
  await a.stop();
  await truncate(own(a), 0);
  await a.start();
  assert.deepEqual(await known(a), before);
});

test("a journal that lost whole frames is noticed by the last stop's note, or by the index", async (t) => {
  const [a] = await pair(t);
  const { epoch } = a.catalog.own;
  const half = await readFile(own(a));
  await a.catalog.commit([file("later", 1)]);
  await a.stop();
  await writeFile(own(a), half);
  const crashed = await crash(t, a);
  await writeFile(join(crashed.dir, "clean.json"), "");
  for (const member of [a, crashed]) {
    await member.start();
    assert.notEqual(member.catalog.own.epoch, epoch);
    assert.ok((await paths(member.catalog, a.id)).includes("later"));
  }
});

for (const [what, harm] of [
  ["flipped", (bytes: Buffer) => bytes.fill(0x55, bytes.length >> 1, (bytes.length >> 1) + 9)],
  ["truncated", (bytes: Buffer) => bytes.subarray(0, 5_000)],
  ["empty", (bytes: Buffer) => bytes.subarray(0, 0)],
] as const) {
  test(`a ${what} index is set aside and made again from the journals, under the same epoch`, async (t) => {
    const [a, b] = await pair(t);
    const [before, standing] = [await everything(a.catalog, a.id), a.catalog.own];
    for (const member of [a, b]) {
      await member.stop();
      const path = join(member.dir, "index.sqlite");
      await writeFile(path, harm(await readFile(path)));
      await member.start();
      assert.ok(member.logged.some((line) => line.includes("index.sqlite.damaged")));
    }
    assert.deepEqual(a.catalog.own, standing);
    assert.deepEqual(await everything(a.catalog, a.id), before);
    b.meet(a);
    assert.deepEqual(await everything(b.catalog, a.id), before);
    assert.equal(b.catalog.counters().pulls, 0);
  });
}

test("a folder in the index's place is set aside, and one that was before stays", async (t) => {
  const [a] = await pair(t);
  const before = await everything(a.catalog, a.id);
  for (const name of ["index.sqlite.damaged", "index.sqlite.damaged-2"]) {
    await a.stop();
    await rm(join(a.dir, "index.sqlite"));
    await mkdir(join(a.dir, "index.sqlite", name), { recursive: true });
    await a.start();
    assert.deepEqual(await everything(a.catalog, a.id), before);
    assert.deepEqual(await readdir(join(a.dir, name)), [name]);
  }
});

test("another member's damaged journal is set aside and its list asked for again", async (t) => {
  const [a, b] = await pair(t);
  const before = await everything(a.catalog, a.id);
  await b.stop();
  const path = join(b.dir, `${a.id}.journal`);
  const bytes = await readFile(path);
  const at = bytes.length - 100;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);
  await b.start();
  assert.ok(b.logged.some((line) => line.includes(`${a.id}.journal.damaged`)));
  await follow(b, a);
  assert.deepEqual(await everything(b.catalog, a.id), before);
});

test("of another member's list that a crash cut short, the sound part is kept and the rest asked for", async (t) => {
  const [a, b] = await pair(t);
  const cut = await crash(t, b);
  const path = join(cut.dir, `${a.id}.journal`);
  await truncate(path, (await stat(path)).size - 3);
  cut.roads.set(a.id, a.roads.get(a.id) ?? "");
  await cut.start();
  assert.equal(cut.catalog.standing(a.id)?.sequence, 5);
  await follow(cut, a);
  assert.deepEqual(await readFile(path), await readFile(join(b.dir, `${a.id}.journal`)));
  assert.equal(cut.catalog.counters().listsReplaced, 0);
});

test("a member that hears its own list ahead of what it has takes a new epoch, keeping what it knows", async (t) => {
  const [a, b] = await pair(t);
  const restored = await crash(t, a);
  await a.catalog.commit([file("after the backup", 1)]);
  await follow(b, a);
  const { own: lost } = a.catalog;
  await restored.start();
  const told: Standing[] = [];
  restored.catalog.on("own", (standing) => told.push(standing));
  assert.equal(await restored.catalog.heardOfSelf({ epoch: "0".repeat(16), sequence: 99 }), false);
  assert.equal(await restored.catalog.heardOfSelf(lost), true);
  assert.notEqual(restored.catalog.own.epoch, lost.epoch);
  assert.deepEqual(told, [restored.catalog.own]);
  assert.equal((await known(restored)).length, 4);
  await a.deafen();
  await restored.listen(b.roads);
  await follow(b, restored);
  assert.ok(!(await paths(b.catalog, a.id)).includes("after the backup"));
});

test("one who leaves forgets everyone else's lists, on disk too, and keeps the own one", async (t) => {
  const [a, b] = await pair(t);
  await b.catalog.commit([share("Mine"), file("mine")]);
  await b.stop();
  await b.start();
  await b.catalog.forget();
  b.meet();
  await b.stop();
  const files = await readFile(join(b.dir, "index.sqlite"), "latin1");
  assert.ok(!files.includes(a.id) && !files.includes("Music"));
  await assert.rejects(stat(join(b.dir, `${a.id}.journal`)));
  await b.start();
  assert.deepEqual(await paths(b.catalog, b.id), ["", "mine"]);
});
