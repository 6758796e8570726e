import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { seen } from "../membership/member.ts";
import { until } from "../support/until.ts";
import type { Group, Ours } from "./group.ts";
import type { SerfAgent } from "./serf-agent.ts";
import type { Scenario } from "./together.ts";
import { allAlive, troubleOf } from "./watching.ts";

/** On Deno only the sockets differ, and both runs share the time there is. */
const short = "Deno" in globalThis;
const CALM_MS = short ? 15_000 : 30_000;
const LOSSY_MS = short ? 20_000 : 40_000;

/** Nothing happens, for long: SWIM-WIRE §9 steps 2 and 10. */
export const steady: Record<string, Scenario> = {
  [`in ${CALM_MS / 1_000} s of a calm network nobody is suspected, by us or by serf`]: async (group) => {
    const { ours, serfs } = await twoAndTwo(group);
    const trouble = troubleOf(ours);
    const from = serfs.map(({ log }) => log.length);
    await sleep(CALM_MS);
    assert.deepEqual(trouble, []);
    for (const [i, { log }] of serfs.entries()) {
      assert.doesNotMatch(log.slice(from[i]), /suspect|Was able to connect|ERR|conflict|Failed/i);
    }
    for (const { membership } of ours) assert.notEqual(seen(membership, "oracle")?.rttMs, null);
  },

  [`in ${LOSSY_MS / 1_000} s with 5 % of all datagrams to and from us lost, nobody is called dead`]: (group) =>
    lossyDeaths(group, LOSSY_MS).then(({ deaths }) => assert.deepEqual(deaths, [])),
};

/** Who was falsely called dead in a group of two of ours and two Serfs that loses 5 % each way, and who suspected. */
export async function lossyDeaths(group: Group, ms: number): Promise<{ deaths: string[]; suspicions: number }> {
  const { ours, serfs } = await twoAndTwo(group);
  const deaths = troubleOf(ours, ["dead"]);
  const suspicions = troubleOf(ours, ["suspect"]);
  for (const { network } of ours) network.loss = { in: 0.05, out: 0.05 };
  await sleep(ms);
  for (const { network } of ours) network.loss = { in: 0, out: 0 };
  for (const { log, name } of serfs) {
    for (const [, whom] of log.matchAll(/EventMemberFailed: (\S+)/g)) deaths.push(`${name}: ${whom} failed`);
  }
  return { deaths, suspicions: suspicions.length };
}

async function twoAndTwo(group: Group): Promise<{ ours: Ours[]; serfs: SerfAgent[] }> {
  const serfs = [await group.serf("oracle"), await group.serf("pythia")];
  const ours = [await group.ours("Ana"), await group.ours("Ben")];
  for (const { membership } of ours) await membership.join(serfs.map(({ seed }) => seed));
  await until("all list all", () => {
    return serfs.every(({ states }) => states.size === 4) && allAlive(ours, ["Ana", "Ben", "oracle", "pythia"]);
  });
  return { ours, serfs };
}
