import { PROFILES, type Profile } from "../../src/membership/core/profiles.ts";
import { pick } from "../../src/shared/random.ts";
import { aiming } from "../bench/target.ts";
import type { Host } from "./host.ts";
import { Lan } from "./lan.ts";
import { presentFor } from "./member.ts";

export { lifeguard } from "./lifeguard.ts";

/** A measured line: what it is, ours, and what stands beside it for comparison. */
export interface Row {
  readonly what: string;
  readonly ours: string;
  readonly beside: string;
}

/** Kills in one network before the next one begins. */
const KILLS_EACH = 50;

/** Time from a kill until the member is gone from every list, so many times in groups of 2, 4, 8 and 16. */
export function kills(count = 10_000): Row[] {
  return [2, 4, 8, 16].map((members) => {
    const times = killTimes(members, count, PROFILES.lan);
    return {
      what: `simulated: killed to gone from every list, ${members} members, ${count} kills`,
      ours: aiming(summary(times), "p99 under 5 s", at(times, 0.99) < 5_000),
      beside: `memberlist's own timers ${summary(killTimes(members, Math.ceil(count / 20), PROFILES.memberlist))}`,
    };
  });
}

function killTimes(members: number, count: number, profile: Profile): number[] {
  const times: number[] = [];
  for (let seed = 1; times.length < count; seed++) {
    const lan = new Lan({ seed, profile });
    const hosts = lan.group(members);
    for (let kill = 0; kill < KILLS_EACH && times.length < count; kill++) {
      lan.run(lan.random.next() * 2_000);
      const [victim] = pick(lan.random, hosts, 1) as [Host];
      lan.crash(victim);
      times.push(lan.until(() => lan.running().every((host) => presentFor(host) === members - 1), 60_000));
      lan.start(victim);
      lan.join(victim, lan.running().find((host) => host !== victim)?.address);
      lan.until(() => lan.agreed(), 60_000);
    }
  }
  return times.sort((a, b) => a - b);
}

/** Of what SWIM-WIRE §6.3 has of Serf's convergence simulator: seconds to 99.99 % of so many. */
const SERF_SPREAD = [
  [10, 1.6, 200],
  [100, 2, 100],
  [1_000, 2.2, 10],
] as const;

/** Time until one update of one member is known to all. */
export function spread(): Row[] {
  return SERF_SPREAD.map(([members, theirs, updates]) => ({
    what: `simulated: one update known to all of ${members} members, ${updates} updates`,
    ours: summary(spreadTimes(members, updates)),
    beside: `Serf's convergence simulator, 99.99 % of them: ${theirs.toFixed(1)} s`,
  }));
}

function spreadTimes(members: number, updates: number): number[] {
  const lan = new Lan({ seed: members });
  const hosts = lan.settled(members);
  lan.run(1_000);
  const times: number[] = [];
  for (let update = 1; update <= updates; update++) {
    const [teller] = pick(lan.random, hosts, 1) as [Host];
    lan.run(lan.random.next() * 1_000);
    lan.feed(teller, { kind: "meta", meta: new Uint8Array(100).fill(update) });
    const { incarnation } = teller.swim?.member(teller.name) ?? { incarnation: 0 };
    const knows = (host: Host): boolean => host.swim?.member(teller.name)?.incarnation === incarnation;
    times.push(lan.until(() => hosts.every(knows), 60_000));
    // So that the next one does not share packets with this one.
    lan.run(5_000);
  }
  return times.sort((a, b) => a - b);
}

/** What a member sends while nothing happens, a second: datagrams, and their bytes without IP and UDP headers. */
export function idle(): Row[] {
  return [8, 100, 1_000].map((members) => ({
    what: `simulated: sent by an idle member of ${members}, encrypted`,
    ours: idleLoad(members, PROFILES.lan),
    beside: `memberlist's own timers ${idleLoad(members, PROFILES.memberlist)}`,
  }));
}

function idleLoad(members: number, profile: Profile): string {
  const lan = new Lan({ seed: members, profile });
  const hosts = lan.settled(members);
  lan.run(5_000);
  const sum = (of: (host: Host) => number): number => hosts.reduce((total, host) => total + of(host), 0);
  const [packets, bytes] = [sum(({ sent }) => sent), sum((host) => host.bytes)];
  const seconds = members >= 1_000 ? 20 : 60;
  lan.run(seconds * 1_000);
  const rate = (now: number, then: number): number => (now - then) / members / seconds;
  return `${rate(
    sum(({ sent }) => sent),
    packets,
  ).toFixed(1)} packets, ${Math.round(
    rate(
      sum((host) => host.bytes),
      bytes,
    ),
  )} bytes a second`;
}

function summary(sorted: readonly number[]): string {
  const seconds = (share: number): string => `${(at(sorted, share) / 1_000).toFixed(2)} s`;
  return `p50 ${seconds(0.5)}, p99 ${seconds(0.99)}, max ${seconds(1)}`;
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
