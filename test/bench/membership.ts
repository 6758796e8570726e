import { setTimeout as sleep } from "node:timers/promises";
import { type Fleet, ourFleet, serfFleet } from "./fleet.ts";
import { percentile } from "./machine.ts";
import type { Row } from "./main.ts";

export { codec } from "./membership-codec.ts";
export { idle } from "./membership-idle.ts";
export { loss } from "./membership-loss.ts";

const MEMBERS = 8;
const ENDINGS = 10;

/** Milliseconds from a member's end until it is gone from the list of each other one: killed, and with a goodbye. */
export async function endings(): Promise<Row[]> {
  const fleets = [await ourFleet(MEMBERS), await serfFleet(MEMBERS)] as const;
  const rows: Row[] = [];
  for (const [what, how] of [
    ["killed", "kill"],
    ["leaves", "leave"],
  ] as const) {
    const took: [number[], number[]] = [[], []];
    for (let round = 0; round < ENDINGS; round++) {
      await Promise.all(fleets.map(async (fleet, i) => took[i]?.push(await endOne(fleet, round, how))));
    }
    const [ours, serf] = took.map(
      (times) => `p50 ${seconds(percentile(times, 0.5))}, max ${seconds(percentile(times, 1))}`,
    );
    rows.push({
      what: `${what} to gone from every list, ${MEMBERS} members, ${ENDINGS} times`,
      ours: ours ?? "",
      beside: `serf agent -profile=lan ${serf}`,
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
