import { clearInterval, setInterval } from "node:timers";
import type { GenerationMark } from "../../membership/mod.ts";
import { GroupShareError } from "../../shared/errors.ts";
import { tellFailure } from "../../shared/log.ts";
import type { Random } from "../../shared/random.ts";
import {
  agreeing,
  type Group,
  type Knowledge,
  MOST_REMOVED,
  type Removed,
  type Roster,
  renewed,
  type Seen,
  signRemoval,
  withoutMember,
} from "../../trust/mod.ts";
import type { Session } from "../session.ts";
import { Hearing } from "./hearing.ts";
import { isNews } from "./knowledge.ts";
import { Memory, type MemoryOptions } from "./memory.ts";
import { Renewal } from "./renewal.ts";
import { Trust } from "./trust.ts";
import { Turning } from "./turning.ts";
import { answerOf, groupRoutes, type Question, refusalOf } from "./wire.ts";

/** Removals heard of at once that are told one by one. */
const MOST_TOLD = 8;
/** Former secrets are looked at so often, in milliseconds. */
const HOUSEKEEPING = 60_000;

export interface RotationOptions extends MemoryOptions {
  readonly random: Random;
  /** Who is in the group, or what its secret is, is another. */
  changed(): void;
  /** Another member says that this one was removed. */
  removed(): void;
}

/**
 * The secrets of a group and its roster, for as long as this member is in it: hears of new ones, asks for them, answers
 * who may know them, and brings them into use. What two members know becomes one by `merge` alone.
 */
export class Rotation {
  readonly routes = groupRoutes((asker, asked) => this.#answer(asker, asked));
  readonly trust: Trust;
  readonly #options: RotationOptions;
  readonly #memory: Memory;
  readonly #hearing: Hearing;
  readonly #turning: Turning;
  readonly #renewal: Renewal;
  readonly #housekeeping: NodeJS.Timeout;
  #session: Session | null = null;
  #stopped = false;

  private constructor(options: RotationOptions, memory: Memory) {
    const self = options.identity.memberId;
    const trust = new Trust(self, () => memory.known);
    this.#options = options;
    this.#memory = memory;
    this.trust = trust;
    this.#turning = new Turning({ ...options, self, memory, trust });
    this.#hearing = new Hearing({
      ...options,
      self,
      memory,
      trust,
      learned: (known, sending) => this.#become(known, sending),
    });
    this.#renewal = new Renewal({
      ...options,
      known: () => memory.known,
      made: (fresh) => {
        this.#become(renewed(memory.known, fresh, options.clock.wall()), false);
        return memory.store();
      },
      rested: () => this.#turning.ticked(),
    });
    this.#housekeeping = setInterval(() => this.forgetOld(), HOUSEKEEPING);
    this.#housekeeping.unref();
  }

  static async open(options: RotationOptions): Promise<Rotation> {
    return new Rotation(options, await Memory.open(options));
  }

  get group(): Group {
    return this.#memory.group;
  }

  get roster(): Roster {
    return this.#memory.roster;
  }

  /** What this member announces. */
  get mark(): GenerationMark {
    return this.#turning.mark;
  }

  /** The keyring is being changed by a new secret, and not by hand. */
  get turning(): boolean {
    return this.#turning.busy;
  }

  /** Resolves when the present secret is in use, a minute after it was made at the latest: who joins before reads nothing. */
  inUse(): Promise<void> {
    return this.#turning.inUse(() => this.#renewal.isDue);
  }

  /** Nobody lets this member in, though there are members of its group: they have another secret. */
  get shutOut(): boolean {
    return this.trust.metOthers && this.#session?.others().length === 0;
  }

  /** From here on, everything is stored at once: the group is one to come back to. */
  async keep(): Promise<void> {
    this.#options.store.begin();
    await this.#memory.store();
  }

  /** Goes on with the session that it was made for. */
  attach(session: Session): void {
    this.#session = session;
    this.#turning.attach(session);
    session.membership.on("changed", (member, _before, event) => {
      if (member.self || this.#stopped) return;
      this.#hearing.heard(member);
      this.#turning.step();
      if (event === "died" || event === "suspected") this.#hearing.soon();
    });
    this.#hearing.attach(session);
    this.#renewal.look();
  }

  /** Gossip came from this host that this member has no key for. */
  unread(host: string): void {
    this.#hearing.unread(host);
  }

  /** Gives the group a new secret. */
  async rotate(): Promise<void> {
    await this.#hearing.askAll(null);
    await this.#renewal.now();
  }

  /** Takes a member out of the group, for good: a new secret is made without it. */
  async remove({ id, name }: { id: string; name: string }): Promise<void> {
    await this.#hearing.askAll(id);
    const at = this.#options.clock.wall();
    const signed = await signRemoval(this.#options.identity, this.#memory.known.group, id);
    const known = withoutMember(this.#memory.known, { id, name, at, ...signed }, at);
    if (!known.removed.has(id) || known.removed.size > MOST_REMOVED) {
      throw new GroupShareError("too-large", `Cannot remove "${name}": ${MOST_REMOVED} were removed already`, {
        hint: "start a new group, and invite to it who is to stay",
      });
    }
    this.#become(known, false);
    await this.#renewal.now();
  }

  /** Former secrets whose day is over open nothing any more. Looked at every minute. */
  forgetOld(): void {
    this.#turning.expire(this.#memory.forgetOld());
  }

  /** Resolves when all is stored. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#housekeeping);
    this.#hearing.stop();
    this.#renewal.stop();
    this.#turning.stop();
    await this.#options.store.settled();
  }

  #answer(asker: string, asked: Question): [200 | 403, object] {
    const { known } = this.#memory;
    const removal = known.removed.get(asker);
    if (removal !== undefined) return [403, refusalOf(known, removal)];
    const { generation, hash } = known.secret;
    const seen = known.roster.get(asker);
    // Who is further ahead is asked back.
    const ahead = asked.generation >= generation && asked.hash !== hash;
    if (seen !== undefined && ahead) this.#hearing.ask(seen, "what it asks");
    if (seen?.agreed === null && asked.generation === generation && asked.hash === hash) {
      this.#memory.known = agreeing(known, asker, this.#options.clock.wall());
      this.#memory.storeUnwatched();
    }
    return [200, answerOf(known, asker, asked, this.#turning.sending)];
  }

  /** Goes on with what is known now. `sending`: others seal with this secret already, so nobody is waited for. */
  #become(known: Knowledge, sending: boolean): void {
    const before = this.#memory.known;
    this.#memory.known = known;
    const removed = [...known.removed.values()].filter(({ id }) => !before.removed.has(id));
    const forgot = [...before.roster.values()].filter(({ id }) => !known.roster.has(id));
    if (forgot.length > 0 || removed.length > 0) this.#session?.dismiss();
    this.#tellOfForgotten(forgot.filter(({ id, from }) => from === null && !known.removed.has(id)));
    if (removed.length > 0) {
      this.#tellOf(removed);
      this.#turning.expire(before.former);
      this.#hearing.soon();
    }
    this.#turning.open(known.former);
    if (known.secret.hash !== before.secret.hash) this.#use(sending);
    if (isNews(known, before)) {
      this.#memory.storeUnwatched();
      this.#options.changed();
    }
    this.#renewal.look();
  }

  #tellOf(removed: readonly Removed[]): void {
    const { log } = this.#options;
    const first = removed.slice(0, MOST_TOLD);
    for (const { id, name } of first) log.warn("a member was removed from the group", { id, name });
    const more = removed.length - MOST_TOLD;
    if (more > 0) log.warn("more members were removed from the group", { count: more });
  }

  #tellOfForgotten(forgot: readonly Seen[]): void {
    const { log } = this.#options;
    if (forgot.length === 0) return;
    log.warn("members that came while others changed the group's secret have to be invited again", {
      members: forgot.slice(0, MOST_TOLD).map(({ id, name }) => `${name} ${id.slice(0, 16)}`),
      count: forgot.length,
    });
  }

  #use(sending: boolean): void {
    const { log } = this.#options;
    log.info("the group has a new secret", { generation: this.#memory.known.secret.generation });
    this.#turning.begin(sending);
    // Who could not be understood before can be now.
    if (this.#session?.others().every(({ state }) => state !== "alive")) {
      tellFailure(log, "look for the members that were here", this.#session.membership.rejoin());
    } else this.#session?.membership.seek();
    this.#hearing.soon();
  }
}
