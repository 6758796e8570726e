import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { cutAfter, holdAfter, noise, World } from "./world.ts";

async function two(bytes: Uint8Array) {
  const world = await World.make();
  const [ana, bob] = [await world.member("Ana"), await world.member("Bob")];
  await writeFile(join(ana.dir, "film.mkv"), bytes);
  await writeFile(join(bob.dir, "copy.mkv"), bytes);
  await ana.index();
  await bob.index();
  return { world, ana, bob, taker: await world.taker() };
}

const collect = async (stream: ReadableStream<Uint8Array>) => Buffer.from(await new Response(stream).arrayBuffer());

test("a file of another member is read whole and in part, also the empty one", async () => {
  const bytes = noise(500_000, 1);
  const { ana, taker } = await two(bytes);
  await writeFile(join(ana.dir, "empty"), "");
  await ana.index();
  const file = await taker.transfers.open(ana.ref("film.mkv"));
  assert.deepEqual(
    [file.name, file.size, file.etag],
    ["film.mkv", 500_000, `${ana.entries.get("film.mkv")?.root}-500000`],
  );
  assert.deepEqual(await collect(await file.stream(null)), bytes);
  assert.deepEqual(await collect(await file.stream({ start: 10, end: 10 })), bytes.subarray(10, 11));
  assert.deepEqual(await collect(await file.stream({ start: 499_000, end: 499_999 })), bytes.subarray(499_000));
  const empty = await taker.transfers.open(ana.ref("empty"));
  assert.equal((await collect(await empty.stream(null))).length, 0);
});

test("a reader does not notice that its source fails, stops in the middle, or leaves", async () => {
  const bytes = noise(1_500_000, 2);
  for (const how of ["cut", "left", "refused"]) {
    const { world, ana, bob, taker } = await two(bytes);
    let first = "";
    world.around = (member, _path, answer) => {
      if (first !== "" && first !== member) return answer;
      first = member;
      if (how === "cut") return cutAfter(answer, 700_001);
      if (how === "refused") return { ...answer, status: 404 };
      const hold = holdAfter(answer, 700_001);
      void hold.reached.then(() => {
        const gone = member === "Ana" ? ana : bob;
        gone.present = false;
        taker.transfers.membersChanged();
      });
      return hold.answer;
    };
    const file = await taker.transfers.open(ana.ref("film.mkv"));
    assert.deepEqual(await collect(await file.stream({ start: 5, end: 1_400_000 })), bytes.subarray(5, 1_400_001), how);
    assert.equal(new Set(world.requests.map(({ member }) => member)).size, 2, how);
  }
});

test("what nobody can give is an error before the first byte, and a broken stream after it", async () => {
  const { world, ana, bob, taker } = await two(noise(300_000, 3));
  const file = await taker.transfers.open(ana.ref("film.mkv"));
  ana.present = false;
  bob.present = false;
  await assert.rejects(file.stream(null), { code: "unreachable" });
  await assert.rejects(taker.transfers.open(ana.ref("film.mkv")), { code: "not-found" });
  ana.present = true;
  await assert.rejects(taker.transfers.open(ana.ref("")), { code: "invalid" });
  world.around = (_member, _path, answer) => {
    ana.present = false;
    return cutAfter(answer, 1_000);
  };
  await assert.rejects(collect(await file.stream(null)));
});

test("a reader that stops reading stops the fetching", async () => {
  const { world, ana, bob, taker } = await two(noise(300_000, 4));
  bob.present = false;
  const cancelled = Promise.withResolvers<void>();
  world.around = (_member, _path, answer) => {
    const { answer: held } = holdAfter(answer, 1_000);
    const reader = held.body.getReader();
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        cancelled.resolve();
        await reader.cancel();
      },
    });
    return { ...answer, body };
  };
  const stream = await (await taker.transfers.open(ana.ref("film.mkv"))).stream(null);
  const reader = stream.getReader();
  await reader.read();
  await reader.cancel();
  await cancelled.promise;
});

test("an own file is read from this disk; one that changed since it was opened is refused", async () => {
  const bytes = noise(200_000, 5);
  const { world, ana } = await two(bytes);
  const transfers = ana.transfers;
  assert.ok(transfers !== null);
  const file = await transfers.open(ana.ref("film.mkv"));
  assert.deepEqual(await collect(await file.stream({ start: 1, end: 100_000 })), bytes.subarray(1, 100_001));
  assert.equal(file.etag, `${ana.entries.get("film.mkv")?.root}-200000`);
  assert.equal(world.requests.length, 0);
  await writeFile(join(ana.dir, "film.mkv"), "shorter");
  await assert.rejects(file.stream(null), { code: "changed" });
  const newer = await transfers.open(ana.ref("film.mkv"));
  assert.match(newer.etag, /^7-\d+$/);
  assert.equal((await collect(await newer.stream(null))).toString(), "shorter");
});

test("a reader and a download of what is in a share that is not there hear that, by its own member and by others", async () => {
  const { ana, bob, taker } = await two(noise(1_000, 4));
  await bob.offline(true);
  await ana.offline(true);
  const why = /(Ana|Bob): its shared folder is not there just now: a drive that is off\?$/;
  const file = await taker.transfers.open(ana.ref("film.mkv"));
  await assert.rejects(file.stream(null), { code: "unreachable", message: why, hint: "try again when it is back" });
  const { id } = await taker.get(ana.ref("film.mkv"));
  const { error } = await taker.until(id, ({ state }) => state === "waiting", "waiting");
  assert.match(error ?? "", why);
  assert.ok(ana.transfers);
  await assert.rejects(ana.transfers.open(ana.ref("film.mkv")), {
    code: "unreachable",
    message: /^Cannot open "Ana\/share\/film.mkv": its shared folder is not there just now/,
  });
  await ana.offline(false);
  await taker.transfers.resume(id);
  await taker.until(id, ({ state }) => state === "done", "done");
});
