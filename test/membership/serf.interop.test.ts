import assert from "node:assert/strict";
import { test } from "node:test";
import { lacks } from "../support/need.ts";
import { GROUP, idOf, Members, seen, until } from "./member.ts";
import { SerfAgent } from "./serf-agent.ts";

const skip = lacks("serf");
const key = Uint8Array.from({ length: 32 }, (_, i) => i);

for (const [how, keys, flags] of [
  ["in clear", [], []],
  ["encrypted", [key], [`-encrypt=${Buffer.from(key).toString("base64")}`]],
] as const) {
  test(`a real serf takes us as its own, ${how}`, { skip, timeout: 40_000 }, async (t) => {
    const members = await Members.of(t);
    const serf = await SerfAgent.start("oracle", "127.0.0.101", flags);
    t.after(() => serf.kill());
    const ana = await members.open("Ana", { gossipKeys: keys });
    const name = `ana-${idOf("Ana").slice(0, 16)}`;
    assert.deepEqual(await ana.join([serf.seed]), { joined: [serf.seed], failed: [] });

    await serf.until(async () => (await serf.member(name))?.status === "alive");
    const there = await serf.member(name);
    assert.equal(there?.tags.g, GROUP);
    assert.equal(there?.tags.n, "Ana");
    assert.equal(`${ana.address.host}:${ana.address.port}`, there?.addr, "serf shows host:port");
    const here = seen(ana, "oracle");
    assert.equal(here?.id, null);
    assert.equal(here?.state, "alive");
    assert.equal(here?.peerPort, 0);

    const ben = await members.open("Ben", { gossipKeys: keys });
    await ben.join([serf.seed]);
    await until(ana, () => seen(ana, "Ben")?.state === "alive");
    ana.announce({ sequence: 7 });
    await serf.until(async () => (await serf.member(name))?.tags.s === "7");
    await until(ben, () => seen(ben, "Ana")?.sequence === 7);

    const trouble: string[] = [];
    for (const member of [ana, ben]) {
      member.on("changed", ({ state, wireName }) => {
        if (state === "suspect" || state === "dead") trouble.push(`${wireName} ${state}`);
      });
    }
    // Long enough for serf's own probes of both, at one a second.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    assert.deepEqual(trouble, []);
    assert.doesNotMatch(serf.log, /suspect|Was able to connect|error|conflict|Failed/i);
    assert.notEqual(seen(ana, "oracle")?.rttMs, null);

    await ana.leave();
    await serf.until(async () => (await serf.member(name))?.status === "left");
    await until(ben, () => seen(ben, "Ana")?.state === "left");

    await serf.kill();
    await until(ben, () => seen(ben, "oracle")?.state === "dead");
  });
}

test("a serf with another key is not joined", { skip, timeout: 20_000 }, async (t) => {
  const members = await Members.of(t);
  const serf = await SerfAgent.start("oracle", "127.0.0.102", [`-encrypt=${Buffer.alloc(32, 9).toString("base64")}`]);
  t.after(() => serf.kill());
  const ana = await members.open("Ana", { gossipKeys: [key] });
  const { joined } = await ana.join([serf.seed]);
  assert.deepEqual(joined, []);
  assert.equal(ana.members().length, 1);
});

test("a serf that leaves is left, and one that comes back after is alive", { skip, timeout: 40_000 }, async (t) => {
  const members = await Members.of(t);
  const serf = await SerfAgent.start("oracle", "127.0.0.103");
  t.after(() => serf.kill());
  const ana = await members.open("Ana");
  await ana.join([serf.seed]);
  await serf.kill("SIGINT");
  await until(ana, () => seen(ana, "oracle")?.state === "left");
  const again = await SerfAgent.start("oracle", "127.0.0.103");
  t.after(() => again.kill());
  await ana.join([again.seed]);
  await until(ana, () => seen(ana, "oracle")?.state === "alive");
});
