import assert from "node:assert/strict";
import { mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { cutAfter, holdAfter, noise, World } from "./world.ts";

const MTIME = 1_600_000_000_123;

async function oneFile(name: string, bytes: Uint8Array, hashed = true) {
  const world = await World.make();
  const ana = await world.member("Ana");
  await writeFile(join(ana.dir, name), bytes);
  await utimes(join(ana.dir, name), (MTIME + 0.001) / 1_000, (MTIME + 0.001) / 1_000);
  await ana.index(hashed);
  const taker = await world.taker();
  return { world, ana, taker };
}

const mtimeOf = async (path: string) => Math.floor((await stat(path)).mtimeMs);

test("a file arrives whole, with its time, and nothing is left beside it", async () => {
  const bytes = noise(2_500_000, 3);
  const { ana, taker } = await oneFile("photo 📷.jpg", bytes);
  const download = await taker.done((await taker.get(ana.ref("photo 📷.jpg"))).id);
  assert.equal(download.target, join(taker.downloads, "photo 📷.jpg"));
  assert.deepEqual(await readFile(download.target), bytes);
  assert.equal(await mtimeOf(download.target), MTIME);
  assert.deepEqual(await readdir(taker.downloads), ["photo 📷.jpg"]);
  assert.deepEqual([download.size, download.done, download.error], [bytes.length, bytes.length, null]);
  assert.deepEqual(download.sources, ["Ana"]);
  assert.equal(download.path, "Ana/share/photo 📷.jpg");
  assert.equal(taker.transfers.counters().bytesReceived, bytes.length);
});

test("what is there already is never overwritten: another content gets a number, the same one is done at once", async () => {
  const { world, ana, taker } = await oneFile("a.txt", Buffer.from("from Ana"));
  await mkdir(taker.downloads, { recursive: true });
  await writeFile(join(taker.downloads, "a.txt"), "mine, 8b");
  await symlink("/nowhere", join(taker.downloads, "a (2).txt"));
  const first = await taker.done((await taker.get(ana.ref("a.txt"))).id);
  assert.equal(first.target, join(taker.downloads, "a (3).txt"));
  assert.equal(await readFile(join(taker.downloads, "a.txt"), "utf8"), "mine, 8b");
  assert.equal(await readFile(first.target, "utf8"), "from Ana");
  const asked = world.requests.length;
  const second = await taker.done((await taker.get(ana.ref("a.txt"))).id);
  assert.notEqual(second.id, first.id);
  assert.equal(second.target, first.target);
  assert.equal(world.requests.length, asked);
  assert.equal((await readdir(taker.downloads)).length, 3);
});

test("asking twice for what is under way gives one download", async () => {
  const { world, ana, taker } = await oneFile("a.bin", noise(400_000, 1));
  const held = Promise.withResolvers<ReturnType<typeof holdAfter>>();
  world.around = (_member, _path, answer) => {
    const hold = holdAfter(answer, 1_000);
    held.resolve(hold);
    return hold.answer;
  };
  const [first, second] = await taker.transfers.add([ana.ref("a.bin"), ana.ref("a.bin")], { into: null });
  assert.equal(first?.id, second?.id);
  const hold = await held.promise;
  await hold.reached;
  assert.equal((await taker.get(ana.ref("a.bin"))).id, first?.id);
  hold.release();
  await taker.done(first?.id ?? "");
});

test("an empty file is made with its time", async () => {
  const { ana, taker } = await oneFile("empty", Buffer.alloc(0));
  const download = await taker.done((await taker.get(ana.ref("empty"))).id);
  assert.equal((await stat(download.target)).size, 0);
  assert.equal(await mtimeOf(download.target), MTIME);
});

test("a file that is not hashed yet is had from its member, bound to size and time", async () => {
  const bytes = noise(700_000, 4);
  const { world, ana, taker } = await oneFile("raw.bin", bytes, false);
  let cut = true;
  world.around = (_member, _path, answer) => {
    if (!cut) return answer;
    cut = false;
    return cutAfter(answer, 333_333);
  };
  const download = await taker.done((await taker.get(ana.ref("raw.bin"))).id);
  assert.deepEqual(await readFile(download.target), bytes);
  assert.deepEqual(
    world.requests.map(({ headers }) => headers),
    [{ "If-Match": `"700000-${MTIME}"` }, { "If-Match": `"700000-${MTIME}"`, Range: "bytes=333333-699999" }],
  );
});

test("a file that was hashed while its bytes passed must have the root that was found", async () => {
  const bytes = noise(500_000, 5);
  const { world, ana, taker } = await oneFile("raw.bin", bytes, false);
  world.around = async (_member, path, answer) => {
    if (path.startsWith("/v1/content/")) return answer;
    const wrong = new Uint8Array(await new Response(answer.body).arrayBuffer());
    wrong[77] = (wrong[77] ?? 0) ^ 1;
    await ana.index();
    return { ...answer, body: new Response(wrong).body ?? answer.body };
  };
  const download = await taker.done((await taker.get(ana.ref("raw.bin"))).id);
  assert.deepEqual(await readFile(download.target), bytes);
  assert.equal(taker.transfers.counters().corrupt, 1);
});

test("wrong bytes are blamed on who sent them, thrown away, and had from another", async () => {
  const bytes = noise(900_000, 6);
  const { world, ana, taker } = await oneFile("a.bin", bytes);
  const bob = await world.member("Bob");
  await writeFile(join(bob.dir, "other name.bin"), bytes);
  await bob.index();
  // Bob's disk rots without a trace in size or time.
  const rotten = join(bob.dir, "other name.bin");
  const before = await stat(rotten);
  const flipped = Buffer.from(bytes);
  flipped[450_000] = (flipped[450_000] ?? 0) ^ 0x10;
  await writeFile(rotten, flipped);
  await utimes(rotten, before.atime, (Math.floor(before.mtimeMs) + 0.001) / 1_000);
  ana.present = false;
  const download = await taker.get(ana.ref("a.bin")).catch(() => null);
  assert.equal(download, null, "what nobody shows cannot be asked for");

  const failed = await taker.settled((await taker.get(bob.ref("other name.bin"))).id);
  assert.equal(failed.state, "failed");
  assert.match(failed.error ?? "", /what "Bob" sent is not the file that was listed/);
  assert.ok(world.warnings.some((line) => line.includes("a member sent wrong bytes") && line.includes("Bob")));
  ana.present = true;
  const resumed = await taker.transfers.resume(failed.id);
  assert.equal(resumed.state, "queued");
  const done = await taker.done(failed.id);
  assert.deepEqual(await readFile(done.target), bytes);
});

test("when two members gave and the result is wrong, it is found out which one lies", async () => {
  const bytes = noise(600_000, 7);
  const { world, ana, taker } = await oneFile("a.bin", bytes);
  for (const name of ["Bob", "Cem"]) {
    const member = await world.member(name);
    await writeFile(join(member.dir, "a.bin"), bytes);
    await member.index();
  }
  let lied = false;
  world.around = (member, _path, answer, headers) => {
    if (member === "Bob") {
      const body = answer.body.pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({
          transform: (chunk, controller) => controller.enqueue(chunk.map((byte) => byte ^ 1)),
        }),
      );
      // A liar that gives half first mixes its bytes with others'.
      const first = !lied && headers.Range === undefined;
      lied = true;
      return first ? cutAfter({ ...answer, body }, 300_000) : { ...answer, body };
    }
    return answer;
  };
  const download = await taker.done((await taker.get(ana.ref("a.bin"))).id);
  assert.deepEqual(await readFile(download.target), bytes);
});

test("an own file is copied from this disk, not asked for", async () => {
  const { world, ana } = await oneFile("a.bin", noise(100_000, 8));
  const taker = await world.taker("Ana", join(world.dir, "copies"));
  const download = await taker.done((await taker.get(ana.ref("a.bin"))).id);
  assert.deepEqual(await readFile(download.target), await readFile(join(ana.dir, "a.bin")));
  assert.equal(world.requests.length, 0);
});

test("the longest name a disk takes can be downloaded, twice", async () => {
  const name = `${"x".repeat(250)}.txt`.slice(-255);
  const { ana, taker } = await oneFile(name, Buffer.from("one"));
  await mkdir(taker.downloads, { recursive: true });
  await writeFile(join(taker.downloads, name), "two");
  const download = await taker.done((await taker.get(ana.ref(name))).id);
  assert.equal(await readFile(download.target, "utf8"), "one");
});

test("what does not exist, or is no path, is refused before anything is queued", async () => {
  const { ana, taker } = await oneFile("a.bin", Buffer.from("x"));
  await assert.rejects(taker.transfers.add([ana.ref("a.bin"), ana.ref("b.bin")], { into: null }), {
    code: "not-found",
  });
  await assert.rejects(taker.get(ana.ref("../a.bin")), { code: "invalid" });
  await assert.rejects(taker.get(ana.ref("a.bin"), "relative/folder"), { code: "usage" });
  await assert.rejects(taker.transfers.pause("nonsense"), { code: "not-found" });
  assert.deepEqual(taker.transfers.list(), []);
});
