import { env, exit, stdout } from "node:process";
import { fuzz } from "../fuzz/fuzz.ts";
import { chaoticRun } from "./run.ts";

/*
 * `make sim`: as many chaotic runs as asked for, or fuzz cases. Settings come from the environment:
 *
 *   SEED=1        the first seed
 *   RUNS=100      how many runs, each with the next seed
 *   MEMBERS=16    members of the group
 *   SECONDS=30    how long things go wrong, of simulated time
 *   FAULTS=16     how many things go wrong
 *   FUZZ=1        fuzz the decoders instead, CASES=2000000 cases
 */

const number = (name: string, otherwise: number): number => {
  const value = Number(env[name] ?? otherwise);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new Error(`Cannot simulate: ${name} is "${env[name]}", not a number`);
};
const seed = number("SEED", 1);
/** Cases of one seed, after which there is a line. */
const CASES_EACH = 100_000;
/** Above this a partition alone would be most of what there is to compute. */
const LARGE = 200;

exit(env.FUZZ === "1" ? fuzzing(number("CASES", 2_000_000)) : simulating());

/** Prints a line for each run, and a summary; what failed can be run again by its seed. Returns the exit code. */
function simulating(): number {
  const members = number("MEMBERS", 16);
  const runs = number("RUNS", members > LARGE ? 1 : 100);
  const how = { members, chaos: number("SECONDS", 30) * 1_000, faults: number("FAULTS", Math.max(16, members / 25)) };
  const healed: number[] = [];
  const failures: string[] = [];
  let [packets, events, falseDeaths, changes] = [0, 0, 0, 0];
  const began = performance.now();
  line("seed", "members left", "healed after", "false deaths", "beliefs", "packets", "digest");
  for (let run = 0; run < runs; run++) {
    try {
      const result = chaoticRun({ seed: seed + run, ...how, without: members > LARGE ? ["partition"] : [] });
      healed.push(result.healed);
      packets += result.packets;
      events += result.events;
      changes += result.changes;
      falseDeaths += result.falseDeaths;
      const { running, digest } = result;
      line(
        result.seed,
        running,
        seconds(result.healed),
        result.falseDeaths,
        result.changes,
        result.packets,
        digest.toString(16),
      );
    } catch (thrown) {
      failures.push((thrown as Error).message);
      line(seed + run, "FAILED", (thrown as Error).message);
    }
  }
  healed.sort((a, b) => a - b);
  const at = (share: number): string => seconds(healed[Math.floor(share * (healed.length - 1))] ?? 0);
  const took = (performance.now() - began) / 1_000;
  stdout.write(`
runs            ${runs}, of ${members} members, ${how.chaos / 1_000} s of ${how.faults} faults each
failed          ${failures.length}
healed after    p50 ${at(0.5)}, p90 ${at(0.9)}, max ${at(1)}
false deaths    ${falseDeaths}, all of them taken back
beliefs         ${changes}, each checked
packets         ${packets}
events          ${events}, ${Math.round(events / took)} a second
`);
  for (const failure of failures) stdout.write(`${failure}\n`);
  return failures.length === 0 ? 0 : 1;
}

function fuzzing(cases: number): number {
  let [understood, refused, slowest] = [0, 0, 0];
  for (let done = 0; done < cases; done += CASES_EACH) {
    const result = fuzz(seed + done / CASES_EACH, Math.min(CASES_EACH, cases - done));
    understood += result.understood;
    refused += result.refused;
    slowest = Math.max(slowest, result.slowest);
    stdout.write(`seed ${seed + done / CASES_EACH}: ${result.understood} understood, ${result.refused} refused\n`);
  }
  stdout.write(`
cases           ${cases}: nothing was thrown
understood      ${understood}
refused         ${refused}, at least in part
slowest         ${slowest.toFixed(1)} ms
`);
  return 0;
}

function line(...cells: readonly (string | number)[]): void {
  stdout.write(
    `${cells
      .map((cell) => String(cell).padEnd(13))
      .join(" ")
      .trimEnd()}\n`,
  );
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}
