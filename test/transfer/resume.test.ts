import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import type { Entry } from "../../src/shared/entry.ts";
import { cutAfter, holdAfter, noise, World } from "./world.ts";

const PART = "a.bin.groupshare-part";

async function held(bytes: Uint8Array, at: number, hashed = true) {
  const world = await World.make();
  const ana = await world.member("Ana");
  await writeFile(join(ana.dir, "a.bin"), bytes);
  await ana.index(hashed);
  const taker = await world.taker();
  const hanging = Promise.withResolvers<void>();
  world.around = (_member, _path, answer) => {
    const hold = holdAfter(answer, at);
    void hold.reached.then(() => hanging.resolve());
    return hold.answer;
  };
  const { id } = await taker.get(ana.ref("a.bin"));
  await hanging.promise;
  const free = () => {
    world.around = (_member, _path, answer) => answer;
  };
  return { world, ana, taker, id, free };
}

test("cut at any byte, a download goes on there and ends with the same bytes", async () => {
  const world = await World.make();
  const ana = await world.member("Ana");
  const taker = await world.taker();
  const size = fc.oneof(fc.integer({ min: 1, max: 70_000 }), fc.constantFrom(16_384, 262_144, 262_145, 1_048_577));
  const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 2 });
  let run = 0;
  await fc.assert(
    fc.asyncProperty(size, cuts, fc.boolean(), async (length, fractions, hashed) => {
      run += 1;
      const bytes = noise(length, run);
      const name = `${run}.bin`;
      await writeFile(join(ana.dir, name), bytes);
      await ana.index(hashed);
      const left = fractions.map((fraction) => Math.max(1, Math.floor(fraction * length)));
      world.around = (_member, _path, answer) => {
        const at = left.shift();
        return at === undefined ? answer : cutAfter(answer, at);
      };
      const before = taker.transfers.counters().bytesReceived ?? 0;
      const download = await taker.done((await taker.get(ana.ref(name))).id);
      assert.deepEqual(await readFile(download.target), bytes);
      assert.equal((taker.transfers.counters().bytesReceived ?? 0) - before, length, "no byte came twice");
      await rm(join(ana.dir, name));
    }),
    { numRuns: 60 },
  );
});

test("after a restart in the middle only the rest is fetched", async () => {
  const bytes = noise(3_000_000, 1);
  const { world, taker, id, free } = await held(bytes, 2_000_001);
  assert.ok((await readdir(taker.downloads)).includes(PART));
  await taker.transfers.stop();
  const kept = (await stat(join(taker.downloads, PART))).size;
  assert.equal(kept, 2_000_001);
  free();
  const asked = world.requests.length;
  const again = await world.taker();
  const download = await again.done(id);
  assert.deepEqual(await readFile(download.target), bytes);
  assert.deepEqual(await readdir(taker.downloads), ["a.bin"]);
  assert.deepEqual(
    world.requests.slice(asked).map(({ headers }) => headers.Range),
    [`bytes=2000001-2999999`],
  );
  assert.equal(again.transfers.counters().bytesResumed, 2_000_001);
});

test("a program that ends without a word loses at most the last MiB, and leaves nothing behind", async () => {
  const bytes = noise(3_000_000, 12);
  const { world, taker, id, free } = await held(bytes, 2_500_000);
  free();
  const asked = world.requests.length;
  // The first one hangs and is never told: what it has not written is lost, as by kill -9.
  const again = await world.taker();
  const download = await again.done(id);
  assert.deepEqual(await readFile(download.target), bytes);
  assert.equal(world.requests[asked]?.headers.Range, `bytes=${2 << 20}-2999999`);
  assert.deepEqual(await readdir(taker.downloads), ["a.bin"]);
});

test("a part file that was damaged meanwhile costs a new start, not a wrong file", async () => {
  const bytes = noise(1_000_000, 2);
  const { world, taker, id, free } = await held(bytes, 700_000);
  await taker.transfers.stop();
  const part = join(taker.downloads, PART);
  const damaged = await readFile(part);
  damaged[5] = (damaged[5] ?? 0) ^ 1;
  await writeFile(part, damaged);
  free();
  const again = await world.taker();
  const download = await again.done(id);
  assert.deepEqual(await readFile(download.target), bytes);
  assert.ok(!world.warnings.some((line) => line.includes("wrong bytes")), "nobody is blamed for it");
});

test("a foreign file with a part file's name is left alone", async () => {
  const world = await World.make();
  const ana = await world.member("Ana");
  await writeFile(join(ana.dir, "a.bin"), "12345678");
  await ana.index();
  const taker = await world.taker();
  await mkdir(taker.downloads);
  await writeFile(join(taker.downloads, PART), "1234");
  await taker.done((await taker.get(ana.ref("a.bin"))).id);
  assert.equal(await readFile(join(taker.downloads, PART), "utf8"), "1234");
  assert.deepEqual((await readdir(taker.downloads)).sort(), ["a.bin", PART]);
});

test("a holder that vanishes in the middle makes it wait, and its return makes it go on at once", async () => {
  const bytes = noise(1_200_000, 3);
  const { world, ana, taker, id, free } = await held(bytes, 500_000);
  ana.present = false;
  taker.transfers.membersChanged();
  const waiting = await taker.until(id, ({ state }) => state === "waiting", "waiting");
  assert.match(waiting.error ?? "", /^waiting for somebody who has it: Ana: it left the group/);
  assert.deepEqual([waiting.rate, waiting.sources.length, waiting.done], [0, 0, 500_000]);
  free();
  const asked = world.requests.length;
  ana.present = true;
  taker.transfers.membersChanged();
  const download = await taker.until(id, ({ state }) => state === "done", "done");
  assert.deepEqual(await readFile(download.target), bytes);
  assert.equal(download.error, null);
  assert.equal(world.requests[asked]?.headers.Range, "bytes=500000-1199999");
});

test("a download that waits keeps what it knows of its part file, and does not read it again", async () => {
  const bytes = noise(3_000_000, 13);
  const { world, ana, taker, id, free } = await held(bytes, 2_000_001);
  ana.present = false;
  taker.transfers.membersChanged();
  await taker.until(id, ({ state }) => state === "waiting", "waiting");
  free();
  const asked = world.requests.length;
  ana.present = true;
  taker.transfers.membersChanged();
  const download = await taker.until(id, ({ state }) => state === "done", "done");
  assert.deepEqual(await readFile(download.target), bytes);
  assert.equal(world.requests[asked]?.headers.Range, "bytes=2000001-2999999");
  assert.equal(taker.transfers.counters().bytesResumed, 0);
});

test("a part file that somebody else touches while its download waits is read again, and not believed", async () => {
  const bytes = noise(1_000_000, 14);
  const { world, ana, taker, id, free } = await held(bytes, 700_000);
  ana.present = false;
  taker.transfers.membersChanged();
  await taker.until(id, ({ state }) => state === "waiting", "waiting");
  const part = join(taker.downloads, PART);
  const damaged = await readFile(part);
  damaged[5] = (damaged[5] ?? 0) ^ 1;
  await writeFile(part, damaged);
  free();
  ana.present = true;
  taker.transfers.membersChanged();
  const download = await taker.until(id, ({ state }) => state === "done", "done");
  assert.deepEqual(await readFile(download.target), bytes);
  assert.ok(!world.warnings.some((line) => line.includes("wrong bytes")), "nobody is blamed for it");
});

test("after a restart with nobody here nothing is read; what is here is shown, and taken over once", async () => {
  const bytes = noise(3_000_000, 15);
  const { ana, world, taker, id, free } = await held(bytes, 2_000_001);
  await taker.transfers.stop();
  free();
  ana.present = false;
  const again = await world.taker();
  const waiting = await again.settled(id);
  assert.deepEqual([waiting.state, waiting.done], ["waiting", 2_000_001]);
  assert.equal(again.transfers.counters().bytesResumed, 0);
  await again.transfers.resume(id);
  assert.equal((await again.settled(id)).state, "waiting");
  ana.present = true;
  again.transfers.membersChanged();
  const download = await again.until(id, ({ state }) => state === "done", "done");
  assert.deepEqual(await readFile(download.target), bytes);
  assert.equal(again.transfers.counters().bytesResumed, 2_000_001);
});

test("a complete part file is put in place after a restart, though nobody who has it is here", async () => {
  const bytes = noise(1_000_000, 16);
  const { ana, world, taker, id, free } = await held(bytes, 700_000);
  await taker.transfers.stop();
  free();
  await writeFile(join(taker.downloads, PART), bytes);
  ana.present = false;
  const again = await world.taker();
  const download = await again.done(id);
  assert.deepEqual(await readFile(download.target), bytes);
});

test("news of others' files do not hurry a download on whose only source fails", async () => {
  const world = await World.make();
  const [ana, bob] = [await world.member("Ana"), await world.member("Bob")];
  await writeFile(join(ana.dir, "a.bin"), noise(10_000, 1));
  await ana.index();
  const taker = await world.taker();
  world.around = (_member, _path, answer) => ({ ...answer, status: 500 });
  const { id } = await taker.get(ana.ref("a.bin"));
  await taker.until(id, ({ state }) => state === "waiting", "waiting");
  const perTry = world.requests.length;
  const ROUNDS = 8;
  for (let round = 0; round < ROUNDS; round++) {
    await writeFile(join(bob.dir, `${round}`), `${round}`);
    await bob.index();
    const before = world.lookups;
    taker.transfers.membersChanged();
    await taker.until(id, () => world.lookups > before, "looked at");
  }
  const tries = world.requests.length / perTry;
  assert.ok(tries < ROUNDS, `${tries} tries in ${ROUNDS} rounds of news`);
  world.around = (_member, _path, answer) => answer;
  await writeFile(join(bob.dir, "copy"), noise(10_000, 1));
  await bob.index();
  taker.transfers.membersChanged();
  await taker.until(id, ({ state }) => state === "done", "done");
});

test("a download is called after a restart as it was when it was asked for", async () => {
  const { world, taker, id } = await held(noise(900_000, 17), 400_000);
  await taker.transfers.stop();
  world.pathOf = ({ member, share, path }) => `${member}/${share}/${path}`;
  const again = await world.taker();
  assert.equal(again.now(id).path, "Ana/share/a.bin");
});

test("of many that are asked for at once, none is forgotten before somebody could see its end", async () => {
  const world = await World.make();
  const ana = await world.member("Ana");
  const names = Array.from({ length: 230 }, (_, i) => `${i}.txt`);
  for (const name of names) await writeFile(join(ana.dir, name), name);
  await ana.index();
  const taker = await world.taker();
  const all = await taker.transfers.add(
    names.map((name) => ana.ref(name)),
    { into: null },
  );
  for (const { id } of all) await taker.done(id);
  await taker.transfers.add([ana.ref("0.txt")], { into: join(world.dir, "elsewhere") });
  await taker.transfers.stop();
  const again = await world.taker();
  assert.ok(all.every(({ id }) => again.now(id).state === "done"));
});

test("another holder takes over in the middle without a wait", async () => {
  const bytes = noise(1_200_000, 4);
  const { world, ana, taker, id, free } = await held(bytes, 500_000);
  const bob = await world.member("Bob");
  await writeFile(join(bob.dir, "b.bin"), bytes);
  await bob.index();
  free();
  ana.present = false;
  taker.transfers.membersChanged();
  const download = await taker.done(id);
  assert.deepEqual(await readFile(download.target), bytes);
  assert.deepEqual([...download.sources].sort(), ["Ana", "Bob"]);
});

test("paused it does nothing, also over a restart; resumed it goes on where it was", async () => {
  const bytes = noise(900_000, 5);
  const { world, taker, id, free } = await held(bytes, 400_000);
  assert.equal((await taker.transfers.pause(id)).state, "paused");
  assert.equal((await taker.transfers.pause(id)).state, "paused");
  await taker.transfers.stop();
  free();
  const asked = world.requests.length;
  const again = await world.taker();
  again.transfers.membersChanged();
  assert.deepEqual([again.now(id).state, again.now(id).done], ["paused", 400_000]);
  assert.equal(world.requests.length, asked);
  await again.transfers.resume(id);
  const download = await again.done(id);
  assert.deepEqual(await readFile(download.target), bytes);
  assert.equal(world.requests[asked]?.headers.Range, "bytes=400000-899999");
  await assert.rejects(again.transfers.pause(id), { code: "conflict" });
  await assert.rejects(again.transfers.resume(id), { code: "conflict" });
  await assert.rejects(again.transfers.cancel(id), { code: "conflict" });
});

test("one that has not had its turn can be paused, resumed and cancelled without waiting for others", async () => {
  const world = await World.make();
  const ana = await world.member("Ana");
  const names = Array.from({ length: 7 }, (_, i) => `${i}.bin`);
  for (const [i, name] of names.entries()) await writeFile(join(ana.dir, name), noise(100_000, i));
  await ana.index();
  const holds: (() => void)[] = [];
  world.around = (_member, _path, answer) => {
    const hold = holdAfter(answer, 1_000);
    holds.push(hold.release);
    return hold.answer;
  };
  const taker = await world.taker();
  const all = await taker.transfers.add(
    names.map((name) => ana.ref(name)),
    { into: null },
  );
  const last = all.slice(-2).map(({ id }) => id);
  await taker.until(all[0]?.id ?? "", () => holds.length === 4, "as many as go on at once");
  assert.deepEqual(
    last.map((id) => taker.now(id).state),
    ["queued", "queued"],
  );
  assert.equal((await taker.transfers.cancel(last[0] ?? "")).state, "cancelled");
  assert.equal((await taker.transfers.pause(last[1] ?? "")).state, "paused");
  assert.equal((await taker.transfers.resume(last[1] ?? "")).state, "queued");
  world.around = (_member, _path, answer) => answer;
  for (const release of holds) release();
  for (const { id } of all) if (id !== last[0]) await taker.done(id);
  assert.equal((await readdir(taker.downloads)).length, 6);
});

test("cancelled it leaves no part file, and is not gone on with", async () => {
  const { taker, id } = await held(noise(900_000, 6), 400_000);
  assert.equal((await taker.transfers.cancel(id)).state, "cancelled");
  assert.deepEqual(await readdir(taker.downloads), []);
  await assert.rejects(taker.transfers.resume(id), { code: "conflict" });
});

test("cancelled after a restart it leaves no part file either", async () => {
  const { world, taker, id } = await held(noise(900_000, 7), 400_000);
  await taker.transfers.pause(id);
  await taker.transfers.stop();
  const again = await world.taker();
  await again.transfers.cancel(id);
  assert.deepEqual(await readdir(taker.downloads), []);
});

test("what has ended is cleared for good and its files stay; what goes on is not", async () => {
  const { world, ana, taker, id, free } = await held(noise(900_000, 9), 400_000);
  await assert.rejects(taker.transfers.clear(id), { code: "conflict" });
  await taker.transfers.pause(id);
  await assert.rejects(taker.transfers.clear(id), { code: "conflict" });
  free();
  await taker.transfers.resume(id);
  const { target } = await taker.done(id);
  assert.equal((await taker.transfers.clear(id)).state, "done");
  const cancelled = await taker.get(ana.ref("a.bin"));
  await taker.transfers.cancel(cancelled.id).catch(() => undefined);
  await taker.transfers.clear(cancelled.id);
  assert.deepEqual(taker.transfers.list(), []);
  await assert.rejects(taker.transfers.clear(id), { code: "not-found" });
  await taker.transfers.stop();
  assert.deepEqual((await world.taker()).transfers.list(), []);
  assert.deepEqual(await readFile(target), noise(900_000, 9));
});

test("one that failed leaves no part file when it is cleared", async () => {
  const { world, taker, id } = await held(noise(900_000, 10), 400_000);
  await taker.transfers.pause(id);
  await taker.transfers.stop();
  assert.deepEqual(await readdir(taker.downloads), [PART]);
  const file = join(world.dir, "taker-queue.json");
  await writeFile(file, (await readFile(file, "utf8")).replace(/("state": ?)"paused"/, '$1"failed"'));
  const again = await world.taker();
  assert.equal((await again.transfers.clear(id)).state, "failed");
  assert.deepEqual(again.transfers.list(), []);
  assert.deepEqual(await readdir(taker.downloads), []);
});

test("a folder that is cancelled keeps the files that are done", async () => {
  const world = await World.make();
  const ana = await world.member("Ana");
  await mkdir(join(ana.dir, "f/sub"), { recursive: true });
  await writeFile(join(ana.dir, "f/small"), "small");
  await writeFile(join(ana.dir, "f/sub/a.bin"), noise(500_000, 8));
  await ana.index();
  const hanging = Promise.withResolvers<void>();
  world.around = (_member, path, answer) => {
    if (!path.endsWith("-500000")) return answer;
    const hold = holdAfter(answer, 100_000);
    void hold.reached.then(() => hanging.resolve());
    return hold.answer;
  };
  const taker = await world.taker();
  const { id, target } = await taker.get(ana.ref("f"));
  await hanging.promise;
  await taker.until(id, () => taker.transfers.counters().filesDone === 1, "one file in place");
  await taker.transfers.stop();
  assert.deepEqual(await readdir(join(target, "sub")), [PART]);
  const again = await world.taker();
  await again.transfers.cancel(id);
  assert.deepEqual((await readdir(target, { recursive: true })).sort(), ["small", "sub"]);
});

test("a folder goes on after a restart while the member that listed it is away", async () => {
  const world = await World.make();
  const [ana, bob] = [await world.member("Ana"), await world.member("Bob")];
  await mkdir(join(ana.dir, "f"));
  for (let i = 0; i < 20; i++) {
    await writeFile(join(ana.dir, `f/${i}.bin`), noise(5_000, i));
    await writeFile(join(bob.dir, `copy of ${i}`), noise(5_000, i));
  }
  await ana.index();
  const hanging = Promise.withResolvers<void>();
  let answers = 0;
  world.around = (_member, _path, answer) => {
    answers += 1;
    if (answers <= 7) return answer;
    const hold = holdAfter(answer, 10);
    void hold.reached.then(() => hanging.resolve());
    return hold.answer;
  };
  const taker = await world.taker();
  const { id } = await taker.get(ana.ref("f"));
  await hanging.promise;
  await taker.transfers.stop();
  ana.present = false;
  world.around = (_member, _path, answer) => answer;
  const again = await world.taker();
  const waiting = await again.settled(id);
  assert.equal(waiting.state, "waiting");
  await bob.index();
  again.transfers.membersChanged();
  const download = await again.until(id, ({ state }) => state === "done", "done");
  for (let i = 0; i < 20; i++) assert.deepEqual(await readFile(join(download.target, `${i}.bin`)), noise(5_000, i));
  assert.equal((await readdir(download.target)).length, 20);
  assert.ok((again.transfers.counters().filesAlreadyThere ?? 0) >= 3, "what was done is not fetched again");
  assert.ok(!(await readdir(world.dir)).some((name) => name.endsWith(".plan")));
});

test("a file that changes while it is downloaded is told, not mixed; resumed, the new one is got", async () => {
  const { world, ana, taker, id, free } = await held(noise(800_000, 9), 300_000, false);
  const newer = noise(800_000, 10);
  await writeFile(join(ana.dir, "a.bin"), newer);
  await ana.index();
  free();
  taker.transfers.membersChanged();
  const failed = await taker.settled(id);
  assert.equal(failed.state, "failed");
  assert.match(failed.error ?? "", /Cannot go on with "a\.bin": it changed while it was being downloaded; resume/);
  assert.deepEqual(await readdir(taker.downloads), []);
  await taker.transfers.resume(id);
  const download = await taker.done(id);
  assert.deepEqual(await readFile(download.target), newer);
  assert.ok(world.warnings.every((line) => !line.includes("wrong bytes")));
});

test("a file that is removed while it is downloaded is told, with its member still here", async () => {
  const { ana, taker, id } = await held(noise(800_000, 11), 300_000);
  await rm(join(ana.dir, "a.bin"));
  await ana.index();
  taker.transfers.membersChanged();
  const failed = await taker.settled(id);
  assert.equal(failed.state, "failed");
  assert.match(failed.error ?? "", /it is no longer shared/);
});

test("a queue that is damaged is set aside with a word, and a new one begun", async () => {
  const world = await World.make();
  const ana = await world.member("Ana");
  await writeFile(join(ana.dir, "a"), "a");
  await ana.index();
  await writeFile(join(world.dir, "taker-queue.json"), '{"format":1,"jobs":[{"id":"x"');
  const taker = await world.taker();
  assert.deepEqual(taker.transfers.list(), []);
  assert.ok(world.warnings.some((line) => line.includes("is damaged")));
  await taker.done((await taker.get(ana.ref("a"))).id);
});

test("a folder's list that ends because its member went is not taken for the whole folder", async () => {
  const world = await World.make();
  const ana = await world.member("Ana");
  await mkdir(join(ana.dir, "f"));
  for (let i = 0; i < 5; i++) await writeFile(join(ana.dir, `f/${i}`), `${i}`);
  await ana.index();
  const whole = new Map<string, Entry>(ana.entries);
  for (let i = 2; i < 5; i++) ana.entries.delete(`f/${i}`);
  const { entries } = ana;
  let listings = 0;
  entries.values = () => {
    listings += 1;
    if (listings > 1) for (const [path, entry] of whole) entries.set(path, entry);
    return Map.prototype.values.call(entries) as ReturnType<typeof entries.values>;
  };
  const taker = await world.taker();
  const download = await taker.done((await taker.get(ana.ref("f"))).id);
  assert.equal((await readdir(download.target)).length, 5);
});
