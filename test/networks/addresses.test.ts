import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { temporaryFolder } from "../support/folders.ts";
import { until } from "../support/until.ts";
import { Network, noNetworks } from "./network.ts";
import { allTogether, falselyAccused, Resident } from "./resident.ts";

const lan = (last: number) => ({ on: "lan", addresses: [`10.41.0.${last}/24`] });

/** One group without an invite to be passed on: a cluster in clear, found by address. */
const CLUSTER = ["--gossip-key-file", "none", "--join", "10.41.0.1", "--no-discovery"];

describe("addresses", { skip: noNetworks, timeout: 120_000 }, () => {
  test("on a network of IPv6 alone, members find each other, see each other's files and miss each other", async (t) => {
    const network = await Network.of(t);
    const place = (last: number) => ({ on: "lan", addresses: [`fd41::${last}/64`] });
    const folder = await temporaryFolder();
    t.after(() => folder.remove());
    await mkdir(join(folder.path, "share"));
    await writeFile(join(folder.path, "share", "six.txt"), "over IPv6\n");
    const share = ["--share", join(folder.path, "share")];
    const ana = await Resident.start(t, await network.host("Ana", place(1)), "--group", "Six", ...share);
    assert.equal(ana.ready.gossip, "[fd41::1]:7946");
    const ben = await Resident.start(t, await network.host("Ben", place(2)), "--invite", await ana.invite());
    const eve = await Resident.start(t, await network.host("Eve", place(3)), "--invite", await ben.invite());
    await allTogether([ana, ben, eve]);
    for (const { address, name } of await eve.members()) assert.match(address, /^\[fd41::\d\]:7946$/, name);
    await until("Eve sees Ana's file", async () => (await eve.cli("ls", "Ana/share")).includes("six.txt"));
    const heard = ana.listen();
    await ben.kill();
    await Promise.all([ana, eve].map((member) => member.sees(["Ana", "Eve"], 6_000)));
    const told = await until("scripts hear it", () => heard().includes('"event":"died"') && heard());
    assert.match(told, /event: member\ndata: {"kind":"member","event":"suspected",.*"name":"Ben"/);
    assert.match(told, /"event":"died",.*"name":"Ben".*"address":"\[fd41::2\]:7946"/);
  });

  test("of two interfaces the one that leads to the others is advertised, the other one beside it", async (t) => {
    const network = await Network.of(t);
    const other = { on: "other", addresses: ["10.99.0.1/24"] };
    // The interface that leads nowhere is the first one: what a member takes as long as it knows nobody.
    const ana = await Resident.start(t, await network.host("Ana", other, lan(1)), "--group", "Two");
    assert.equal(ana.ready.gossip, "10.99.0.1:7946");
    const invite = await ana.invite();
    const ben = await Resident.start(t, await network.host("Ben", lan(2)), "--invite", invite, "--join", "10.41.0.1");
    const far = { on: "elsewhere", addresses: ["10.98.0.1/24"] };
    const eve = await Resident.start(t, await network.host("Eve", far, lan(3)), "--invite", await ben.invite());
    await allTogether([ana, ben, eve]);
    for (const member of [ana, ben, eve]) {
      const found = (await member.members()).map(({ address }) => address).sort();
      assert.deepEqual(found, ["10.41.0.1:7946", "10.41.0.2:7946", "10.41.0.3:7946"]);
    }
    assert.deepEqual(
      [ana, ben, eve].flatMap(({ accused }) => accused),
      [],
    );
  });

  test("a member whose address changes while it runs is at the new one on every list within seconds", async (t) => {
    const network = await Network.of(t);
    const hosts = [
      await network.host("Ana", lan(1)),
      await network.host("Ben", lan(2)),
      await network.host("Eve", lan(3)),
    ];
    const [ana, ben, eve] = (await Promise.all(
      hosts.map((host) => Resident.start(t, host, "--group", "Moving", ...CLUSTER)),
    )) as [Resident, Resident, Resident];
    await allTogether([ana, ben, eve]);
    for (const [from, to] of [
      [2, 9],
      [9, 10],
    ]) {
      await ben.host.removeAddress(`10.41.0.${from}/24`);
      await ben.host.addAddress(`10.41.0.${to}/24`);
      for (const member of [ana, eve, ben]) {
        await until(
          `${member.host.name} sees Ben at his new address`,
          async () => {
            const there = (await member.members()).find(({ name }) => name === "Ben");
            return there?.state === "alive" && there.address === `10.41.0.${to}:7946`;
          },
          8_000,
        );
      }
    }
    assert.deepEqual(
      falselyAccused([ana, eve], [ana, eve]).filter((accusation) => !accusation.endsWith(" Ben")),
      [],
    );
    assert.deepEqual(
      ben.lines.filter(({ level }) => level === "error"),
      [],
      "its own old address is nobody else",
    );
  });

  test("an identity copied to a second machine ends there, naming the first, which stays", async (t) => {
    const network = await Network.of(t);
    const ana = await Resident.start(t, await network.host("Ana", lan(1)), "--group", "Copied");
    const ben = await Resident.start(t, await network.host("Ben", lan(2)), "--invite", await ana.invite());
    await allTogether([ana, ben]);
    const copy = await temporaryFolder();
    t.after(() => copy.remove());
    await ben.host.run("cp", "-r", `${ben.dataDir}/.`, copy.path);
    await ben.host.run("rm", "-f", join(copy.path, "lock.sock"));
    const [code, log] = await Resident.fails(t, await network.host("Copy", lan(3)), copy.path);
    assert.equal(code, 1);
    assert.match(log, /same identity runs at 10\.41\.0\.2:7946/);
    await until("Ana sees Ben where he is", async () => {
      const there = (await ana.members()).find(({ name }) => name === "Ben");
      return there?.state === "alive" && there.address === "10.41.0.2:7946";
    });
    await allTogether([ana, ben]);
  });
});
