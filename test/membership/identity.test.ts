import assert from "node:assert/strict";
import { test } from "node:test";
import type { MembershipOptions } from "../../src/membership/mod.ts";
import { endpointText } from "../../src/shared/endpoint.ts";
import { Members, seedOf, seen, until } from "./member.ts";

const limit = { timeout: 30_000 };
const pending = Symbol("pending");

/** What a promise has come to by now. */
const sofar = <T>(promise: Promise<T>): Promise<T | typeof pending> =>
  Promise.race([promise, new Promise<typeof pending>((resolve) => setTimeout(() => resolve(pending), 50))]);

test("a copy of an identity is told where the other runs, and the other stays on every list", limit, async (t) => {
  const members = await Members.of(t);
  const ana = await members.open("Ana");
  const ben = await members.open("Ben");
  const eve = await members.open("Eve");
  for (const other of [ben, eve]) await other.join([seedOf(ana)]);
  await until(eve, () => eve.members().length === 3);
  const copy = await members.open("Ana");
  await copy.join([seedOf(ben)]);
  assert.equal(endpointText(await copy.elsewhere), seedOf(ana));
  await copy.stop();
  for (const other of [ben, eve]) {
    await until(other, () => {
      const record = seen(other, "Ana");
      return record?.state === "alive" && record.port === ana.address.port && record.host === ana.address.host;
    });
  }
  assert.equal(await sofar(ana.elsewhere), pending);
});

test(
  "who claims an identity without its key stops nobody, is asked for it once, and goes from every list",
  limit,
  async (t) => {
    const members = await Members.of(t);
    const asked: string[] = [];
    const proves: MembershipOptions["proves"] = async (at, { name }) => {
      asked.push(`${name} at ${endpointText(at)}`);
      if (asked.length > 1) throw new Error("asked again");
      return false;
    };
    // The thief's run began first, as far as it says.
    const thief = await members.open("Ana");
    const began = 50;
    await new Promise((resolve) => setTimeout(resolve, began));
    const ana = await members.open("Ana", { proves });
    const ben = await members.open("Ben");
    await ben.join([seedOf(ana)]);
    await thief.join([seedOf(ben)]);
    await until(ana, () => asked.length > 0);
    assert.deepEqual(asked, [`Ana at ${seedOf(thief)}`]);
    for (let sequence = 1; sequence <= 8; sequence++) {
      thief.announce({ sequence });
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    assert.equal(await sofar(ana.elsewhere), pending);
    await thief.stop();
    await until(ben, () => seen(ben, "Ana")?.port === ana.address.port && seen(ben, "Ana")?.host === ana.address.host);
    assert.equal(asked.length, 1);
  },
);

test("a member that crashed and came back at another address takes its own old one for no other", limit, async (t) => {
  const members = await Members.of(t);
  const ana = await members.open("Ana");
  const ben = await members.open("Ben");
  await ben.join([seedOf(ana)]);
  await until(ana, () => seen(ana, "Ben")?.state === "alive");
  await ben.stop();
  const again = await members.open("Ben");
  await again.join([seedOf(ana)]);
  await until(ana, () => seen(ana, "Ben")?.port === again.address.port && seen(ana, "Ben")?.state === "alive");
  // Others still gossip about the old address for a while.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  assert.equal(await sofar(again.elsewhere), pending);
});
