import assert from "node:assert/strict";
import { existsSync, renameSync, symlinkSync, unlinkSync } from "node:fs";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { place } from "../../src/transfer/core/plan.ts";
import { Claims } from "../../src/transfer/download/claims.ts";
import { placePart } from "../../src/transfer/download/spot.ts";
import { until } from "../support/until.ts";
import { noise, root, World } from "./world.ts";

test("while a folder of a download is swapped for a link that leads out, nothing is written out there", async (t) => {
  const world = await World.make();
  const ana = await world.member("Ana");
  const files = 60;
  await mkdir(join(ana.dir, "docs/sub"), { recursive: true });
  for (let i = 0; i < files; i++) await writeFile(join(ana.dir, `docs/sub/${i}.bin`), noise(20_000, i));
  await ana.index();
  const taker = await world.taker();
  const outside = join(world.dir, "outside");
  await mkdir(outside);
  const { id } = await taker.get(ana.ref("docs"));
  const target = join(taker.downloads, "docs", "sub");
  await until("its folder is there", () => existsSync(target));
  let [swapping, swaps] = [true, 0];
  const swap = (async () => {
    while (swapping) {
      renameSync(target, `${target}.away`);
      symlinkSync(outside, target);
      for (let turns = swaps % 3; turns >= 0; turns--) await turn();
      unlinkSync(target);
      renameSync(`${target}.away`, target);
      swaps += 1;
      for (let turns = swaps % 7; turns >= 0; turns--) await turn();
    }
  })();
  try {
    await taker.settled(id);
  } finally {
    swapping = false;
    await swap;
  }
  assert.deepEqual(await readdir(outside), []);
  const bytes = await Promise.all((await readdir(target)).map(async (name) => (await stat(join(target, name))).size));
  t.diagnostic(`${swaps} swaps, ${bytes.length} files inside`);
  assert.ok(swaps > 1 && bytes.length > 0);
});

test("names that become one on a disk are both written, and which is which is seen", async () => {
  const world = await World.make();
  const how = { trustTime: false, signal: new AbortController().signal };
  const files = ["what?.txt", "what*.txt", "what:.txt", "what_.txt", "WHAT_.TXT"];
  const written: string[] = [];
  for (const [index, name] of files.entries()) {
    const bytes = Buffer.from(`content ${index}`);
    const listed = {
      path: `docs/${name}`,
      kind: "file",
      size: bytes.length,
      mtime: 0,
      root: await root(bytes),
    } as const;
    const planned = place("docs", listed, true);
    assert.ok(planned.kind === "file");
    const part = join(world.dir, `part${index}`);
    await writeFile(part, bytes);
    written.push(await placePart(part, world.dir, planned.file.name, listed, how));
  }
  const at = (name: string) => join(world.dir, name);
  assert.deepEqual(written.slice(0, 4), [
    at("what_.txt"),
    at("what_ (2).txt"),
    at("what_ (3).txt"),
    at("what_ (4).txt"),
  ]);
  for (const [index, path] of written.entries()) assert.equal(await readFile(path, "utf8"), `content ${index}`);
});

test("part files of names that some disk takes for one are never taken for each other", () => {
  const claims = new Claims();
  claims.add("/down/Readme.groupshare-part");
  assert.ok(claims.has("/down/README.groupshare-part"));
  claims.add("/down/caf\u00e9.groupshare-part");
  assert.ok(claims.has("/down/cafe\u0301.groupshare-part"));
  claims.delete("/down/readme.groupshare-part");
  assert.ok(!claims.has("/down/Readme.groupshare-part"));
});
