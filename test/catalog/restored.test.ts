import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { test } from "node:test";
import { atEnd, everything, file, gone, Member, members, share, tempDir, until } from "./support.ts";

/** Everybody knows everybody and where they stand, until all lists of `origin` are its own. */
async function allFollow(origin: Member, others: readonly Member[]): Promise<void> {
  await until("all stand where the origin does", () => {
    origin.meet(...others);
    for (const other of others) other.meet(origin);
    const { epoch, sequence } = origin.catalog.own;
    return others.every(({ catalog }) => {
      const standing = catalog.standing(origin.id);
      return standing?.epoch === epoch && standing.sequence === sequence;
    });
  });
}

for (const since of ["less", "more"] as const) {
  test(`a member restored from an older copy, with ${since} changes since than were lost, takes a new epoch when it meets others`, async (t) => {
    const [a, b, c] = await members(t, 3);
    assert.ok(a && b && c);
    await a.catalog.commit([share(), ...Array.from({ length: 50 }, (_, i) => file(`old ${i}`, 1 + i))]);
    const copy = await tempDir(t);
    await a.stop();
    await cp(a.dir, copy, { recursive: true });
    await a.start();
    await a.listen();
    for (let i = 0; i < 5; i++) await a.catalog.commit([file(`lost ${i}`, 7), gone(`old ${i}`)]);
    await allFollow(a, [b, c]);
    const lost = a.catalog.own;
    await a.stop();

    const again = new Member(copy, b.roads, a.identity);
    atEnd(t, () => again.stop());
    await again.start();
    assert.equal(again.catalog.own.epoch, lost.epoch, "the copy tells nothing by itself");
    await again.catalog.commit([file("new", 9), gone("old 30")]);
    // What is changed before anybody is met may go beyond the numbers that the others have.
    for (let i = 0; since === "more" && i < 12; i++) await again.catalog.commit([file(`new ${i}`, 3)]);
    await again.listen();
    await until("the others' later history is heard of", () => {
      again.meet(b, c);
      return again.catalog.own.epoch !== lost.epoch;
    });
    await allFollow(again, [b, c]);
    const own = await everything(again.catalog, again.id);
    assert.ok(own.some(({ path }) => path === "new") && !own.some(({ path }) => path.startsWith("lost")));
    for (const { catalog } of [b, c]) assert.deepEqual(await everything(catalog, again.id), own);
    assert.equal(again.catalog.counters().epochs, 1);
  });
}

test("a restart that lost nothing keeps its epoch, whoever it meets and however much it changes meanwhile", async (t) => {
  const [a, b, c] = await members(t, 3);
  assert.ok(a && b && c);
  await a.catalog.commit([share(), file("x")]);
  await allFollow(a, [b]);
  await a.stop();
  await a.start();
  await a.listen();
  const { epoch } = a.catalog.own;
  for (let i = 0; i < 5; i++) await a.catalog.commit([file(`later ${i}`)]);
  await allFollow(a, [b]);
  // What b has now goes beyond where this run began: the same history, grown.
  a.meet(c);
  await allFollow(a, [b, c]);
  await until("both were asked", () => b.catalog.counters().answers !== 0);
  assert.equal(a.catalog.own.epoch, epoch);
  assert.equal(a.catalog.counters().epochs, 0);
});
