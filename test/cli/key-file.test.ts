import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { toNodeOptions } from "../../src/cli/node-options.ts";
import { temporaryFolder } from "../support/folders.ts";

const text = (length: number, value: number): string => Buffer.alloc(length, value).toString("base64");

test("keys are read one a line, the first one first, past comments and empty lines", async (t) => {
  const folder = await temporaryFolder();
  t.after(() => folder.remove());
  const file = join(folder.path, "keys");
  await writeFile(file, `# ours\r\n${text(32, 1)}\r\n\n  ${text(16, 2).replaceAll("=", "")}\n${text(24, 3)}`);
  const { gossipKeys } = await toNodeOptions({ "gossip-key-file": file, group: "Cluster" });
  assert.deepEqual(
    gossipKeys?.map((key) => [key.length, key[0]]),
    [
      [32, 1],
      [16, 2],
      [24, 3],
    ],
  );
  const clear = await toNodeOptions({ "gossip-key-file": "none", group: "Cluster" });
  assert.deepEqual(clear.gossipKeys, []);
  assert.equal((await toNodeOptions({ group: "Friends" })).gossipKeys, null);
});

for (const [what, content] of [
  ["no key", "# nothing\n"],
  ["a key of another length", text(31, 1)],
  ["no base64", "hello, world, this is no key at all"],
  ["base64 with something after it", `${text(32, 1)} # mine`],
] as const) {
  test(`a key file with ${what} is refused, naming it`, async (t) => {
    const folder = await temporaryFolder();
    t.after(() => folder.remove());
    const file = join(folder.path, "keys");
    await writeFile(file, content);
    const asked = toNodeOptions({ "gossip-key-file": file, group: "Cluster" });
    await assert.rejects(asked, { code: "usage", message: new RegExp(file) });
  });
}

for (const [why, values] of [
  ["without a group's name", {}],
  ["with an invite", { group: "Cluster", invite: "groupshare:x" }],
  ["of a file that is not there", { group: "Cluster" }],
] as const) {
  test(`--gossip-key-file ${why} is refused`, async () => {
    await assert.rejects(toNodeOptions({ "gossip-key-file": "/nowhere/keys", ...values }), { code: "usage" });
  });
}

for (const [flag, value, known] of [
  ["profile", "local", /lan, wan, memberlist/],
  ["delegate", "consul", /serf, none/],
] as const) {
  test(`--${flag} ${value} is refused with what there is`, async () => {
    await assert.rejects(toNodeOptions({ [flag]: value }), (error: Error & { hint: string }) => {
      assert.match(error.hint, known);
      return true;
    });
  });
}
