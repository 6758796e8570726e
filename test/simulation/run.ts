import { pushPullInterval, suspicionMin } from "../../src/membership/core/formulas.ts";
import type { Profile } from "../../src/membership/core/profiles.ts";
import { LONGEST_PAUSE } from "../../src/membership/rejoin.ts";
import { below, seeded } from "../../src/shared/random.ts";
import { calm, plan } from "./chaos.ts";
import { Lan } from "./lan.ts";
import type { LanOptions } from "./options.ts";
import { Referee } from "./referee.ts";

export interface RunOptions {
  readonly seed: number;
  readonly members: number;
  /** How long things go wrong, in milliseconds of simulated time. */
  readonly chaos: number;
  readonly faults: number;
  /** Faults that do not happen. */
  readonly without?: readonly string[];
  /** So many members are cut off from all others for half of that time; left out: none. */
  readonly cutOff?: number;
  readonly spoil?: LanOptions["spoil"];
}

export interface RunResult {
  readonly seed: number;
  /** How long it took until all agreed again, from the moment when nothing went wrong any more; milliseconds. */
  readonly healed: number;
  /** Members that ran in the end. */
  readonly running: number;
  /** Deaths believed of members that ran. */
  readonly falseDeaths: number;
  readonly changes: number;
  readonly packets: number;
  readonly events: number;
  /** A number that sums up the whole run. */
  readonly digest: number;
}

/** Groups above this do not meet before our eyes. */
const LARGE = 64;
/** All agree for so long at the end. */
const STEADY = 5_000;

/**
 * The longest that a group may take to agree once nothing goes wrong any more: somebody who is missing is looked for at
 * the latest pause; the dead are probed in two rounds, by members whose health is at its worst, and suspected for as long as a
 * suspicion can last; and who missed the news hears of them in a swap of lists.
 */
export function healingBound(profile: Profile, members: number): number {
  const { awarenessMax, probeInterval, pushPullInterval: base, suspicionMaxMult, suspicionMult, tcpTimeout } = profile;
  const rejoined = 1.5 * LONGEST_PAUSE + tcpTimeout;
  const probed = 2 * members * probeInterval + awarenessMax * probeInterval;
  const suspected = suspicionMaxMult * suspicionMin(suspicionMult, members, probeInterval);
  return rejoined + probed + suspected + 2 * pushPullInterval(base, members);
}

/** A group to which much happens and which must then agree. Throws where it does not, or a member breaks a rule. */
export function chaoticRun({ seed, members, chaos, faults, without, cutOff = 0, spoil }: RunOptions): RunResult {
  const referee = new Referee();
  const how = { seed, rejoin: true, lag: seed % 2 === 0, encoded: seed % 10 === 0 };
  const lan = new Lan({ ...how, ...(spoil === undefined ? {} : { spoil }), watch: referee });
  referee.watch(lan);
  try {
    if (members > LARGE) lan.settled(members);
    else lan.group(members);
    plan(lan, seeded(below(lan.random, 2 ** 32)), chaos, faults, without);
    if (cutOff > 0)
      lan.agenda.after(chaos / 4, () => lan.air.split(lan.hosts.map(({ index }) => Number(index < cutOff))));
    if (cutOff > 0) lan.agenda.after(chaos * 0.75, () => lan.air.heal());
    lan.run(chaos);
    calm(lan);
    const healed = agreedAfter(lan, healingBound(lan.profile, members));
    const running = lan.running();
    for (const host of running) referee.compare(host);
    const packets = lan.hosts.reduce((sum, { sent }) => sum + sent, 0);
    const { falseDeaths, changes, digest } = referee;
    return { seed, healed, running: running.length, falseDeaths, changes, packets, events: lan.agenda.done, digest };
  } catch (thrown) {
    throw new Error(`seed ${seed}, at ${Math.round(lan.now)} ms: ${(thrown as Error).message}`, { cause: thrown });
  }
}

/** When an agreement begins that lasts, counted from now. Probes of the bad times may still fail at first. */
function agreedAfter(lan: Lan, bound: number): number {
  const start = lan.now;
  const every = Math.max(50, lan.hosts.length);
  for (;;) {
    lan.until(() => lan.agreed(), bound - (lan.now - start), every);
    const since = lan.now;
    while (lan.agreed() && lan.now - since < STEADY) lan.run(every * 5);
    if (lan.now - since >= STEADY) return since - start;
  }
}
