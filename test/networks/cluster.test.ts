import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import type { KeyringView } from "../../src/app/mod.ts";
import { temporaryFolder } from "../support/folders.ts";
import { lacks } from "../support/need.ts";
import { until } from "../support/until.ts";
import { type Host, Network, noNetworks } from "./network.ts";
import { allTogether, Resident } from "./resident.ts";

const newKey = (): string => randomBytes(32).toString("base64");

/** A member as `serf members -format=json` tells it. */
interface SerfMember {
  readonly name: string;
  readonly addr: string;
  readonly status: string;
}

/** A real `serf agent` on a machine, gone with its test. Resolves once it answers. */
async function startSerf(t: TestContext, host: Host, ...more: string[]): Promise<() => Promise<SerfMember[]>> {
  const agent = host.spawn("serf", ["agent", `-node=${host.name}`, "-profile=lan", ...more]);
  t.after(() => void agent.kill("SIGKILL"));
  const members = async () => {
    const { members: found } = JSON.parse(await host.run("serf", "members", "-format=json")) as {
      members: SerfMember[];
    };
    return found;
  };
  await until("serf answers", members);
  return members;
}

describe("a cluster of others", { skip: noNetworks || lacks("serf"), timeout: 120_000 }, () => {
  test("real serfs are joined with their key, see our address change, and our files stay among ours", async (t) => {
    const network = await Network.of(t);
    const place = (last: number) => ({ on: "lan", addresses: [`10.44.0.${last}/24`] });
    const folder = await temporaryFolder();
    t.after(() => folder.remove());
    const [key, second] = [newKey(), newKey()];
    const keyFile = join(folder.path, "keys");
    await writeFile(keyFile, `# of the cluster\n${key}\n\n${second}\n`);
    await mkdir(join(folder.path, "share"));
    await writeFile(join(folder.path, "share", "file.txt"), "words\n");
    const serf = await startSerf(t, await network.host("oracle", place(1)), `-encrypt=${key}`);
    const way = ["--gossip-key-file", keyFile, "--group", "Cluster", "--no-discovery"];
    const share = ["--share", join(folder.path, "share")];
    const ana = await Resident.start(t, await network.host("Ana", place(2)), ...way, "--join", "10.44.0.1", ...share);
    const ben = await Resident.start(t, await network.host("Ben", place(3)), ...way, "--join", "10.44.0.1:7946");
    for (const member of [ana, ben]) await member.sees(["Ana", "Ben", "oracle"]);
    await until("Ben sees Ana's file", async () => (await ben.cli("ls", "Ana/share")).includes("file.txt"));
    const of = async (name: string) => (await serf()).find((member) => member.name.startsWith(name));
    await until(
      "serf sees both",
      async () => (await of("ana-"))?.status === "alive" && (await of("ben-")) !== undefined,
    );

    assert.deepEqual(await ana.api<KeyringView>("/api/v1/keyring"), { primary: key, keys: [key, second] });
    assert.equal((await ana.cli("keyring")).trim(), key);
    await ana.cli("keyring", "rm", second);
    assert.deepEqual(JSON.parse(await ana.cli("keyring", "--json")), { primary: key, keys: [key] });
    await assert.rejects(ana.cli("keyring", "rm", key), /use another one first/);
    await assert.rejects(ana.cli("invite"), /Cannot invite anybody.*--gossip-key-file FILE --group "Cluster"/s);

    await ben.host.removeAddress("10.44.0.3/24");
    await ben.host.addAddress("10.44.0.33/24");
    const moved = async () => {
      const there = await of("ben-");
      return there?.status === "alive" && there.addr === "10.44.0.33:7946";
    };
    await until("serf sees Ben at his new address", moved, 20_000);
    await ana.sees(["Ana", "Ben", "oracle"]);
    await ben.stop();
    await until("serf sees that Ben left", async () => (await of("ben-"))?.status === "left");
  });

  test("serf joins a group of ours with the key that `groupshare keyring` prints", async (t) => {
    const network = await Network.of(t);
    const place = (last: number) => ({ on: "lan", addresses: [`10.44.0.${last}/24`] });
    const ana = await Resident.start(t, await network.host("Ana", place(2)), "--group", "Ours", "--no-discovery");
    const key = (await ana.cli("keyring")).trim();
    const serf = await startSerf(t, await network.host("oracle", place(1)), `-encrypt=${key}`, "-join=10.44.0.2");
    const ben = await Resident.start(
      t,
      await network.host("Ben", place(3)),
      "--no-discovery",
      "--invite",
      await ana.invite(),
    );
    for (const member of [ana, ben]) await member.sees(["Ana", "Ben", "oracle"]);
    await until("serf sees all", async () => (await serf()).filter(({ status }) => status === "alive").length === 3);
  });

  test("a group in clear says so loudly, and has no key to print", async (t) => {
    const network = await Network.of(t);
    const place = (last: number) => ({ on: "lan", addresses: [`10.44.0.${last}/24`] });
    const way = [
      "--gossip-key-file",
      "none",
      "--group",
      "Clear",
      "--no-discovery",
      "--delegate",
      "none",
      "--profile",
      "memberlist",
    ];
    const ana = await Resident.start(t, await network.host("Ana", place(2)), ...way);
    const ben = await Resident.start(t, await network.host("Ben", place(3)), ...way, "--join", "10.44.0.2");
    await allTogether([ana, ben]);
    assert.equal(ana.lines.filter(({ level, msg }) => level === "warn" && /IN CLEAR/.test(msg)).length, 1);
    await assert.rejects(ana.cli("keyring"), /in clear/);
    assert.deepEqual(JSON.parse(await ana.cli("keyring", "--json")), { primary: null, keys: [] });
  });
});
