import assert from "node:assert/strict";
import { test } from "node:test";
import { KeyTurn, progressOf } from "../../src/app/rotation/keys.ts";
import { Keyring } from "../../src/membership/keyring.ts";
import { type Group, gossipKey, newGroup, newSecret, secretHash } from "../../src/trust/mod.ts";

/** The group with a next secret; its former ones open still where `keeps`. */
function next(group: Group, keeps: boolean): Group {
  const { secret, generation } = group;
  const before = { secret, generation, hash: secretHash(secret), until: 1e15 };
  return { ...group, secret: newSecret(), generation: generation + 1, former: keeps ? [before] : [] };
}

function world() {
  const group = newGroup("G");
  const time = { now: 0 };
  const keyring = new Keyring([gossipKey(group)]);
  return { group, time, keyring, turn: new KeyTurn(keyring, () => time.now) };
}

const nobody = { allHave: false, allSend: false };
const have = { allHave: true, allSend: false };
const send = { allHave: true, allSend: true };

test("a new secret only opens what comes until all have it, and those before go once all send with it", () => {
  const { group, keyring, turn } = world();
  const removal = next(group, false);
  turn.begin(removal);
  assert.deepEqual(keyring.list(), [gossipKey(group), gossipKey(removal)]);
  assert.ok(!turn.look(removal, nobody) && !turn.sending);
  assert.ok(turn.look(removal, have) && turn.sending);
  assert.deepEqual(keyring.list(), [gossipKey(removal), gossipKey(group)]);
  assert.ok(turn.look(removal, send));
  assert.deepEqual(keyring.list(), [gossipKey(removal)]);
  assert.equal(turn.due, null);
});

test("a plain rotation leaves the key before to open what comes, until its day is over", () => {
  const { group, keyring, turn } = world();
  const rotated = next(group, true);
  turn.begin(rotated);
  turn.look(rotated, send);
  assert.deepEqual(keyring.list(), [gossipKey(rotated), gossipKey(group)]);
  turn.expire(rotated.former);
  assert.deepEqual(keyring.list(), [gossipKey(rotated)]);
});

test("who does not confirm is waited for a minute and no longer", () => {
  const { group, time, keyring, turn } = world();
  const removal = next(group, false);
  turn.begin(removal);
  time.now = 59_999;
  assert.ok(!turn.look(removal, nobody));
  assert.equal(turn.due, 1);
  time.now = 60_000;
  assert.ok(turn.look(removal, nobody));
  assert.deepEqual(keyring.list(), [gossipKey(removal)]);
});

test("a rotation on the heels of a removal does not bring back the key that the removed one has", () => {
  const { group, keyring, turn } = world();
  const removal = next(group, false);
  const rotated = next(removal, true);
  turn.begin(removal);
  turn.begin(rotated);
  turn.look(rotated, send);
  assert.deepEqual(keyring.list(), [gossipKey(rotated), gossipKey(removal)]);
});

test("keys added by hand are for one generation, and never keep a new secret out", () => {
  const { group, keyring, turn } = world();
  for (let at = 1; at < 16; at++) keyring.add(new Uint8Array(32).fill(at));
  const rotated = next(group, true);
  turn.begin(rotated);
  assert.equal(keyring.list().length, 16);
  turn.look(rotated, send);
  assert.deepEqual(keyring.list(), [gossipKey(rotated), gossipKey(group)]);
});

test("those with a newer secret hold up nobody, and those who say nothing do", () => {
  const mark = (generation: number, sending: boolean) => ({ generation, proof: "00".repeat(8), sending });
  assert.deepEqual(progressOf([], 2), send);
  assert.deepEqual(
    progressOf(
      [
        { mark: mark(3, false), has: false },
        { mark: mark(2, true), has: true },
      ],
      2,
    ),
    send,
  );
  assert.deepEqual(progressOf([{ mark: mark(2, false), has: true }], 2), have);
  assert.deepEqual(progressOf([{ mark: mark(2, true), has: false }], 2), nobody);
  assert.deepEqual(progressOf([{ mark: null, has: false }], 2), nobody);
});
