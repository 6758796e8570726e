import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { GroupFile, gossipKey, loadIdentity, memberIdOf, newGroup } from "../../src/trust/mod.ts";
import { temporaryFolder } from "../support/folders.ts";

test("an identity is made once, kept for its user alone, and signs what its public key verifies", async () => {
  const folder = await temporaryFolder();
  const path = join(folder.path, "identity.pem");
  const made = await loadIdentity(path);
  const again = await loadIdentity(path);
  assert.equal(again.memberId, made.memberId);
  assert.equal(memberIdOf(made.publicKey), made.memberId);
  if (process.platform !== "win32") assert.equal((await stat(path)).mode & 0o777, 0o600);
  const key = createPublicKey({ key: Buffer.from(made.publicKey), format: "der", type: "spki" });
  const signature = await again.sign(Buffer.from("words"));
  assert.equal(signature.length, 64);
  assert.ok(verify("sha256", Buffer.from("words"), { key, dsaEncoding: "ieee-p1363" }, signature));
  assert.ok(!verify("sha256", Buffer.from("other"), { key, dsaEncoding: "ieee-p1363" }, signature));
  await folder.remove();
});

test("a damaged identity is refused and never replaced", async () => {
  const folder = await temporaryFolder();
  const path = join(folder.path, "identity.pem");
  await writeFile(path, "not a key");
  await assert.rejects(loadIdentity(path), { code: "corrupt", message: /Cannot read the identity/ });
  assert.equal(await readFile(path, "utf8"), "not a key");
  await folder.remove();
});

test("a group is kept with its secret, for its user alone, and forgotten when removed", async () => {
  const folder = await temporaryFolder();
  const path = join(folder.path, "group.json");
  const file = new GroupFile(path);
  const group = newGroup("Friends");
  assert.equal(await file.read(), null);
  await file.write(group);
  const read = await new GroupFile(path).read();
  assert.deepEqual([read?.id, read?.name, read?.generation], [group.id, "Friends", 1]);
  assert.deepEqual(Buffer.from(read?.secret ?? []), Buffer.from(group.secret));
  if (process.platform !== "win32") assert.equal((await stat(path)).mode & 0o777, 0o600);
  await file.remove();
  assert.equal(await file.read(), null);
  await folder.remove();
});

test("the gossip key is HKDF-SHA256 of the group secret (RFC 5869)", () => {
  const group = { ...newGroup("G"), secret: new Uint8Array(32).fill(7) };
  assert.equal(gossipKey(group).length, 32);
  assert.deepEqual(gossipKey(group), gossipKey({ ...newGroup("H"), secret: group.secret }));
  assert.notDeepEqual(gossipKey(group), gossipKey({ ...group, secret: new Uint8Array(32).fill(8) }));
});

test("a damaged group is refused and kept, not replaced by another", async () => {
  const folder = await temporaryFolder();
  const path = join(folder.path, "group.json");
  for (const damaged of ["", "{bad", '{"format":1,"name":"x"}']) {
    await writeFile(path, damaged);
    await assert.rejects(new GroupFile(path).read(), { code: "corrupt", message: /group\.json/ });
    assert.equal(await readFile(path, "utf8"), damaged);
  }
  await folder.remove();
});

test("a group is not started under what cannot be its name", () => {
  for (const name of ["", "x/y", "@all", ".x", "x".repeat(65), "a\u0007"]) {
    assert.throws(() => newGroup(name), { code: "usage", message: /Cannot start the group/ });
  }
  assert.equal(newGroup("e\u0301lan").name, "\u00e9lan");
});
