import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { BLOCK } from "../../src/shared/content.ts";
import { noise, root, World } from "./world.ts";

test("a file made of two leaf hashes is never given or taken for the file that they belong to, nor the other way round", async () => {
  const whole = noise(2 * BLOCK, 5);
  const leaf = (at: number) =>
    createHash("sha256")
      .update(whole.subarray(at, at + BLOCK))
      .digest();
  const leaves = Buffer.concat([leaf(0), leaf(BLOCK)]);
  const shared = await root(whole);
  assert.equal(await root(leaves), shared);
  const world = await World.make();
  const [ana, ben] = [await world.member("Ana"), await world.member("Ben")];
  for (const [member, bytes] of [
    [ana, whole],
    [ben, leaves],
  ] as const) {
    await writeFile(join(member.dir, "f"), bytes);
    await member.index();
    const given = await fetch(`${member.url}/v1/content/${shared}-${bytes.length}`);
    assert.deepEqual(Buffer.from(await given.arrayBuffer()), bytes);
    const other = bytes === whole ? leaves.length : whole.length;
    assert.equal((await fetch(`${member.url}/v1/content/${shared}-${other}`)).status, 404);
  }
  const taker = await world.taker();
  for (const [member, bytes] of [
    [ana, whole],
    [ben, leaves],
  ] as const) {
    const { target, sources } = await taker.done((await taker.get(member.ref("f"))).id);
    assert.deepEqual(await readFile(target ?? ""), bytes);
    assert.deepEqual(sources, [member.name]);
  }
});
