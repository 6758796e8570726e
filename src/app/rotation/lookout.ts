import { clearTimeout, setTimeout } from "node:timers";
import { type Log, tellFailure } from "../../shared/log.ts";
import { pick, type Random } from "../../shared/random.ts";

/** Asked at once: so that a roster of many who are gone costs little. */
const AT_ONCE = 3;
/** The first question comes about this soon, each one after doubles the pause up to the longest. Milliseconds. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 60_000;

export interface LookoutOptions<Member> {
  /** Who is not here, or not with the same secret, though it should be: those known best, and those who may not even be. */
  whom(): { readonly first: readonly Member[]; readonly rest: readonly Member[] };
  ask(member: Member): Promise<void>;
  readonly random: Random;
  readonly log: Log;
}

/** Asks members that are missing for what they know, ever more rarely, for as long as there are any. */
export class Lookout<Member> {
  readonly #options: LookoutOptions<Member>;
  #pause = FIRST_PAUSE;
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(options: LookoutOptions<Member>) {
    this.#options = options;
  }

  /** Somebody may be missing just now: asks soon, and begins with short pauses again. */
  soon(): void {
    const waits = this.#timer !== null && this.#pause === FIRST_PAUSE;
    this.#pause = FIRST_PAUSE;
    if (!waits) this.#arm();
  }

  /** Goes on looking, with the pauses as they are. */
  keep(): void {
    if (this.#timer === null) this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  /** After the pause, give or take half of it: members that lost each other do not ask in step. */
  #arm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#stopped) return;
    const { random, log } = this.#options;
    const look = () => tellFailure(log, "ask for members that are missing", this.#look());
    this.#timer = setTimeout(look, this.#pause * (0.5 + random.next()));
    this.#timer.unref();
  }

  /** Who is asked in a round. Those who may not even be have one seat, and those that nobody known better takes. */
  seats(): Member[] {
    const { whom, random } = this.#options;
    const { first, rest } = whom();
    const chosen = pick(random, first, rest.length === 0 ? AT_ONCE : AT_ONCE - 1);
    return [...chosen, ...pick(random, rest, AT_ONCE - chosen.length)];
  }

  async #look(): Promise<void> {
    this.#timer = null;
    const seats = this.seats();
    if (seats.length === 0) return;
    this.#pause = Math.min(LONGEST_PAUSE, this.#pause * 2);
    try {
      await Promise.all(seats.map((member) => this.#options.ask(member)));
    } finally {
      if (this.#timer === null) this.#arm();
    }
  }
}
