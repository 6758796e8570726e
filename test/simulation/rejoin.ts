import type { Address } from "../../src/membership/core/address.ts";
import type { Node } from "../../src/membership/core/nodes.ts";
import { pick, type Random } from "../../src/shared/random.ts";

/** Looks for those who are missing; the real one is src/membership/rejoin.ts, which waits on the machine's own timers. */
export interface RejoinPolicy {
  changed(member: Node): void;
  /** Somebody who was asked for its list gave it. */
  answered(): void;
  /** This member was away. */
  back(): void;
  stop(): void;
}

export interface RejoinOptions {
  readonly self: string;
  /** Addresses by name; kept over restarts by whoever gives it. */
  readonly met: Map<string, Address>;
  readonly join: (to: Address) => void;
  readonly after: (ms: number, run: () => void) => void;
  readonly random: Random;
}

/** As in the real one, in milliseconds. */
const FIRST_PAUSE = 2_000;
export const LONGEST_PAUSE = 60_000;
const LONGEST_RESTLESS_PAUSE = 4_000;
const AT_ONCE = 3;
const MOST = 128;

/** The same policy on simulated time. */
export function rejoining({ self, met, join, after, random }: RejoinOptions): RejoinPolicy {
  const here = new Set<string>();
  const left = new Set<string>();
  let pause = FIRST_PAUSE;
  let epoch = 0;
  let restless = false;
  const arm = (ms: number): void => {
    const mine = ++epoch;
    after(ms * (0.5 + random.next()), () => {
      if (mine === epoch) search();
    });
  };
  const search = (): void => {
    const missing = [...met].filter(([name]) => !here.has(name) && !left.has(name)).map(([, address]) => address);
    const sought = pick(random, missing, AT_ONCE);
    if (restless) sought.push(...pick(random, [...met.values()], AT_ONCE));
    if (sought.length > 0) pause = Math.min(restless ? LONGEST_RESTLESS_PAUSE : LONGEST_PAUSE, pause * 2);
    for (const address of sought) join(address);
    arm(pause);
  };
  arm(pause);
  return {
    changed(member) {
      const { name, state, address } = member;
      if (name === self) return;
      if (state === "alive" || state === "suspect") {
        here.add(name);
        left.delete(name);
        met.delete(name);
        met.set(name, address);
        for (const oldest of met.keys()) {
          if (met.size <= MOST) break;
          met.delete(oldest);
        }
        return;
      }
      const wasHere = here.delete(name);
      if (state === "left") left.add(name);
      else if (wasHere) {
        pause = FIRST_PAUSE;
        arm(pause);
      }
    },
    answered() {
      restless = false;
    },
    back() {
      restless = true;
      pause = FIRST_PAUSE;
      arm(0);
    },
    stop: () => {
      epoch += 1;
    },
  };
}
