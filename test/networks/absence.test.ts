import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { below, seeded } from "../../src/shared/random.ts";
import { until } from "../support/until.ts";
import { Network, noNetworks } from "./network.ts";
import { allTogether, falselyAccused, Resident } from "./resident.ts";

/** Longer than the dead are remembered, 30 s after they died: whoever comes back then was forgotten, as after an hour. */
const ABSENCE_MS = Number(process.env.GROUPSHARE_TEST_ABSENCE_MS ?? 60_000);
/** How long one member's process is stopped and continued at random, and the longest stop. */
const STUTTER_MS = 15_000;
const LONGEST_STOP_MS = 1_000;
const HOGS = 4;
const SEED = Number(process.env.GROUPSHARE_TEST_SEED ?? Date.now() % 100_000);

/** So many members on one network, in one group. */
async function group(t: TestContext, names: readonly string[]): Promise<Resident[]> {
  const network = await Network.of(t);
  const residents: Resident[] = [];
  for (const [index, name] of names.entries()) {
    const host = await network.host(name, { on: "lan", addresses: [`10.42.0.${index + 1}/24`] });
    const [first] = residents;
    const way = first === undefined ? ["--group", "Absent"] : ["--invite", await first.invite()];
    residents.push(await Resident.start(t, host, "--no-discovery", "--log-level", "debug", ...way));
  }
  await allTogether(residents);
  return residents;
}

/** How long one half of a group is cut off from the other: longer than the dead are remembered, too. */
const PARTED_MS = Number(process.env.GROUPSHARE_TEST_PARTED_MS ?? 45_000);
/** Then they are looked for every quarter of that time, give or take half, by each member. */
const TOGETHER_MS = 20_000;

// Most of it is waiting.
describe("absence", { skip: noNetworks, timeout: 200_000, concurrency: true }, () => {
  test("a member stopped for longer than the dead are remembered is back on every list within seconds", async (t) => {
    const all = await group(t, ["Ana", "Ben", "Eve", "Ida"]);
    const [sleeper, ...others] = all as [Resident, ...Resident[]];
    sleeper.signal("SIGSTOP");
    const rest = others.map(({ host }) => host.name);
    await Promise.all(others.map((other) => other.sees(rest, 6_000)));
    await sleep(ABSENCE_MS);
    for (const other of others)
      assert.ok(
        (await other.members()).every(({ name }) => name !== "Ana"),
        "forgotten",
      );
    const start = performance.now();
    sleeper.signal("SIGCONT");
    await allTogether(all, 10_000);
    const took = performance.now() - start;
    t.diagnostic(`back on every list after ${Math.round(took)} ms`);
    assert.ok(took < 5_000, `${took} ms`);
    // Long enough for whatever the sleeper might hold against the others.
    await sleep(4_000);
    const falsely = falselyAccused(all, others).filter((accusation) => !accusation.endsWith(" Ana"));
    assert.deepEqual(falsely, []);
    await allTogether(all);
  });

  test("two halves that were cut off until they forgot each other are one group within seconds", async (t) => {
    const network = await Network.of(t);
    const place = (on: string, last: number) => ({ on, addresses: [`10.45.0.${last}/24`] });
    const cable = await network.cable("left", "right");
    const ana = await Resident.start(
      t,
      await network.host("Ana", place("left", 1)),
      "--group",
      "Parted",
      "--no-discovery",
    );
    const way = ["--invite", await ana.invite(), "--no-discovery"];
    const others = await Promise.all(
      [
        await network.host("Ben", place("left", 2)),
        await network.host("Eve", place("right", 3)),
        await network.host("Ida", place("right", 4)),
      ].map((host) => Resident.start(t, host, ...way)),
    );
    const all = [ana, ...others];
    await allTogether(all);
    await cable.out();
    const parted = performance.now();
    const half = async (names: readonly string[]): Promise<void> => {
      const here = all.filter(({ host }) => names.includes(host.name));
      await Promise.all(here.map((one) => one.sees(names)));
    };
    await Promise.all([half(["Ana", "Ben"]), half(["Eve", "Ida"])]);
    await sleep(PARTED_MS - (performance.now() - parted));
    for (const one of all)
      assert.equal((await one.members()).length, 2, `${one.host.name} has forgotten the other half`);
    await cable.in();
    const joined = performance.now();
    await allTogether(all, TOGETHER_MS);
    t.diagnostic(`all four list all four ${Math.round(performance.now() - joined)} ms after the cut`);
  });

  test("a member whose process runs by fits and starts accuses nobody falsely", async (t) => {
    t.diagnostic(`seed ${SEED}`);
    const random = seeded(SEED);
    const all = await group(t, ["Ana", "Ben", "Eve", "Ida"]);
    const [busy, ...others] = all as [Resident, ...Resident[]];
    // It may run only when the others on its core let it, for some milliseconds every now and then.
    const hogs = Array.from({ length: HOGS }, () =>
      busy.host.spawn("taskset", ["-c", "0", "sh", "-c", "while :; do :; done"]),
    );
    await busy.host.run("taskset", "-a", "-c", "-p", "0", String(busy.pid));
    await busy.host.run("sh", "-c", `renice -n 19 $(ls /proc/${busy.pid}/task)`);
    try {
      for (const end = performance.now() + STUTTER_MS; performance.now() < end; ) {
        await sleep(20 + below(random, 2_000));
        busy.signal("SIGSTOP");
        await sleep(20 + below(random, LONGEST_STOP_MS));
        busy.signal("SIGCONT");
      }
    } finally {
      for (const hog of hogs) hog.kill("SIGKILL");
    }
    await allTogether(all, 20_000);
    await until("nobody is suspect", async () =>
      (await Promise.all(all.map((member) => member.members()))).flat().every(({ state }) => state === "alive"),
    );
    const falsely = falselyAccused(others, others).filter((accusation) => !accusation.endsWith(" Ana"));
    assert.deepEqual(falsely, [], "nobody but the busy one is accused anywhere else");
    const buried = busy.lines.filter(({ msg }) => msg === "a member is dead").map(({ name }) => name);
    assert.deepEqual(buried, [], "the busy one buries nobody");
    t.diagnostic(`the busy one had doubts about others ${busy.accused.length} times, all of them answered`);
  });
});
