import assert from "node:assert/strict";
import { test } from "node:test";
import type { Membership } from "../../src/membership/mod.ts";
import { Members, seedOf, seen, until } from "./member.ts";

const limit = { timeout: 30_000 };

function portOf(member: Membership): { host: string; port: number } {
  const { host, port } = member.address;
  return { host, port };
}

test("a restarted member finds its group again by whom it was with, also at another address", limit, async (t) => {
  const members = await Members.of(t);
  const ana = await members.open("Ana");
  const ben = await members.open("Ben");
  await ben.join([seedOf(ana)]);
  await until(ana, () => seen(ana, "Ben")?.state === "alive");
  await ben.leave();
  await ben.stop();
  const again = await members.open("Ben");
  const { joined } = await again.rejoin();
  assert.deepEqual(joined, [seedOf(ana)]);
  await until(ana, () => seen(ana, "Ben")?.state === "alive" && seen(ana, "Ben")?.port === again.address.port);
});

test("whom a member met in another group it does not look for", limit, async (t) => {
  const members = await Members.of(t);
  const ana = await members.open("Ana");
  const ben = await members.open("Ben");
  await ben.join([seedOf(ana)]);
  await until(ben, () => seen(ben, "Ana")?.state === "alive");
  await ben.stop();
  const other = await members.openInGroup("Ben", "f".repeat(32));
  assert.deepEqual(await other.rejoin(), { joined: [], failed: [] });
});

test("a member that died is looked for until it is back, though it does not look itself", limit, async (t) => {
  const members = await Members.of(t);
  const ana = await members.open("Ana");
  const ben = await members.open("Ben");
  await ben.join([seedOf(ana)]);
  await until(ana, () => seen(ana, "Ben")?.state === "alive");
  const bind = portOf(ben);
  await ben.stop();
  await until(ana, () => seen(ana, "Ben")?.state === "dead");
  const again = await members.openAnew("Ben", { bind });
  await until(again, () => seen(again, "Ana")?.state === "alive");
  await until(ana, () => seen(ana, "Ben")?.state === "alive");
});

test("two that never met find each other by what they announce, without being asked to", limit, async (t) => {
  const members = await Members.of(t);
  const ana = await members.open("Ana");
  const ben = await members.open("Ben", {
    announced: () => [{ wireName: "ana", addresses: ["192.0.2.1:7946", seedOf(ana)] }],
  });
  ben.seek();
  await until(ana, () => seen(ana, "Ben")?.state === "alive");
});

test("a seed that nobody answers at is asked again until somebody does", limit, async (t) => {
  const members = await Members.of(t);
  const ana = await members.open("Ana");
  const bind = portOf(ana);
  await ana.stop();
  const ben = await members.open("Ben");
  const { failed } = await ben.join([`${bind.host}:${bind.port}`]);
  assert.equal(failed.length, 1);
  ben.seek([`${bind.host}:${bind.port}`]);
  const late = await members.openAnew("Ana", { bind });
  await until(late, () => seen(late, "Ben")?.state === "alive");
});
