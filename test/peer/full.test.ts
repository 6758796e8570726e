import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../support/until.ts";
import { type Attempt, ask, attempt, clientOf, serve, somebody } from "./world.ts";

const CEILINGS = { unproven: 8, proven: 4, perHost: 8, patienceMs: 10_000 };

test("a member that comes when there are too many is hung up on, and the others stay", async (t) => {
  const members = [await somebody(), await somebody()];
  const served = await serve(t, members, undefined, { ceilings: CEILINGS });
  const kept: Attempt[] = [];
  const open = async (): Promise<Attempt> => {
    const made = attempt(t, served.port, members[kept.length % 2]?.certificate ?? {});
    await made.secure.catch(() => undefined);
    return made;
  };
  while (kept.length < CEILINGS.proven) {
    kept.push(await open());
    await until("it is counted", () => served.server.guard.size.proven === kept.length);
  }
  // One after another and all at once: a server that ends them at the wrong moment is gone as a process.
  await (await open()).ended;
  const more = await Promise.all(Array.from({ length: 6 }, open));
  for (const { ended } of more) assert.equal(await ended, "");
  assert.equal(kept.filter(({ socket }) => !socket.destroyed).length, CEILINGS.proven);
  for (const { socket } of kept) socket.destroy();
  await until("they are gone", () => served.server.guard.size.proven === 0);
  const [bob] = members;
  assert.ok(bob);
  assert.equal((await ask(clientOf(t, bob), served.address)).text, bob.id);
});

test("those who are only known, or were removed, keep no place from a member, however many they are", async (t) => {
  const bob = await somebody();
  const served = await serve(t, [bob], undefined, { ceilings: CEILINGS });
  const known = await Promise.all(Array.from({ length: 12 }, somebody));
  for (const { id } of known) served.standings.set(id, "known");
  for (const { certificate } of known) {
    for (let count = 0; count < 3; count++) await attempt(t, served.port, certificate).secure.catch(() => undefined);
  }
  assert.equal(served.server.guard.size.proven, 0);
  assert.ok(served.server.guard.size.unproven <= CEILINGS.unproven);
  assert.equal((await ask(clientOf(t, bob), served.address)).text, bob.id);
  // And one of them that is honest still learns what became of the group.
  const [last] = known;
  assert.ok(last);
  assert.equal((await ask(clientOf(t, last), served.address, "/v1/group")).text, "the new secret");
});
