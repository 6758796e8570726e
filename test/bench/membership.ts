import { setTimeout as sleep } from "node:timers/promises";
import { type Fleet, ourFleet, serfFleet } from "./fleet.ts";
import { percentile } from "./machine.ts";
import type { Row } from "./main.ts";
import { aiming } from "./target.ts";

export { codec } from "./membership-codec.ts";
export { idle } from "./membership-idle.ts";
export { loss } from "./membership-loss.ts";

const MEMBERS = 8;
const ENDINGS = 10;
/** How a member ends, and how long that may take until it is known, in milliseconds. */
const ENDED = [
  { what: "killed", how: "kill", p50: 3_500, max: 5_000 },
  { what: "leaves", how: "leave", p50: 1_000, max: 1_000 },
] as const;

/** Milliseconds from a member's end until it is gone from the list of each other one: killed, and with a goodbye. */
export async function endings(): Promise<Row[]> {
  const fleets = [await ourFleet(MEMBERS), await serfFleet(MEMBERS)] as const;
  const rows: Row[] = [];
  for (const { what, how, p50, max } of ENDED) {
    const took: [number[], number[]] = [[], []];
    for (let round = 0; round < ENDINGS; round++) {
      await Promise.all(fleets.map(async (fleet, i) => took[i]?.push(await endOne(fleet, round, how))));
    }
    const summary = (times: readonly number[]): string =>
      `p50 ${seconds(percentile(times, 0.5))}, max ${seconds(percentile(times, 1))}`;
    const [ours, serf] = took;
    const met = percentile(ours, 0.5) < p50 && percentile(ours, 1) < max;
    rows.push({
      what: `${what} to gone from every list, ${MEMBERS} members, ${ENDINGS} times`,
      ours: aiming(summary(ours), `p50 under ${seconds(p50)}, max under ${seconds(max)}`, met),
      beside: `serf agent -profile=lan ${summary(serf)}`,
    });
  }
  for (const fleet of fleets) await fleet.close();
  return rows;
}

/** At a random moment, so that no timer of the others is in step with it. */
async function endOne(fleet: Fleet, round: number, how: "kill" | "leave"): Promise<number> {
  await sleep(2_000 + Math.random() * 1_000);
  const index = round % MEMBERS;
  const took = await fleet.end(index, how);
  await fleet.restart(index);
  return took;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}
