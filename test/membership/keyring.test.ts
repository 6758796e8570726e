import assert from "node:assert/strict";
import { test } from "node:test";
import { Keyring } from "../../src/membership/keyring.ts";
import { Members, seedOf, seen, until } from "./member.ts";

const key = (value: number, length = 32): Uint8Array => new Uint8Array(length).fill(value);
const limit = { timeout: 20_000 };

test("keys are added behind the primary, once, and told after each change", () => {
  const told: number[][] = [];
  const keyring = new Keyring([key(1), key(1)], (keys) => told.push(keys.map(([first]) => first ?? 0)));
  keyring.add(key(2, 16));
  keyring.add(key(3, 24));
  keyring.add(key(2, 16));
  keyring.use(key(3, 24));
  keyring.remove(key(1));
  assert.deepEqual(told, [
    [1, 2],
    [1, 2, 3],
    [3, 1, 2],
    [3, 2],
  ]);
});

test("the primary is not removed, an unknown key neither used nor removed, and what is no key not taken", () => {
  const keyring = new Keyring([key(1), key(2)]);
  assert.throws(() => keyring.remove(key(1)), { code: "conflict", message: /the one that seals/ });
  assert.throws(() => keyring.use(key(9)), { code: "not-found" });
  assert.throws(() => keyring.remove(key(9)), { code: "not-found" });
  assert.throws(() => keyring.add(key(9, 31)), { code: "invalid", message: /31 bytes/ });
  assert.throws(() => new Keyring([key(1, 0)]), { code: "invalid" });
  assert.deepEqual(keyring.list(), [key(1), key(2)]);
});

test("who gossips in clear cannot begin to encrypt while running", () => {
  assert.throws(() => new Keyring([]).add(key(1)), { code: "conflict", message: /in clear/ });
});

test("three members go over to another key while running, and nobody is suspect", limit, async (t) => {
  const members = await Members.of(t);
  const names = ["Ana", "Ben", "Eve"];
  const [ana, ...others] = await Promise.all(names.map((name) => members.open(name, { gossipKeys: [key(1)] })));
  assert.ok(ana);
  for (const other of others) await other.join([seedOf(ana)]);
  const all = [ana, ...others];
  await Promise.all(all.map((member) => until(member, () => member.members().length === 3)));
  const trouble: string[] = [];
  for (const member of all) {
    member.on("changed", ({ name }, _before, event) => {
      if (event === "suspected" || event === "died") trouble.push(`${name} ${event}`);
    });
  }
  for (const { keyring } of all) keyring.add(key(2));
  for (const { keyring } of all) {
    keyring.use(key(2));
    // Longer than a round of probes with half of them sending with the one key and half with the other.
    await new Promise((resolve) => setTimeout(resolve, 900));
  }
  for (const { keyring } of all) keyring.remove(key(1));
  ana.announce({ sequence: 12 });
  await Promise.all(others.map((other) => until(other, () => seen(other, "Ana")?.sequence === 12)));
  assert.deepEqual(trouble, []);
  const late = await members.open("Ida", { gossipKeys: [key(1)] });
  assert.deepEqual((await late.join([seedOf(ana)])).joined, [], "the old key opens nothing any more");
});

test("who speaks with a key that is not here is told by its host, by datagram and by stream", limit, async (t) => {
  const members = await Members.of(t);
  const unread: string[] = [];
  const ana = await members.open("Ana", { gossipKeys: [key(1)], unread: (host) => unread.push(host) });
  const ben = await members.open("Ben", { gossipKeys: [key(2)] });
  assert.deepEqual((await ben.join([seedOf(ana)])).joined, []);
  assert.ok(unread.length > 0);
  assert.ok(unread.every((host) => host.startsWith("127.")));
});
