import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import type { Entry } from "../../src/shared/entry.ts";
import { noise, World } from "./world.ts";

/** Every path below a folder with what is to be the same on both sides. */
async function picture(dir: string): Promise<Map<string, string>> {
  const all = new Map<string, string>();
  for (const path of ["", ...(await readdir(dir, { recursive: true }))]) {
    const full = join(dir, path);
    const found = await stat(full);
    const content = found.isFile()
      ? createHash("sha256")
          .update(await readFile(full))
          .digest("hex")
      : "folder";
    all.set(path, `${content} ${Math.floor(found.mtimeMs)}`);
  }
  return all;
}

const ODD = [
  "plain.txt",
  "empty",
  "with space and #?&%41.txt",
  "new\nline",
  "-rf",
  "ünï/ço/dé 🦊.bin",
  "de\u0301composed",
  "dé composed",
  "deep/a/b/c/d/e/f/g/h/i/j/k",
  "quote\"'`$(x)",
  "back\\slash",
  "CON",
  "dots...",
  `${"long".repeat(60)}.txt`,
  ".hidden",
];

async function oddTree() {
  const world = await World.make();
  const ana = await world.member("Ana");
  const write = async (path: string, bytes: Uint8Array) => {
    await mkdir(dirname(join(ana.dir, path)), { recursive: true });
    await writeFile(join(ana.dir, path), bytes);
  };
  for (const [i, path] of ODD.entries()) await write(`docs/${path}`, noise(path === "empty" ? 0 : 10 + i * 997, i));
  await write("docs/big.bin", noise(3_000_000, 9));
  await mkdir(join(ana.dir, "docs/nothing/inside"), { recursive: true });
  let time = 1_500_000_000_007;
  const paths = await readdir(join(ana.dir, "docs"), { recursive: true });
  for (const path of ["", ...paths].sort((a, b) => b.length - a.length)) {
    time += 86_461_003;
    await utimes(join(ana.dir, "docs", path), (time + 0.001) / 1_000, (time + 0.001) / 1_000);
  }
  await ana.index();
  return { world, ana, taker: await world.taker() };
}

test("a folder arrives as the same tree: odd names, empty ones, times of files and folders", async () => {
  const { ana, taker } = await oddTree();
  const download = await taker.done((await taker.get(ana.ref("docs"))).id);
  assert.equal(download.target, join(taker.downloads, "docs"));
  assert.deepEqual(await picture(download.target), await picture(join(ana.dir, "docs")));
  assert.equal(download.done, ana.entries.get("docs")?.size);
  assert.equal(download.size, download.done);
});

test("a whole share arrives under its name", async () => {
  const { ana, taker } = await oddTree();
  const download = await taker.done((await taker.get(ana.ref(""))).id);
  assert.equal(download.target, join(taker.downloads, "Ana's files"));
  assert.deepEqual(await picture(join(download.target, "docs")), await picture(join(ana.dir, "docs")));
});

test("the same folder again fetches nothing; another of the same name gets a folder of its own", async () => {
  const { world, ana, taker } = await oddTree();
  const first = await taker.done((await taker.get(ana.ref("docs"))).id);
  const asked = world.requests.length;
  const second = await taker.done((await taker.get(ana.ref("docs"))).id);
  assert.equal(second.target, first.target);
  assert.equal(world.requests.length, asked);

  const bob = await world.member("Bob");
  await mkdir(join(bob.dir, "docs"));
  await writeFile(join(bob.dir, "docs/plain.txt"), "Bob's");
  await bob.index();
  const other = await taker.done((await taker.get(bob.ref("docs"))).id);
  assert.equal(other.target, join(taker.downloads, "docs (2)"));
  assert.equal(await readFile(join(other.target, "plain.txt"), "utf8"), "Bob's");
});

test("files of a folder come from everybody who has their content", async () => {
  const { world, ana, taker } = await oddTree();
  const bob = await world.member("Bob");
  for (const path of ["plain.txt", "big.bin", ".hidden"]) {
    await writeFile(join(bob.dir, path.replace("plain", "copy")), await readFile(join(ana.dir, "docs", path)));
  }
  await bob.index();
  world.around = (member, path, answer) => {
    if (member === "Ana" && path.includes(`-${3_000_000}`)) throw new Error("Ana is slow today");
    return answer;
  };
  const download = await taker.done((await taker.get(ana.ref("docs"))).id);
  assert.deepEqual(await picture(download.target), await picture(join(ana.dir, "docs")));
  assert.deepEqual([...download.sources].sort(), ["Ana", "Bob"]);
});

test("one file that cannot be had does not stop the others, and is told", async () => {
  const { ana, taker } = await oddTree();
  await mkdir(join(taker.downloads, "docs"), { recursive: true });
  const lost = ana.entries.get("docs/plain.txt") as Entry;
  ana.entries.set("docs/../../escaped", { ...lost, path: "docs/../../escaped" });
  const download = await taker.settled((await taker.get(ana.ref("docs"))).id);
  assert.equal(download.state, "failed");
  assert.match(
    download.error ?? "",
    /Cannot download 1 of \d+ entries of "docs"; the first: "docs\/\.\.\/\.\.\/escaped"/,
  );
  assert.ok(!download.error?.includes("\n"));
  const got = await picture(download.target);
  const sent = await picture(join(ana.dir, "docs"));
  assert.deepEqual(got, sent);
  assert.deepEqual((await readdir(taker.downloads)).sort(), ["docs", "docs (2)"]);
});

test("nothing is written through a link inside the download's folder", async () => {
  const { world, ana, taker } = await oddTree();
  const first = await taker.done((await taker.get(ana.ref("docs"))).id);
  const outside = join(world.dir, "outside");
  await mkdir(outside);
  await mkdir(join(ana.dir, "docs/sub/deeper"), { recursive: true });
  await writeFile(join(ana.dir, "docs/sub/deeper/x"), "x");
  await ana.index();
  await symlink(outside, join(first.target, "sub"));
  const again = await taker.settled((await taker.get(ana.ref("docs"))).id);
  assert.equal(again.state, "failed");
  assert.match(again.error ?? "", /it is a link that leads elsewhere/);
  assert.deepEqual(await readdir(outside), []);
});

test("thousands of small files do not flood the news nor the queue's file", async () => {
  const world = await World.make();
  const ana = await world.member("Ana");
  const count = 1_000;
  for (let i = 0; i < count; i++) {
    const folder = join(ana.dir, `many/${i % 40}`);
    if (i < 40) await mkdir(folder, { recursive: true });
    await writeFile(join(folder, `${i}.txt`), `file ${i}`);
  }
  await ana.index();
  const taker = await world.taker();
  let news = 0;
  taker.transfers.on("changed", () => {
    news += 1;
  });
  const started = performance.now();
  const download = await taker.done((await taker.get(ana.ref("many"))).id);
  const seconds = (performance.now() - started) / 1_000;
  assert.deepEqual(await picture(download.target), await picture(join(ana.dir, "many")));
  assert.ok(news <= seconds * 4 + 3, `${news} news in ${seconds} s`);
});
