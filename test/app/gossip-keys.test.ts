import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { GossipKeyFile } from "../../src/app/rotation/gossip-keys.ts";
import { silentLog } from "../../src/shared/log.ts";
import { type Group, gossipKey, newGroup, newSecret, secretHash } from "../../src/trust/mod.ts";
import { temporaryFolder } from "../support/folders.ts";
import { until } from "../support/until.ts";

function rotated(group: Group): Group {
  const { secret, generation } = group;
  const before = { secret, generation, hash: secretHash(secret), until: 1e15 };
  return { ...group, secret: newSecret(), generation: generation + 1, former: [before] };
}

test("after a restart the key before still opens, and what was changed by hand holds until the next generation", async () => {
  const folder = await temporaryFolder();
  const open = () => new GossipKeyFile(join(folder.path, "keyring.json"), silentLog);
  const group = rotated(newGroup("G"));
  const [present, before] = [gossipKey(group), gossipKey(group.former[0] ?? group)];
  const added = new Uint8Array(16).fill(7);
  const first = await open().keysOf(() => group, []);
  assert.deepEqual(first.keys, [present, before]);
  first.changed([present, before, added]);
  const again = await until("it is kept", async () => {
    const { keys } = await open().keysOf(() => group, []);
    return keys.length === 3 && keys;
  });
  assert.deepEqual(again, [present, added, before]);
  const dayLater = { ...group, former: [] };
  assert.deepEqual((await open().keysOf(() => dayLater, [])).keys, [present, added], "its day is over");
  const next = rotated(group);
  assert.deepEqual((await open().keysOf(() => next, [])).keys, [gossipKey(next), present]);
  await folder.remove();
});
