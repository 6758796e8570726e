import assert from "node:assert/strict";
import { chmod, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { silentLog } from "../../src/shared/log.ts";
import { GroupFile, newGroup, newSecret, RosterFile, secretHash, secretProof } from "../../src/trust/mod.ts";
import { temporaryFolder } from "../support/folders.ts";

const ID = "ab".repeat(32);

test("a group is kept with the secrets it had, and one of the first format is read as what it was", async () => {
  const folder = await temporaryFolder();
  const path = join(folder.path, "group.json");
  const secret = newSecret();
  const former = [{ generation: 1, secret, hash: secretHash(secret), until: 5 }];
  const made = {
    by: ID,
    key: "30".repeat(91),
    sig: "07".repeat(64),
    without: ["cd".repeat(32)],
    ends: [{ hash: ID, at: 7 }],
  };
  const group = {
    ...newGroup("Friends"),
    generation: 2,
    made,
    from: "ef".repeat(32),
    stale: true,
    former,
    ends: made.ends,
  };
  await new GroupFile(path).write(group);
  assert.deepEqual(await new GroupFile(path).read(), { ...group, secret: new Uint8Array(group.secret) });
  if (process.platform !== "win32") assert.equal((await stat(path)).mode & 0o777, 0o600);
  const first = { format: 1, id: "00".repeat(16), name: "Old", secret: "11".repeat(32), generation: 1 };
  await writeFile(path, JSON.stringify(first));
  const read = await new GroupFile(path).read();
  assert.deepEqual([read?.name, read?.stale, read?.former], ["Old", false, []]);
  await writeFile(path, JSON.stringify({ ...first, format: 2, generation: 3, without: 1, former: [] }));
  assert.equal(
    (await new GroupFile(path).read())?.stale,
    true,
    "nobody stands for the secret: the group needs another",
  );
  await folder.remove();
});

test("what a newer program wrote is refused, and left as it is", async () => {
  const folder = await temporaryFolder();
  const [group, roster] = [join(folder.path, "group.json"), join(folder.path, "roster.json")];
  const text = '{\n  "format": 4,\n  "secrets": []\n}\n';
  await Promise.all([group, roster].map((path) => writeFile(path, text)));
  await assert.rejects(new GroupFile(group).read(), { code: "too-new", message: /Cannot use the group/ });
  await assert.rejects(
    new RosterFile(roster).read("x", () => assert.fail()),
    { code: "too-new" },
  );
  for (const path of [group, roster]) assert.equal(await readFile(path, "utf8"), text);
  await folder.remove();
});

test("a roster is kept for its group and its user alone; a damaged one is set aside and told", async () => {
  const folder = await temporaryFolder();
  const path = join(folder.path, "roster.json");
  const roster = {
    seen: [
      { id: ID, name: "Ben", hosts: ["10.0.0.2", "fe80::1"], port: 7948, seen: 5, first: 2, agreed: null, from: null },
    ],
    removed: [
      {
        id: "cd".repeat(32),
        name: "Eve",
        at: 6,
        by: ID,
        key: "30".repeat(91),
        sig: "07".repeat(64),
        known: "met" as const,
      },
    ],
  };
  const file = new RosterFile(path);
  await file.write("one", roster);
  assert.deepEqual(await new RosterFile(path).read("one", () => assert.fail()), roster);
  assert.deepEqual(await new RosterFile(path).read("two", () => assert.fail()), { seen: [], removed: [] });
  if (process.platform !== "win32") assert.equal((await stat(path)).mode & 0o777, 0o600);
  const old = { id: ID, name: "Ben", hosts: ["10.0.0.2", "ben.example", "::1"], port: 7948, seen: 5 };
  const eve = { id: "cd".repeat(32), name: "Eve", at: 6 };
  await writeFile(path, JSON.stringify({ format: 1, group: "one", seen: [old], removed: [eve] }));
  const migrated = await new RosterFile(path).read("one", () => assert.fail());
  assert.deepEqual(migrated.seen[0]?.hosts, ["10.0.0.2", "::1"]);
  assert.deepEqual(
    migrated.removed.map(({ id, sig, known }) => [id, sig, known]),
    [[eve.id, "", "own"]],
  );
  const before = { ...old, hosts: [], from: null };
  const met = { ...roster.removed[0], known: undefined, met: false };
  await writeFile(path, JSON.stringify({ format: 2, group: "one", seen: [before], removed: [met] }));
  const untold = await new RosterFile(path).read("one", () => assert.fail());
  assert.deepEqual([untold.seen, untold.removed[0]?.known], [[{ ...before, first: 0, agreed: 0 }], "hearsay"]);
  const told: string[] = [];
  await writeFile(path, JSON.stringify({ format: 1, group: "one", seen: [{ id: "../../x" }], removed: [] }));
  assert.deepEqual(await new RosterFile(path).read("one", (message) => told.push(message)), { seen: [], removed: [] });
  assert.match(told.join(), /roster\.json" is damaged/);
  assert.equal((await readdir(folder.path)).filter((name) => name.includes("damaged")).length, 1);
  await folder.remove();
});

test("the proof of a secret is another for each member and each secret, and is not the secret's hash", () => {
  const [one, two] = [newSecret(), newSecret()];
  const proofs = [
    secretProof(one, ID),
    secretProof(one, "cd".repeat(32)),
    secretProof(two, ID),
    secretHash(one).slice(0, 16),
  ];
  assert.equal(new Set(proofs).size, 4);
  assert.match(proofs[0] ?? "", /^[0-9a-f]{16}$/);
});

test("a group's file that others could read is closed to them, and that is told", async () => {
  if (process.platform === "win32") return;
  const folder = await temporaryFolder();
  const path = join(folder.path, "group.json");
  await new GroupFile(path).write(newGroup("G"));
  await chmod(path, 0o644);
  const warned: string[] = [];
  const log = { ...silentLog, warn: (message: string) => void warned.push(message) };
  for (const _ of [1, 2]) await new GroupFile(path, log).read();
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal(warned.length, 1);
  assert.match(warned[0] ?? "", /secret.*was open to other users \(mode 0644\)/);
  await folder.remove();
});
