import { clearTimeout, setTimeout } from "node:timers";
import { pick, type Random } from "../../shared/random.ts";

/** Asked at once: so that a roster of many who are gone costs little. */
const AT_ONCE = 3;
/** The first question comes about this soon, each one after doubles the pause up to the longest. Milliseconds. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 60_000;

export interface LookoutOptions<Member> {
  /** Who is not here, or not with the same secret, though it should be: those known best, and those who may not even be. */
  whom(): { readonly first: readonly Member[]; readonly rest: readonly Member[] };
  /** Never rejects. */
  ask(member: Member): Promise<void>;
  readonly random: Random;
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
    this.#timer = setTimeout(() => void this.#look(), this.#pause * (0.5 + this.#options.random.next()));
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    this.#timer = null;
    const { whom, ask, random } = this.#options;
    const { first, rest } = whom();
    if (first.length + rest.length === 0) return;
    this.#pause = Math.min(LONGEST_PAUSE, this.#pause * 2);
    const chosen = pick(random, first, rest.length === 0 ? AT_ONCE : AT_ONCE - 1);
    await Promise.all([...chosen, ...pick(random, rest, AT_ONCE - chosen.length)].map(ask));
    if (this.#timer === null) this.#arm();
  }
}
