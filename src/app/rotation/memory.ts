import type { Clock } from "../../shared/clock.ts";
import { type Log, tellFailure } from "../../shared/log.ts";
import { type Former, type Group, type Identity, type Knowledge, kept, type Roster } from "../../trust/mod.ts";
import { groupOf, knowledgeOf, rosterOf, stoodFor } from "./knowledge.ts";
import type { RotationStore } from "./store.ts";

export interface MemoryOptions {
  readonly group: Group;
  /** This member. */
  readonly identity: Pick<Identity, "memberId" | "publicKey" | "sign">;
  readonly store: RotationStore;
  readonly clock: Clock;
  readonly log: Log;
}

/** What this member knows of its group, as it is now and as it is on disk. It is on no roster of its own. */
export class Memory {
  readonly #options: MemoryOptions;
  #known: Knowledge;

  private constructor(options: MemoryOptions, known: Knowledge) {
    this.#options = options;
    this.#known = known;
  }

  /** What was stored; former secrets whose day is over are left out. */
  static async open(options: MemoryOptions): Promise<Memory> {
    const { group, identity, store, clock } = options;
    const { seen, removed } = await store.roster(group.id);
    const known = knowledgeOf(group, { seen, removed: await stoodFor(removed, group.id, identity) });
    const former = kept(known.former, known.secret, clock.wall());
    return new Memory(options, withoutSelf({ ...known, former }, identity.memberId));
  }

  get known(): Knowledge {
    return this.#known;
  }

  set known(known: Knowledge) {
    this.#known = withoutSelf(known, this.#options.identity.memberId);
  }

  get group(): Group {
    return groupOf(this.#known, this.#options.group.name);
  }

  /** Everybody seen with the group's secrets, and who was removed. */
  get roster(): Roster {
    return rosterOf(this.#known);
  }

  /** Forgets former secrets whose day is over, and gives them back. */
  forgetOld(): readonly Former[] {
    const { former, secret } = this.#known;
    const still = kept(former, secret, this.#options.clock.wall());
    const over = former.filter(({ hash }) => !still.some((one) => one.hash === hash));
    if (over.length > 0) {
      this.#known = { ...this.#known, former: still };
      this.storeUnwatched();
    }
    return over;
  }

  store(): Promise<void> {
    return this.#options.store.write(this.group, this.roster);
  }

  /** The same, where nobody waits for it. */
  storeUnwatched(): void {
    tellFailure(this.#options.log, "keep what is known of the group", this.store());
  }
}

function withoutSelf(known: Knowledge, self: string): Knowledge {
  return { ...known, roster: new Map([...known.roster].filter(([id]) => id !== self)) };
}
