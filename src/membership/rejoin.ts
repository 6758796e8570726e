import type { Clock } from "../shared/clock.ts";
import { endpointText } from "../shared/endpoint.ts";
import type { Random } from "../shared/random.ts";
import { pick } from "../shared/random.ts";
import type { MemberRecord } from "./records.ts";
import type { Met } from "./state.ts";

/** Members that are remembered; those met longest ago are forgotten first. */
const MOST = 128;
/** A missing member is looked for this long after it was last here, or this one began to run or woke. Milliseconds. */
const PATIENCE = 12 * 3_600_000;
/**
 * The first search comes about this soon, each pause after is longer by this factor up to the longest; a loss begins anew.
 * So a network that was cut for a while is looked for again within about a quarter of that while.
 */
const FIRST_PAUSE = 2_000;
const GROWTH = 1.25;
export const LONGEST_PAUSE = 60_000;
/** While it is this member that was away, it asks more often: a network may take some seconds to be there again. */
const FIRST_RESTLESS_PAUSE = 500;
const RESTLESS_GROWTH = 2;
const LONGEST_RESTLESS_PAUSE = 4_000;
/** Members asked in one search, so that a large lost half costs little. */
const AT_ONCE = 3;
/** That those who are here were seen is kept this often, in milliseconds. */
const KEEP_EVERY = 5 * 60_000;

/** Somebody who announces on the network to be of this group. */
export interface Announced {
  readonly wireName: string;
  /** Gossip addresses, `host:port`, the likeliest first. */
  readonly addresses: readonly string[];
}

export interface RejoinOptions {
  readonly met: readonly Met[];
  readonly keep: (met: readonly Met[]) => void;
  /** Asks whoever is at these addresses for their lists. Tells when all of them answered or did not: whether any did. */
  readonly ask: (addresses: readonly string[], told: (any: boolean) => void) => void;
  readonly announced: () => readonly Announced[];
  readonly clock: Clock;
  /** Runs something so many milliseconds from now, unless the returned function is called before. */
  readonly after: (ms: number, run: () => void) => () => void;
  readonly random: Random;
}

/** What counts of a member here. */
export type Sighting = Pick<MemberRecord, "wireName" | "state" | "self" | "host" | "port">;

interface Known {
  readonly met: Met;
  /** When it was last here in this run, by the steady clock. */
  readonly hereAt: number;
  /** It said goodbye, and comes back by itself. */
  readonly left: boolean;
}

/**
 * Remembers whom this member was with, and looks for those who are missing: after a restart, and when they died
 * without a goodbye, since a partition that outlasts the memory of the dead heals by nothing else (SWIM-WIRE §5.2, #222).
 */
export class Rejoin {
  readonly #options: RejoinOptions;
  /** By wire name, those met longest ago first. */
  readonly #known: Map<string, Known>;
  /** Addresses of those who are here, by wire name. */
  readonly #here = new Map<string, string>();
  readonly #seeds = new Set<string>();
  /** When this member began to look, by the steady clock. */
  #since: number;
  #pause = FIRST_PAUSE;
  #endPause = (): void => undefined;
  #endKeeping = (): void => undefined;
  /** This member was away, and nobody has answered it since. */
  #restless = false;
  #stopped = false;

  constructor(options: RejoinOptions) {
    this.#options = options;
    const met = [...options.met].sort((a, b) => a.seen - b.seen);
    this.#known = new Map(met.map((one) => [one.name, { met: one, hereAt: Number.NEGATIVE_INFINITY, left: false }]));
    this.#since = options.clock.now();
    this.#arm(FIRST_PAUSE);
    this.#keepSometimes();
  }

  /** The addresses of all who are remembered or announced. For a start: whoever of them answers brings the rest. */
  everybody(): string[] {
    return [...new Set([...this.#remembered(), ...this.#strangers().flat()])];
  }

  /** This member slept, or moved: it may be dead for the others, or forgotten, and asks until one of them answers. */
  back(): void {
    if (this.#stopped) return;
    this.#restless = true;
    this.#since = this.#options.clock.now();
    this.#soon(0);
    this.#pause = FIRST_RESTLESS_PAUSE;
  }

  /** There may be somebody new, also at these seeds, which are asked for as long as nobody is here. */
  seek(seeds: readonly string[]): void {
    for (const seed of seeds) this.#seeds.add(seed);
    this.#soon();
  }

  changed(member: Sighting): void {
    if (member.self) return;
    const { wireName: name, state } = member;
    if (state === "alive" || state === "suspect") {
      this.#here.set(name, endpointText(member));
      this.#remember(member);
      return;
    }
    const wasHere = this.#here.delete(name);
    const known = this.#known.get(name);
    if (state === "left") {
      if (known === undefined) return;
      const seen = wasHere ? this.#options.clock.wall() : known.met.seen;
      this.#known.set(name, { ...known, met: { ...known.met, seen }, left: true });
    } else if (wasHere) {
      this.#remember(member);
      this.#soon();
    }
  }

  /** Looks for nobody any more, and keeps who is here now. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#endPause();
    this.#endKeeping();
    this.#keep();
  }

  #soon(ms = FIRST_PAUSE): void {
    this.#pause = FIRST_PAUSE;
    this.#arm(ms);
  }

  #remember({ wireName: name, state, host, port }: Sighting): void {
    const { clock } = this.#options;
    const address = endpointText({ host, port });
    const before = this.#known.get(name)?.met.address;
    this.#known.delete(name);
    this.#known.set(name, { met: { name, address, seen: clock.wall() }, hereAt: clock.now(), left: false });
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MOST) break;
      this.#known.delete(oldest);
    }
    if (before !== address || state === "dead") this.#keep();
  }

  #keepSometimes(): void {
    this.#endKeeping = this.#options.after(KEEP_EVERY, () => {
      if (this.#here.size > 0) this.#keep();
      this.#keepSometimes();
    });
  }

  /** Whoever is here was seen now. */
  #keep(): void {
    const seen = this.#options.clock.wall();
    this.#options.keep([...this.#known.values()].map(({ met }) => (this.#here.has(met.name) ? { ...met, seen } : met)));
  }

  #remembered(): string[] {
    return [...this.#known.values()].map(({ met }) => met.address);
  }

  #missing(): string[] {
    const now = this.#options.clock.now();
    return [...this.#known.values()]
      .filter(({ met, left }) => !this.#here.has(met.name) && !left)
      .filter(({ hereAt }) => now - Math.max(hereAt, this.#since) < PATIENCE)
      .map(({ met }) => met.address);
  }

  /**
   * Those who announce themselves and are not here, as two starts with one invite that never met. By name too: what they
   * announce is where they are, which for one behind a router is not where others find it.
   */
  #strangers(): (readonly string[])[] {
    const here = new Set(this.#here.values());
    return this.#options
      .announced()
      .filter(({ wireName }) => !this.#here.has(wireName))
      .map(({ addresses }) => addresses)
      .filter((addresses) => !addresses.some((address) => here.has(address)));
  }

  #sought(): string[] {
    const some = <T>(items: readonly T[]): T[] => pick(this.#options.random, items, AT_ONCE);
    const sought = [...some(this.#missing()), ...some(this.#strangers()).flat()];
    if (this.#here.size === 0) sought.push(...some([...this.#seeds]));
    if (this.#restless) sought.push(...some(this.#here.size > 0 ? [...this.#here.values()] : this.#remembered()));
    return [...new Set(sought)];
  }

  /** Looks again after this time, give or take half of it, so that two halves do not look in step. */
  #arm(ms: number): void {
    this.#endPause();
    if (this.#stopped) return;
    const { after, random } = this.#options;
    this.#endPause = after(ms * (0.5 + random.next()), () => this.#search());
  }

  #search(): void {
    const sought = this.#sought();
    if (sought.length > 0) {
      this.#options.ask(sought, (any) => {
        if (any) this.#restless = false;
      });
      const [growth, longest] = this.#restless ? [RESTLESS_GROWTH, LONGEST_RESTLESS_PAUSE] : [GROWTH, LONGEST_PAUSE];
      this.#pause = Math.min(longest, this.#pause * growth);
    }
    this.#arm(this.#pause);
  }
}
