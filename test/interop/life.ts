import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { GROUP, seen } from "../membership/member.ts";
import { until } from "../support/until.ts";
import type { Group, Ours } from "./group.ts";
import { KEY, type Scenario } from "./together.ts";

/** What happens to one member, in the order of SWIM-WIRE §9: steps 1, 3, 4 and 5. */
export const life: Record<string, Scenario> = {
  "a real serf takes us as its own, with our tags, and shows us as left when we leave": async (group) => {
    const oracle = await group.serf("oracle");
    const ana = await group.ours("Ana");
    assert.deepEqual(await ana.membership.join([oracle.seed]), { joined: [oracle.seed], failed: [] });
    await until("serf lists Ana", () => oracle.states.get(ana.wireName) === "alive");
    const there = await oracle.member(ana.wireName);
    assert.equal(there?.tags.g, GROUP);
    assert.equal(there?.tags.n, "Ana");
    assert.equal(there?.addr, ana.seed);
    const here = seen(ana.membership, "oracle");
    assert.deepEqual([here?.id, here?.state, here?.peerPort], [null, "alive", 0]);

    const ben = await group.ours("Ben");
    await ben.membership.join([oracle.seed]);
    await until("Ana hears of Ben through serf", () => seen(ana.membership, "Ben")?.state === "alive");
    ana.membership.announce({ sequence: 7 });
    await until("serf shows the new tag", async () => (await oracle.member(ana.wireName))?.tags.s === "7");
    await until("Ben shows it", () => seen(ben.membership, "Ana")?.sequence === 7);

    await ana.membership.leave();
    await until("serf calls Ana left", () => oracle.states.get(ana.wireName) === "left");
    assert.equal((await oracle.member(ana.wireName))?.status, "left");
    await until("Ben calls Ana left", () => seen(ben.membership, "Ana")?.state === "left");
  },

  "silent for too long, we are failed; heard again, we refute it": async (group) => {
    const [ana, oracle] = await pair(group);
    const before = seen(ana.membership, "Ana")?.incarnation ?? 0;
    ana.network.silent = true;
    await until("serf calls Ana failed", () => oracle.states.get(ana.wireName) === "failed", 20_000);
    await until("Ana calls serf dead", () => seen(ana.membership, "oracle")?.state === "dead");
    ana.network.silent = false;
    await until("serf calls Ana alive", () => oracle.states.get(ana.wireName) === "alive", 20_000);
    await until("Ana calls serf alive", () => seen(ana.membership, "oracle")?.state === "alive", 20_000);
    assert.ok((seen(ana.membership, "Ana")?.incarnation ?? 0) > before);
  },

  "an order to give us up, as of serf force-leave, is denied, and serf shows us alive again": async (group) => {
    const [ana, oracle] = await pair(group);
    const pythia = await group.serf("pythia");
    await pythia.command("join", oracle.seed);
    await until("pythia lists Ana", () => pythia.states.get(ana.wireName) === "alive");
    const status = async (serf: typeof oracle) => (await serf.member(ana.wireName))?.status;
    for (const serf of [oracle, pythia]) {
      await serf.command("force-leave", ana.wireName);
      for (const one of [oracle, pythia]) {
        await until(`${one.name} took it in and shows Ana alive`, async () => (await status(one)) === "alive");
      }
      await sleep(500);
      assert.deepEqual([await status(oracle), await status(pythia)], ["alive", "alive"]);
    }
    assert.match(oracle.log, /serf: messageLeaveType: /);
  },

  "a serf that leaves is left, and one that comes back after is alive": async (group) => {
    const [ana, oracle] = await pair(group);
    await oracle.kill("SIGINT");
    await until("it left", () => seen(ana.membership, "oracle")?.state === "left");
    const again = await group.serf("oracle");
    await ana.membership.join([again.seed]);
    await until("it is back", () => seen(ana.membership, "oracle")?.state === "alive");
  },
};

/** Its times are measured, so it runs before the others. */
export const killed: Record<string, Scenario> = {
  "a killed serf is suspect at the next probe, and dead 1.6 s later": async (group) => {
    const [ana, oracle] = await pair(group);
    const at = new Map<string, number>();
    ana.membership.on("changed", ({ state }) => at.set(state, performance.now()));
    const killed = performance.now();
    await oracle.kill();
    await until("it is dead", () => at.has("dead"));
    // A probe starts every 0.4 s and takes as long; a busy machine may take four times that.
    const [suspect = 0, dead = 0] = [at.get("suspect"), at.get("dead")];
    assert.ok(suspect - killed < 4 * 800, `suspect after ${suspect - killed} ms`);
    // Of two members none can confirm: the shortest suspicion, 4 × 0.4 s, is the only one (SWIM-WIRE §3.2).
    assert.ok(dead - suspect > 1_590 && dead - suspect < 4 * 1_600, `dead ${dead - suspect} ms after`);
  },
};

export const refusal: Record<string, Scenario> = {
  "a serf with another key is not joined": async (group) => {
    group.keys = [new Uint8Array(32).fill(9)];
    const oracle = await group.serf("oracle");
    const ana = await group.ours("Ana", { gossipKeys: [KEY] });
    assert.deepEqual((await ana.membership.join([oracle.seed])).joined, []);
    assert.equal(ana.membership.members().length, 1);
  },
};

async function pair(group: Group): Promise<[Ours, Awaited<ReturnType<Group["serf"]>>]> {
  const oracle = await group.serf("oracle");
  const ana = await group.ours("Ana");
  await ana.membership.join([oracle.seed]);
  await until("both list both", () => {
    return oracle.states.get(ana.wireName) === "alive" && seen(ana.membership, "oracle")?.state === "alive";
  });
  return [ana, oracle];
}
