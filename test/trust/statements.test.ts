import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import {
  isSoundRemoval,
  isSoundSecret,
  loadIdentity,
  newSecret,
  secretHash,
  signRemoval,
  signSecret,
} from "../../src/trust/mod.ts";
import { temporaryFolder } from "../support/folders.ts";

const GROUP = "0a".repeat(16);
const OTHER = "0b".repeat(16);
const ENDS = [{ hash: "56".repeat(32), at: 5 }];
const [one, two] = ["12".repeat(32), "34".repeat(32)];

test("a secret and a removal are sound as they were signed, and not with anything about them changed", async () => {
  const folder = await temporaryFolder();
  const [ann, mal] = await Promise.all(["ann", "mal"].map((name) => loadIdentity(join(folder.path, name))));
  assert.ok(ann !== undefined && mal !== undefined);
  const bytes = newSecret();
  const secret = await signSecret(
    ann,
    GROUP,
    { generation: 2, secret: bytes, hash: secretHash(bytes) },
    [two, one],
    ENDS,
  );
  const { made } = secret;
  assert.ok(made !== null);
  assert.deepEqual([made.by, made.without], [ann.memberId, [one, two]]);
  assert.ok(await isSoundSecret(GROUP, secret));
  const others = await signSecret(mal, GROUP, secret, [two, one], ENDS);
  for (const [group, changed] of [
    [OTHER, secret],
    [GROUP, { ...secret, generation: 3 }],
    [GROUP, { ...secret, generation: 1 }],
    [GROUP, { ...secret, hash: secretHash(newSecret()) }],
    [GROUP, { ...secret, made: null }],
    [GROUP, { ...secret, made: { ...made, without: [one] } }],
    [GROUP, { ...secret, made: { ...made, without: [two, one] } }],
    [GROUP, { ...secret, made: { ...made, ends: [] } }],
    [GROUP, { ...secret, made: { ...made, ends: [{ hash: "56".repeat(32), at: 6 }] } }],
    [GROUP, { ...secret, made: { ...made, by: mal.memberId } }],
    [GROUP, { ...secret, made: { ...made, sig: others.made?.sig ?? "" } }],
    [GROUP, { ...secret, made: { ...made, key: others.made?.key ?? "" } }],
    [GROUP, { ...secret, made: { ...made, key: "00".repeat(91) } }],
  ] as const) {
    assert.ok(!(await isSoundSecret(group, changed)));
  }
  assert.ok(await isSoundSecret(GROUP, { ...secret, generation: 1, made: null }), "the first is the group's own");

  const removal = { id: one, ...(await signRemoval(ann, GROUP, one)) };
  assert.ok(await isSoundRemoval(GROUP, removal));
  assert.ok(!(await isSoundRemoval(OTHER, removal)));
  assert.ok(!(await isSoundRemoval(GROUP, { ...removal, id: two })));
  assert.ok(!(await isSoundRemoval(GROUP, { ...removal, sig: made.sig })));
  await folder.remove();
});
