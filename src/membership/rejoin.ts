import { clearTimeout, setTimeout } from "node:timers";
import { setTimeout as sleep } from "node:timers/promises";
import { endpointText } from "../shared/endpoint.ts";
import type { Random } from "../shared/random.ts";
import { pick } from "../shared/random.ts";
import type { MemberRecord } from "./records.ts";
import type { JoinResult } from "./seeds.ts";
import type { Met } from "./state.ts";

/** Members that are remembered; those met longest ago are forgotten first. */
const MOST = 128;
/** A missing member is looked for this long after it was last seen alive, in milliseconds. */
const PATIENCE = 12 * 3_600_000;
/** The first search comes about this soon, each one after doubles the pause up to the longest; a loss begins anew. */
const FIRST_PAUSE = 2_000;
const LONGEST_PAUSE = 60_000;
/** While it is this member that was away, it asks more often: a network may take some seconds to be there again. */
const FIRST_RESTLESS_PAUSE = 500;
const LONGEST_RESTLESS_PAUSE = 4_000;
/** Members asked in one search, so that a large lost half costs little. */
const AT_ONCE = 3;
/** A search waits no longer for answers before the next one is thought of. */
const SEARCH_LIMIT = 3_000;

export interface RejoinOptions {
  readonly met: readonly Met[];
  readonly keep: (met: readonly Met[]) => void;
  readonly join: (seeds: readonly string[]) => Promise<JoinResult>;
  /** The addresses of each who announces on the network to be of this group. */
  readonly announced: () => readonly (readonly string[])[];
  readonly wall: () => number;
  readonly random: Random;
}

/**
 * Remembers whom this member was with, and looks for those who are missing: after a restart, and when they died
 * without a goodbye, since a partition that outlasts the memory of the dead heals by nothing else (SWIM-WIRE §5.2, #222).
 */
export class Rejoin {
  readonly #options: RejoinOptions;
  readonly #met: Map<string, Met>;
  /** Addresses of those who are here, by wire name. */
  readonly #here = new Map<string, string>();
  /** Those who said goodbye since this start: they come back by themselves. */
  readonly #left = new Set<string>();
  readonly #seeds = new Set<string>();
  #pause = FIRST_PAUSE;
  #timer: NodeJS.Timeout | null = null;
  /** This member was away, and nobody has answered it since. */
  #restless = false;
  #stopped = false;

  constructor(options: RejoinOptions) {
    this.#options = options;
    this.#met = new Map(options.met.map((met) => [met.name, met]));
    this.#arm(FIRST_PAUSE);
  }

  /** Asks all who are remembered or announced. For a start: whoever of them answers brings the rest. */
  again(): Promise<JoinResult> {
    const met = [...this.#met.values()].map(({ address }) => address);
    return this.#options.join([...new Set([...met, ...this.#strangers().flat()])]);
  }

  /** This member slept, or moved: it may be dead for the others, or forgotten, and asks until one of them answers. */
  back(): void {
    if (this.#stopped) return;
    this.#restless = true;
    this.#soon(0);
    this.#pause = FIRST_RESTLESS_PAUSE;
  }

  /** There may be somebody new, also at these seeds, which are asked for as long as nobody is here. */
  seek(seeds: readonly string[]): void {
    for (const seed of seeds) this.#seeds.add(seed);
    this.#soon();
  }

  changed(member: MemberRecord): void {
    if (member.self) return;
    const name = member.wireName;
    if (member.state === "alive" || member.state === "suspect") {
      this.#here.set(name, endpointText(member));
      this.#left.delete(name);
      this.#remember(member);
      return;
    }
    const wasHere = this.#here.delete(name);
    if (member.state === "left") this.#left.add(name);
    else if (wasHere) {
      this.#remember(member);
      this.#soon();
    }
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #soon(ms = FIRST_PAUSE): void {
    this.#pause = FIRST_PAUSE;
    this.#arm(ms);
  }

  #remember(member: MemberRecord): void {
    const address = endpointText({ host: member.host, port: member.port });
    const known = this.#met.get(member.wireName);
    this.#met.delete(member.wireName);
    this.#met.set(member.wireName, { name: member.wireName, address, seen: this.#options.wall() });
    for (const oldest of this.#met.keys()) {
      if (this.#met.size <= MOST) break;
      this.#met.delete(oldest);
    }
    if (known?.address !== address || member.state === "dead") this.#options.keep([...this.#met.values()]);
  }

  #missing(): Met[] {
    const since = this.#options.wall() - PATIENCE;
    return [...this.#met.values()].filter(
      ({ name, seen }) => !this.#here.has(name) && !this.#left.has(name) && seen > since,
    );
  }

  /** Those who announce themselves and are not here, as two starts with one invite that never met. */
  #strangers(): (readonly string[])[] {
    const here = new Set(this.#here.values());
    return this.#options.announced().filter((addresses) => !addresses.some((address) => here.has(address)));
  }

  #sought(): string[] {
    const some = <T>(items: readonly T[]): T[] => pick(this.#options.random, items, AT_ONCE);
    const sought = [...some(this.#missing()).map(({ address }) => address), ...some(this.#strangers()).flat()];
    if (this.#here.size === 0) sought.push(...some([...this.#seeds]));
    if (this.#restless) {
      const known = [...this.#met.values()].map(({ address }) => address);
      sought.push(...some(this.#here.size > 0 ? [...this.#here.values()] : known));
    }
    return [...new Set(sought)];
  }

  /** Looks again after this time, give or take half of it, so that two halves do not look in step. */
  #arm(ms: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.#search(), ms * (0.5 + this.#options.random.next()));
    this.#timer.unref();
  }

  async #search(): Promise<void> {
    const sought = this.#sought();
    if (sought.length > 0) {
      this.#pause = Math.min(this.#restless ? LONGEST_RESTLESS_PAUSE : LONGEST_PAUSE, this.#pause * 2);
      const asked = this.#options.join(sought).then(({ joined }) => {
        if (joined.length > 0) this.#restless = false;
      });
      await Promise.race([asked, sleep(SEARCH_LIMIT, undefined, { ref: false })]);
    }
    this.#arm(this.#pause);
  }
}
