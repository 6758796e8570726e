import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../support/until.ts";
import { Network, noNetworks } from "./network.ts";
import { allTogether, falselyAccused, Resident } from "./resident.ts";

/** How long members are watched that should think well of each other. */
const WATCHED_MS = 8_000;
/** How long the event loop of one member stands still again and again. */
const BUSY_MS = 15_000;
const SEED = process.env.GROUPSHARE_TEST_SEED ?? String(Date.now() % 100_000);

describe("hosts", { skip: noNetworks, timeout: 120_000, concurrency: true }, () => {
  test("one of IPv4 alone and one of IPv6 alone see each other and a third of both kinds, which lists both", async (t) => {
    const network = await Network.of(t);
    const place = (...addresses: string[]) => ({ on: "lan", addresses });
    const host = await network.host("Both", place("10.46.0.1/24", "fd46::1/64"));
    const how = ["--no-discovery", "--log-level", "debug"];
    const both = await Resident.start(t, host, "--group", "Mixed", ...how);
    assert.equal(both.ready.gossip, "10.46.0.1:7946", "IPv4 first");
    const way = ["--invite", await both.invite(), ...how];
    const four = await Resident.start(t, await network.host("Four", place("10.46.0.4/24")), ...way);
    const further = ["--join", "[fd46::1]:7946"];
    const six = await Resident.start(t, await network.host("Six", place("fd46::6/64")), ...way, ...further);
    const all = [both, four, six];
    await allTogether(all);
    await sleep(WATCHED_MS);
    await allTogether(all);
    assert.deepEqual(falselyAccused(all, all), []);
    await four.kill();
    await Promise.all([both, six].map((one) => one.sees(["Both", "Six"])));
  });

  test("a member whose event loop stands still for seconds again and again accuses nobody falsely", async (t) => {
    t.diagnostic(`seed ${SEED}`);
    const network = await Network.of(t);
    const place = (last: number) => ({ on: "lan", addresses: [`10.47.0.${last}/24`] });
    const host = await network.host("Ana", place(1));
    host.nodeOptions = `--import=${import.meta.resolve("./busy.ts")}?seed=${SEED}`;
    const how = ["--no-discovery", "--log-level", "debug"];
    const busy = await Resident.start(t, host, "--group", "Busy", ...how);
    const way = ["--invite", await busy.invite(), ...how];
    const hosts = [
      await network.host("Ben", place(2)),
      await network.host("Eve", place(3)),
      await network.host("Ida", place(4)),
    ];
    const others = await Promise.all(hosts.map((other) => Resident.start(t, other, ...way)));
    const all = [busy, ...others];
    await allTogether(all);
    busy.signal("SIGUSR2");
    await sleep(BUSY_MS);
    busy.signal("SIGUSR2");
    await allTogether(all, 20_000);
    await until("nobody is suspect", async () =>
      (await Promise.all(all.map((one) => one.members()))).flat().every(({ state }) => state === "alive"),
    );
    assert.deepEqual(falselyAccused(all, all), []);
    const doubts = others.flatMap(({ accused }) => accused).filter((name) => name === "Ana");
    t.diagnostic(`the others had doubts about it, or gave it up, ${doubts.length} times`);
  });
});
