import type { Lifeguard } from "../../src/membership/core/core.ts";
import { PROFILES, type Profile } from "../../src/membership/core/profiles.ts";
import { pick } from "../../src/shared/random.ts";
import type { Host } from "./host.ts";
import { Lan } from "./lan.ts";

/** One experiment as in the Lifeguard paper: some members process messages only now and then (SWIM-WIRE §6.2). */
export interface SlowOptions {
  readonly seed: number;
  readonly members: number;
  /** Members that are slow, all at the same moments. */
  readonly slow: number;
  /** They are blocked so long, and then not for so long, over and over; milliseconds. */
  readonly blocked: number;
  readonly pause: number;
  /** How long it goes on, milliseconds; then until the last block is over. */
  readonly lasting: number;
  readonly profile: Profile;
  readonly lifeguard: Lifeguard;
}

export interface SlowResult {
  /** Deaths believed of members that were never slow: by anybody, and by others that were not slow. */
  readonly anywhere: number;
  readonly healthy: number;
  readonly packets: number;
  readonly bytes: number;
}

export const SWIM: Lifeguard = { probe: false, suspicion: false, buddy: false, lag: false };
export const LIFEGUARD: Lifeguard = { probe: true, suspicion: true, buddy: true, lag: true };

/** α and β of the paper on memberlist's own timers; without LHA-suspicion β is 1. */
export function paperProfile(alpha: number, beta: number): Profile {
  return { ...PROFILES.memberlist, suspicionMult: alpha, suspicionMaxMult: beta };
}

export function slowRun(options: SlowOptions): SlowResult {
  const slow = new Set<string>();
  let [anywhere, healthy] = [0, 0];
  const lan = new Lan({
    ...{ seed: options.seed, profile: options.profile, lifeguard: options.lifeguard },
    watch: {
      believed: (host, now) => {
        if (now.state !== "dead" || slow.has(now.name)) return;
        anywhere += 1;
        if (!slow.has(host.name)) healthy += 1;
      },
    },
  });
  const hosts = lan.settled(options.members);
  lan.run(2_000);
  const chosen: readonly Host[] = pick(lan.random, hosts, options.slow);
  for (const { name } of chosen) slow.add(name);
  const before = total(hosts);
  for (let at = 0; at < options.lasting; at += options.blocked + options.pause) {
    for (const host of chosen) lan.ail(host, "slow", options.blocked);
    lan.run(options.blocked + options.pause);
  }
  const after = total(hosts);
  return { anywhere, healthy, packets: after.packets - before.packets, bytes: after.bytes - before.bytes };
}

function total(hosts: readonly Host[]): { packets: number; bytes: number } {
  let [packets, bytes] = [0, 0];
  for (const host of hosts) {
    packets += host.sent;
    bytes += host.bytes;
  }
  return { packets, bytes };
}
