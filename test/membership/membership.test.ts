import assert from "node:assert/strict";
import { test } from "node:test";
import { GroupShareError } from "../../src/shared/errors.ts";
import { idOf, Members, seedOf, seen, until } from "./member.ts";

const key = new Uint8Array(32).fill(7);
const limit = { timeout: 20_000 };

test("three members that joined in a chain all list all three, with their meta", limit, async (t) => {
  const members = await Members.of(t);
  const ana = await members.open("Ana", { gossipKeys: [key] });
  const ben = await members.open("Ben", { gossipKeys: [key] });
  const eve = await members.open("Eve", { gossipKeys: [key] });
  assert.deepEqual(await ben.join([seedOf(ana)]), { joined: [seedOf(ana)], failed: [] });
  assert.deepEqual((await eve.join([seedOf(ben)])).failed, []);
  await Promise.all([ana, ben, eve].map((member) => until(member, () => member.members().length === 3)));
  const record = seen(ana, "Eve");
  assert.equal(record?.id, idOf("Eve"));
  assert.equal(record?.state, "alive");
  assert.equal(record?.self, false);
  assert.equal(record?.peerPort, 7_948);
  assert.deepEqual(record?.exchange, [1, 1]);
  assert.equal(`${record?.host}:${record?.port}`, seedOf(eve));
  assert.ok(Math.abs((record?.since ?? 0) - Date.now()) < 10_000);
  assert.equal(seen(eve, "Eve")?.self, true);
});

test("a leaving member is left, not dead, on every list in under a second", limit, async (t) => {
  const members = await Members.of(t);
  const ana = await members.open("Ana");
  const others = await Promise.all(["Ben", "Eve", "Ida"].map((name) => members.open(name)));
  for (const other of others) await other.join([seedOf(ana)]);
  await Promise.all(others.map((other) => until(other, () => other.members().length === 4)));
  const start = performance.now();
  const gone = others.map((other) => until(other, () => seen(other, "Ana")?.state === "left"));
  const leaving = ana.leave();
  await Promise.all(gone);
  assert.ok(performance.now() - start < 1_000, `took ${performance.now() - start} ms`);
  await leaving;
  assert.equal(seen(ana, "Ana")?.state, "left");
});

test("what a member announces is known to the others within a second, however often it changes", limit, async (t) => {
  const members = await Members.of(t);
  const ana = await members.open("Ana");
  const ben = await members.open("Ben");
  const eve = await members.open("Eve");
  await ben.join([seedOf(ana)]);
  await eve.join([seedOf(ana)]);
  await until(eve, () => eve.members().length === 3);
  const before = seen(eve, "Ana")?.incarnation ?? 0;
  const start = performance.now();
  for (let sequence = 1; sequence <= 100; sequence++) ana.announce({ sequence, entries: sequence * 2 });
  await Promise.all([ben, eve].map((other) => until(other, () => seen(other, "Ana")?.sequence === 100)));
  assert.ok(performance.now() - start < 1_000, `took ${performance.now() - start} ms`);
  assert.equal(seen(eve, "Ana")?.entries, 200);
  assert.equal((seen(eve, "Ana")?.incarnation ?? 0) - before, 2, "the first change at once, the others together");
});

test("a member that stops without a word is suspect, then dead, in under five seconds", limit, async (t) => {
  const members = await Members.of(t);
  const ana = await members.open("Ana");
  const ben = await members.open("Ben");
  const eve = await members.open("Eve");
  await ben.join([seedOf(ana)]);
  await eve.join([seedOf(ana)]);
  await until(eve, () => eve.members().length === 3);
  const states: string[] = [];
  ana.on("changed", (member) => {
    if (member.name === "Ben") states.push(member.state);
  });
  const start = performance.now();
  await ben.stop();
  await Promise.all([ana, eve].map((other) => until(other, () => seen(other, "Ben")?.state === "dead")));
  assert.ok(performance.now() - start < 5_000, `took ${performance.now() - start} ms`);
  assert.deepEqual(states, ["suspect", "dead"]);
  assert.equal(seen(ana, "Eve")?.state, "alive");
  assert.notEqual(seen(ana, "Eve")?.rttMs, null);
});

test("members of another group are refused at both ends, and told so", limit, async (t) => {
  const members = await Members.of(t);
  const ana = await members.open("Ana");
  const other = await members.open("Other");
  const foreign = await Members.of(t);
  const { meta } = await import("./member.ts").then(({ optionsOf }) => optionsOf("Eve", "127.0.0.9", ""));
  const eve = await foreign.open("Eve", { meta: { ...meta, groupId: "f".repeat(32) } });
  await other.join([seedOf(ana)]);
  for (const [from, to] of [
    [eve, ana],
    [ana, eve],
  ] as const) {
    const { joined, failed } = await from.join([seedOf(to)]);
    assert.deepEqual(joined, []);
    assert.match(failed[0]?.why ?? "", /another group/);
  }
  assert.equal(ana.members().length, 2);
  assert.equal(eve.members().length, 1);
});

test("another key and an address where nobody is are refused in words", limit, async (t) => {
  const members = await Members.of(t);
  const ana = await members.open("Ana", { gossipKeys: [key] });
  const eve = await members.open("Eve", { gossipKeys: [new Uint8Array(32).fill(8)] });
  const { failed } = await eve.join([seedOf(ana), "127.0.0.200:9", "not an address", seedOf(eve)]);
  const why = new Map(failed.map((failure) => [failure.seed, failure.why]));
  assert.equal(why.get(seedOf(ana)), "it hung up");
  assert.equal(why.get("127.0.0.200:9"), "nobody listens there");
  assert.match(why.get("not an address") ?? "", /no address/);
  assert.equal(why.get(seedOf(eve)), "it is this member itself");
  assert.equal(ana.members().length, 1);
});

test("a port in use is named", limit, async (t) => {
  const members = await Members.of(t);
  const ana = await members.open("Ana");
  await assert.rejects(members.open("Ben", { bind: ana.address }), (thrown) => {
    assert.ok(thrown instanceof GroupShareError);
    assert.equal(thrown.code, "in-use");
    assert.ok(thrown.message.includes(seedOf(ana)));
    return true;
  });
});

test("a restarted member comes back at another port, above every incarnation it used", limit, async (t) => {
  const members = await Members.of(t);
  const ana = await members.open("Ana");
  const ben = await members.open("Ben");
  await ben.join([seedOf(ana)]);
  const before = seen(ana, "Ben");
  await ben.leave();
  await ben.stop();
  const again = await members.open("Ben");
  assert.notEqual(seedOf(again), seedOf(ben));
  await again.join([seedOf(ana)]);
  const after = seen(ana, "Ben");
  assert.equal(after?.state, "alive");
  assert.equal(`${after?.host}:${after?.port}`, seedOf(again));
  assert.ok((after?.incarnation ?? 0) >= (before?.incarnation ?? 0) + 1_000);
});

test("bound to every address, a real one is advertised", limit, async (t) => {
  const members = await Members.of(t);
  const ana = await members.open("Ana", { bind: { host: "0.0.0.0", port: 0 } });
  const ben = await members.open("Ben", { bind: { host: "0.0.0.0", port: 0 } });
  assert.notEqual(ana.address.host, "0.0.0.0");
  assert.deepEqual((await ben.join([seedOf(ana)])).failed, []);
  await until(ana, () => seen(ana, "Ben")?.state === "alive");
  assert.equal(seen(ana, "Ben")?.host, ben.address.host);
  const named = await members.open("Eve", { advertise: { host: "192.0.2.77", port: 1_234 } });
  assert.deepEqual(named.address, { host: "192.0.2.77", port: 1_234 });
});
