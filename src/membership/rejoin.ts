import { clearTimeout, setTimeout } from "node:timers";
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
/** The first search comes about this soon; each one that finds nobody doubles the pause up to the longest. */
const FIRST_PAUSE = 2_000;
const LONGEST_PAUSE = 60_000;
/** Missing members asked in one search, so that a large lost half costs little. */
const AT_ONCE = 3;

export interface RejoinOptions {
  readonly met: readonly Met[];
  readonly keep: (met: readonly Met[]) => void;
  readonly join: (seeds: readonly string[]) => Promise<JoinResult>;
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
  /** Wire names of those who are here. */
  readonly #here = new Set<string>();
  /** Those who said goodbye since this start: they come back by themselves. */
  readonly #left = new Set<string>();
  #pause = FIRST_PAUSE;
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(options: RejoinOptions) {
    this.#options = options;
    this.#met = new Map(options.met.map((met) => [met.name, met]));
    this.#arm();
  }

  /** Asks all who are remembered. For a start: whoever of them answers brings the rest. */
  again(): Promise<JoinResult> {
    return this.#options.join([...this.#met.values()].map(({ address }) => address));
  }

  changed(member: MemberRecord): void {
    if (member.self) return;
    const name = member.wireName;
    if (member.state === "alive" || member.state === "suspect") {
      this.#here.add(name);
      this.#left.delete(name);
      this.#remember(member);
      return;
    }
    const wasHere = this.#here.delete(name);
    if (member.state === "left") this.#left.add(name);
    else if (wasHere) {
      this.#remember(member);
      this.#pause = FIRST_PAUSE;
      this.#arm();
    }
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
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

  /** Looks again after the pause, give or take half of it, so that two halves do not look in step. */
  #arm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.#search(), this.#pause * (0.5 + this.#options.random.next()));
    this.#timer.unref();
  }

  async #search(): Promise<void> {
    const missing = pick(this.#options.random, this.#missing(), AT_ONCE);
    if (missing.length > 0) {
      const { joined } = await this.#options.join(missing.map(({ address }) => address));
      this.#pause = joined.length > 0 ? FIRST_PAUSE : Math.min(LONGEST_PAUSE, this.#pause * 2);
    }
    this.#arm();
  }
}
