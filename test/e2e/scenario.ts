import assert from "node:assert/strict";
import { appendFile, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { FileView, MemberView, StatusView } from "../../src/app/mod.ts";
import { noBrowser } from "../support/chromium.ts";
import { type Found, readTree, realFolder, temporaryFolder } from "../support/folders.ts";
import { Member, type Program } from "../support/member.ts";
import { until } from "../support/until.ts";
import { Browser } from "./browser.ts";

const LARGE = 52 * 1024 * 1024;
/** Machines are noisy: a test allows four times what is promised; `make bench` has the figures. */
const WITHIN_A_SECOND = 4_000;
const WITHIN_FIVE_SECONDS = 20_000;

/** Everything that a member lists below a path, walked folder by folder. */
async function listed(viewer: Member, path: string): Promise<Map<string, FileView>> {
  const lines = (await viewer.cli("ls", "-R", "--json", path)).split("\n").filter((line) => line !== "");
  return new Map(
    lines.map((line) => JSON.parse(line) as FileView).map((file) => [file.path.slice(path.length + 1), file]),
  );
}

/** The names that a member lists in a folder; none where it cannot be found. */
async function names(viewer: Member, path: string): Promise<string[]> {
  const { items } = await viewer.api<{ items: FileView[] }>(`/api/v1/files?path=${encodeURIComponent(path)}`);
  return items.map(({ name }) => name);
}

async function membersOf(viewer: Member): Promise<string[]> {
  const { items } = await viewer.api<{ items: MemberView[] }>("/api/v1/members");
  return items
    .filter(({ state }) => state === "alive")
    .map(({ name }) => name)
    .sort();
}

function sees(viewer: Member, ...expected: string[]): Promise<unknown> {
  return until(
    `${viewer.ready.name} sees exactly ${expected.join(", ")}`,
    async () => {
      assert.deepEqual(await membersOf(viewer), expected.sort());
      return true;
    },
    WITHIN_FIVE_SECONDS,
  );
}

/** The viewer lists just what is on disk: names, kinds, sizes, times, contents. */
async function listsJust(viewer: Member, path: string, disk: ReadonlyMap<string, Found>): Promise<void> {
  const files = await listed(viewer, path);
  assert.deepEqual([...files.keys()].sort(), [...disk.keys()].sort());
  for (const [name, found] of disk) {
    const file = files.get(name);
    assert.equal(file?.kind, found.kind, name);
    if (found.kind === "file")
      assert.deepEqual([file?.size, file?.mtime, file?.contentId], [found.size, found.mtime, found.root], name);
  }
}

/** Turns assertions that hold into a condition to be awaited. */
async function held(assertions: Promise<void>): Promise<true> {
  await assertions;
  return true;
}

async function hashed(member: Member): Promise<StatusView> {
  return until(
    `${member.ready.name} has hashed its shares`,
    async () => {
      const status = await member.api<StatusView>("/api/v1/status");
      return status.shares.length > 0 && status.shares.every(({ state }) => state === "ready") && status;
    },
    60_000,
  );
}

/** The main job, on real input: real processes, real folders, a real browser. `programs` run A, B, C and D. */
export function scenario(title: string, programs: readonly [Program, Program, Program, Program]): void {
  describe(title, { timeout: 300_000 }, () => {
    let root: { path: string; remove(): Promise<void> };
    let a: Member;
    let b: Member;
    let c: Member;
    let d: Member;
    const folder = (name: string) => join(root.path, name);
    const start = (index: 0 | 1 | 2 | 3, name: string, ...args: string[]) =>
      Member.start(programs[index], `127.0.0.${index + 2}`, folder(`data-${name}`), [
        "--name",
        name,
        "--downloads",
        folder(`get-${name}`),
        ...args,
      ]);

    before(async () => {
      root = await temporaryFolder();
      await realFolder(folder("ana"), { documents: 300, largeBytes: LARGE });
      await realFolder(folder("cleo"), { documents: 20, largeBytes: LARGE });
      await mkdir(folder("bob"));
      await writeFile(join(folder("bob"), "hello.txt"), "hello from Bob\n");
    });

    after(async () => {
      for (const member of [a, b, c, d]) await member?.kill();
      await root.remove();
    });

    test("B joins with A's invite, C with B's: all list all, and every file with its right size", async () => {
      a = await start(0, "Ana", "--group", "Friends", "--share", `Papers=${folder("ana")}`);
      b = await start(1, "Bob", "--invite", (await a.cli("invite")).trim(), "--share", folder("bob"));
      c = await start(2, "Cleo", "--invite", (await b.cliJson<{ invite: string }>("invite")).invite);
      await c.cli("share", "add", folder("cleo"), "--name", "Things");
      for (const member of [a, b, c]) await sees(member, "Ana", "Bob", "Cleo");
      for (const member of [a, c]) await hashed(member);
      const disk = await readTree(folder("ana"));
      const cleo = await readTree(folder("cleo"));
      for (const viewer of [a, b, c]) {
        await until(`${viewer.ready.name} lists all of Ana`, async () => held(listsJust(viewer, "Ana/Papers", disk)));
        await until(`${viewer.ready.name} lists all of Cleo`, async () => held(listsJust(viewer, "Cleo/Things", cleo)));
        assert.deepEqual(await names(viewer, "Bob/bob"), ["hello.txt"]);
      }
    });

    test("A, who started the group, leaves: B and C keep each other, and D joins through C", async () => {
      const left = performance.now();
      await a.cli("leave");
      for (const viewer of [b, c]) {
        await until(
          `Ana's files vanish from ${viewer.ready.name}`,
          async () => !(await names(viewer, "")).includes("Ana"),
          WITHIN_A_SECOND,
        );
      }
      assert.ok(performance.now() - left < WITHIN_A_SECOND + 2_000);
      assert.equal(await a.ended(), 0);
      d = await start(3, "Dora", "--invite", (await c.cli("invite")).trim());
      for (const member of [b, c, d]) await sees(member, "Bob", "Cleo", "Dora");
    });

    test("B is killed: it and its files vanish from every list", async () => {
      await until("Dora lists Bob's file", async () => (await names(d, "Bob/bob")).includes("hello.txt"));
      await b.kill();
      for (const viewer of [c, d]) {
        await until(
          `Bob vanishes from ${viewer.ready.name}`,
          async () => !(await names(viewer, "")).includes("Bob"),
          WITHIN_FIVE_SECONDS,
        );
        await sees(viewer, "Cleo", "Dora");
      }
    });

    test("what changes on C's disk changes in D's list and on D's open page, without a reload", {
      skip: noBrowser,
    }, async (t) => {
      const browser = await Browser.open(d, t);
      const path = join(folder("cleo"), "live");
      const both = async (what: string, expected: string[]) => {
        await until(
          `${what}: Dora lists ${expected}`,
          async () => {
            assert.deepEqual(await names(d, "Cleo/Things/live"), expected);
            return true;
          },
          WITHIN_A_SECOND,
        );
        await until(
          `${what}: Dora's page shows ${expected}`,
          async () => {
            assert.deepEqual(await browser.names(), expected);
            return true;
          },
          WITHIN_A_SECOND,
        );
      };
      await mkdir(path);
      await until(
        "Dora lists the new folder",
        async () => (await names(d, "Cleo/Things")).includes("live"),
        WITHIN_A_SECOND,
      );
      await browser.show("Cleo/Things/live");
      await writeFile(join(path, "new.txt"), "new\n");
      await both("added", ["new.txt"]);
      await appendFile(join(path, "new.txt"), "and changed\n");
      await until(
        "changed: Dora lists the new size",
        async () => {
          const { items } = await d.api<{ items: FileView[] }>("/api/v1/files?path=Cleo%2FThings%2Flive");
          return items[0]?.size === 16;
        },
        WITHIN_A_SECOND,
      );
      await until(
        "changed: Dora's page shows the new size",
        async () => (await browser.text()).includes("16 B"),
        WITHIN_A_SECOND,
      );
      await rename(join(path, "new.txt"), join(path, "renamed.txt"));
      await both("renamed", ["renamed.txt"]);
      await rm(join(path, "renamed.txt"));
      await both("deleted", []);
      assert.ok(await browser.sameDocument(), "the page was loaded once");
      await rm(path, { recursive: true });
    });

    test("D downloads a file and a folder of C, by command and by clicking: same bytes, tree and times", {
      skip: noBrowser,
    }, async (t) => {
      const disk = await readTree(folder("cleo"));
      const same = async (target: string, expected: ReadonlyMap<string, Found>) =>
        assert.deepEqual(await readTree(target), expected);
      const part = (name: string) => new Map([...disk].filter(([path]) => path === name));
      await d.cli("get", "Cleo/Things/large.bin", "-o", folder("one"), "--wait");
      await same(folder("one"), part("large.bin"));
      await d.cli("get", "Cleo/Things", "-o", folder("all"), "--wait");
      await same(join(folder("all"), "Things"), disk);
      const browser = await Browser.open(d, t);
      await browser.show("Cleo/Things");
      await browser.get("large.bin");
      await until("the clicked file is here", async () => held(same(folder("get-Dora"), part("large.bin"))), 30_000);
      await browser.get("doc");
      const below = new Map(
        [...disk].filter(([path]) => path.startsWith("doc/")).map(([path, found]) => [path.slice(4), found]),
      );
      await until("the clicked folder is here", async () => held(same(join(folder("get-Dora"), "doc"), below)), 30_000);
      await d.cli("downloads", "clear");
      assert.deepEqual((await d.api<{ items: unknown[] }>("/api/v1/downloads")).items, []);
      await same(folder("one"), part("large.bin"));
    });

    test("C restarts: same identity, its list from disk, nothing hashed again", async () => {
      const { member } = c.ready;
      assert.equal(await c.stop(), 0);
      await sees(d, "Dora");
      c = await start(2, "Cleo");
      assert.equal(c.ready.member, member);
      assert.equal(c.ready.group, "Friends");
      for (const viewer of [c, d]) await sees(viewer, "Cleo", "Dora");
      const status = await hashed(c);
      assert.equal(status.counters.filesHashed, 0);
      const disk = await readTree(folder("cleo"));
      await until("Dora lists all of Cleo again", async () => held(listsJust(d, "Cleo/Things", disk)));
    });

    test("the last member leaves; a new start on its data directory begins again with its shares", async () => {
      assert.equal(await d.stop(), 0);
      await sees(c, "Cleo");
      await c.cli("leave");
      assert.equal(await c.ended(), 0);
      c = await start(2, "Cleo", "--group", "Again");
      assert.equal(c.ready.group, "Again");
      const status = await hashed(c);
      assert.deepEqual(
        status.shares.map(({ name }) => name),
        ["Things"],
      );
      await listsJust(c, "Cleo/Things", await readTree(folder("cleo")));
    });
  });
}
