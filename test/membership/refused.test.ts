import assert from "node:assert/strict";
import { test } from "node:test";
import { Herald } from "../../src/membership/herald.ts";
import { KnownIds } from "../../src/membership/ids.ts";
import type { Membership, Refusal } from "../../src/membership/mod.ts";
import { Records } from "../../src/membership/records.ts";
import { silentLog } from "../../src/shared/log.ts";
import { toWireName } from "../../src/shared/names.ts";
import { idOf, Members, optionsOf, seedOf, seen, until } from "./member.ts";

const limit = { timeout: 30_000 };

/** The first refusal that a member tells. */
function refusalBy(member: Membership): Promise<Refusal> {
  return new Promise((resolve) => member.on("refused", resolve));
}

/** Another id under Ben's wire name: the name carries its first half only. */
const FORGED = `${idOf("Ben").slice(0, 16)}${"0".repeat(48)}`;

test(
  "a wire name that is forgotten by the gossip is still not taken by another id, and who tries is told of",
  limit,
  async (t) => {
    const members = await Members.of(t);
    const first = await members.open("Ana");
    const ben = await members.open("Ben");
    await ben.join([seedOf(first)]);
    await until(first, () => seen(first, "Ben")?.state === "alive");
    await ben.leave();
    await ben.stop();
    await first.stop();

    const warned: unknown[] = [];
    const log = { debug() {}, info() {}, warn: (...words: unknown[]) => void warned.push(words), error() {} };
    const ana = await members.open("Ana", { log });
    const refused = refusalBy(ana);
    const forger = await members.openAnew("Ben", { meta: { ...optionsOf("Ben", "", "").meta, id: FORGED } });
    assert.equal(forger.members()[0]?.wireName, toWireName("Ben", idOf("Ben")));
    await forger.join([seedOf(ana)]);
    assert.deepEqual(await refused, {
      wireName: toWireName("Ben", idOf("Ben")),
      address: seedOf(forger),
      why: "this name belongs to another member",
    });
    assert.match(JSON.stringify(warned), /a member is refused.*belongs to another/);
    assert.equal(ana.members().length, 1);
    await forger.stop();

    const back = await members.open("Ben");
    await back.join([seedOf(ana)]);
    await until(ana, () => seen(ana, "Ben")?.id === idOf("Ben"));
  },
);

test(
  "of two of another program under one name, the second is refused, and it is told where the first one is",
  limit,
  async (t) => {
    const members = await Members.of(t);
    const ana = await members.open("Ana");
    const refused = refusalBy(ana);
    const first = await members.openAnew("Serf", { wireName: "oracle" });
    await first.join([seedOf(ana)]);
    await until(ana, () => seen(ana, "oracle")?.state === "alive");
    const second = await members.openAnew("Serf", { wireName: "oracle" });
    await second.join([seedOf(ana)]);
    const why = `this name is taken, at ${seedOf(first)}`;
    assert.deepEqual(await refused, { wireName: "oracle", address: seedOf(second), why });
  },
);

test("refusals are told at most twenty times in a minute, however many names are claimed", async () => {
  const clock = { now: 0 };
  const records = new Records("ana", { now: () => clock.now, wall: () => clock.now });
  const herald = new Herald(records, silentLog, () => clock.now);
  let told = 0;
  herald.onRefused(() => {
    told += 1;
  });
  const claim = (): void => {
    for (let i = 0; i < 500; i++) herald.refused(`m${i}`, { host: new Uint8Array(4), port: i }, "no");
  };
  claim();
  clock.now = 59_000;
  claim();
  await Promise.resolve();
  assert.equal(told, 20);
  clock.now = 60_000;
  claim();
  await Promise.resolve();
  assert.equal(told, 40);
});

test("at most 1 024 ids are remembered, those seen longest ago go first, and the first id of a name stays", () => {
  const ids = new KnownIds({ old: "a", kept: "b" }, () => undefined);
  for (let i = 0; i < 1_023; i++) {
    ids.see(`m${i}`, String(i));
    ids.see("kept", "another");
  }
  assert.equal(ids.of("kept"), "b");
  assert.equal(ids.of("old"), null);
  assert.equal(ids.of("m0"), "0");
  assert.equal(Object.keys(ids.list()).length, 1_024);
  ids.stop();
});
