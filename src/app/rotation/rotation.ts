import { clearInterval, clearTimeout, setInterval, setTimeout } from "node:timers";
import type { GenerationMark, MemberRecord } from "../../membership/mod.ts";
import type { Clock } from "../../shared/clock.ts";
import { GroupShareError, reason } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import type { Random } from "../../shared/random.ts";
import {
  type Group,
  type Identity,
  isUnsure,
  type Knowledge,
  kept,
  MOST_REMOVED,
  merge,
  type Roster,
  renewed,
  type Seen,
  signRemoval,
  withMember,
  withoutMember,
} from "../../trust/mod.ts";
import type { Session } from "../session.ts";
import { Accusations } from "./accusations.ts";
import { Asking } from "./asking.ts";
import { KeyTurn, progressOf } from "./keys.ts";
import { groupOf, isNews, isSame, knowledgeOf, missed, rosterOf, seenOf, stoodFor } from "./knowledge.ts";
import { Lookout } from "./lookout.ts";
import { Renewal } from "./renewal.ts";
import type { RotationStore } from "./store.ts";
import { Trust } from "./trust.ts";
import { type Answer, answerOf, groupRoutes, type Question, refusalOf } from "./wire.ts";

/** Whoever floods this member with what it cannot read makes it ask this often at most, in milliseconds. */
const UNREAD_PAUSE = 10_000;
/** Former secrets are looked at so often, in milliseconds. */
const HOUSEKEEPING = 60_000;

export interface RotationOptions {
  readonly group: Group;
  /** This member, which signs what it makes. */
  readonly identity: Pick<Identity, "memberId" | "publicKey" | "sign">;
  readonly store: RotationStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
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
  readonly #name: string;
  readonly #lookout: Lookout<Seen>;
  readonly #asking: Asking;
  readonly #accusations = new Accusations();
  readonly #renewal: Renewal;
  readonly #timers: { step: NodeJS.Timeout | null; care: NodeJS.Timeout };
  #known: Knowledge;
  #session: Session | null = null;
  #turn: KeyTurn | null = null;
  #stopped = false;
  #unreadAt = Number.NEGATIVE_INFINITY;
  #stepped = Promise.withResolvers<void>();

  private constructor(options: RotationOptions, known: Knowledge) {
    this.#options = options;
    this.#name = options.group.name;
    this.#known = known;
    this.trust = new Trust(options.identity.memberId, () => this.#known);
    this.#lookout = new Lookout({
      whom: () => this.#missing(),
      ask: (member) => this.#asking.ask(member),
      random: options.random,
    });
    this.#asking = new Asking({
      log: options.log,
      session: () => (this.#stopped ? null : this.#session),
      known: () => this.#known,
      answered: (answer, from) => this.#hear(answer, from),
      failed: () => this.#lookout.keep(),
    });
    this.#renewal = new Renewal({
      identity: options.identity,
      known: () => this.#known,
      made: (fresh) => {
        this.#become(renewed(this.#known, fresh, options.clock.wall()), false);
        return this.#store();
      },
      rested: () => this.#ticked(),
      clock: options.clock,
      random: options.random,
    });
    this.#timers = { step: null, care: setInterval(() => this.#care(), HOUSEKEEPING) };
    this.#timers.care.unref();
  }

  static async open(options: RotationOptions): Promise<Rotation> {
    const { group, store, identity, clock } = options;
    const { seen, removed } = await store.roster(group.id);
    const known = knowledgeOf(group, { seen, removed: await stoodFor(removed, group.id, identity) });
    const others = new Map([...known.roster].filter(([id]) => id !== identity.memberId));
    const former = kept(known.former, known.secret, clock.wall());
    return new Rotation(options, { ...known, roster: others, former });
  }

  get group(): Group {
    return groupOf(this.#known, this.#name);
  }

  /** Everybody seen with the group's secrets, and who was removed. */
  get roster(): Roster {
    return rosterOf(this.#known);
  }

  /** What this member announces. */
  get mark(): GenerationMark {
    const { generation } = this.#known.secret;
    return {
      generation,
      proof: this.trust.proof(this.#options.identity.memberId),
      sending: this.#turn?.sending ?? true,
    };
  }

  /** The keyring is being changed by a new secret, and not by hand. */
  get turning(): boolean {
    return this.#turn?.busy ?? false;
  }

  /** Resolves when the present secret is in use, a minute after it was made at the latest: who joins before reads nothing. */
  async inUse(): Promise<void> {
    while ((this.#turn?.sending === false || this.#renewal.isDue) && !this.#stopped) await this.#stepped.promise;
  }

  /** Nobody lets this member in, though there are members of its group: they have another secret. */
  get shutOut(): boolean {
    return this.trust.metOthers && this.#session?.others().length === 0;
  }

  /** From here on, everything is stored at once: the group is one to come back to. */
  async keep(): Promise<void> {
    this.#options.store.begin();
    await this.#store();
  }

  /** Goes on with the session that it was made for. */
  attach(session: Session): void {
    this.#session = session;
    this.#turn = new KeyTurn(session.membership.keyring, () => this.#options.clock.now());
    session.membership.on("changed", (member, _before, event) => {
      if (member.self || this.#stopped) return;
      this.#heard(member);
      this.#step();
      if (event === "died" || event === "suspected") this.#lookout.soon();
    });
    for (const member of session.others()) this.#heard(member);
    this.#lookout.soon();
    this.#renewal.look();
  }

  /** Gossip came that this member has no key for. From one that is missing, it means that there is a newer secret. */
  unread(host: string): void {
    const now = this.#options.clock.now();
    if (now - this.#unreadAt < UNREAD_PAUSE || !this.#missing().first.some(({ hosts }) => hosts.includes(host))) return;
    this.#unreadAt = now;
    this.#lookout.soon();
  }

  /** Gives the group a new secret. */
  rotate(): Promise<void> {
    return this.#renewal.now();
  }

  /** Takes a member out of the group, for good: a new secret is made without it. */
  async remove({ id, name }: { id: string; name: string }): Promise<void> {
    const at = this.#options.clock.wall();
    const signed = await signRemoval(this.#options.identity, this.#known.group, id);
    const known = withoutMember(this.#known, { id, name, at, ...signed }, at);
    if (!known.removed.has(id) || known.removed.size > MOST_REMOVED) {
      throw new GroupShareError("too-large", `Cannot remove "${name}": ${MOST_REMOVED} were removed already`, {
        hint: "start a new group, and invite to it who is to stay",
      });
    }
    this.#become(known, false);
    await this.#renewal.now();
  }

  /** Resolves when all is stored. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stepped.resolve();
    this.#lookout.stop();
    clearInterval(this.#timers.care);
    this.#renewal.stop();
    if (this.#timers.step !== null) clearTimeout(this.#timers.step);
    await this.#options.store.settled();
  }

  #hear(answer: Answer, from: string): void {
    const now = this.#options.clock.wall();
    const self = this.#options.identity.memberId;
    const removals = answer.kind === "removed" ? [answer.removal] : answer.told.removed;
    const own = removals.find(({ id }) => id === self);
    if (own !== undefined && this.#accusations.believes(this.#known, own, from)) this.#options.removed();
    else if (own !== undefined) {
      this.#options.log.warn("a member says that this one was removed; others are asked first", { member: from });
      this.#lookout.keep();
    }
    if (answer.kind === "removed") return;
    const removed = removals.filter(({ id }) => id !== self);
    this.#become(merge(this.#known, { ...answer.told, removed }, now), answer.sending);
  }

  #heard(member: MemberRecord): void {
    const { id, generation, state } = member;
    if (id === null || !this.trust.trusts(member) || (state !== "alive" && state !== "suspect")) return;
    const now = this.#options.clock.wall();
    const seen = seenOf(member, now);
    if (seen !== null && state === "alive" && !isSame(seen, this.#known.roster.get(id))) {
      this.#known = withMember(this.#known, seen, now);
      void this.#quietly();
    }
    const ours = this.#known.secret.generation;
    const other = generation !== null && !this.trust.has(id, generation);
    const ask = (other && generation.generation >= ours) || isUnsure(this.#known);
    if (seen !== null && ask && !this.#asking.busy) void this.#asking.ask({ ...seen, from: null });
    else if (other || ask) this.#lookout.soon();
  }

  /** Those who should be here with the present secret, and are not. */
  #missing(): { first: Seen[]; rest: Seen[] } {
    const here = this.#session
      ?.others()
      .filter(({ state, id, generation: mark }) => state === "alive" && this.trust.has(id, mark));
    return missed(this.#known, new Set(here?.map(({ id }) => id)), this.#options.clock.wall());
  }

  #answer(asker: string, asked: Question): [200 | 403, object] {
    const known = this.#known;
    const removal = known.removed.get(asker);
    if (removal !== undefined) return [403, refusalOf(known, removal)];
    const { generation, hash } = known.secret;
    const seen = known.roster.get(asker);
    // Who is further ahead is asked back.
    if (seen !== undefined && asked.generation >= generation && asked.hash !== hash) void this.#asking.ask(seen);
    return [200, answerOf(known, asker, asked, this.#turn?.sending ?? true)];
  }

  /** Goes on with what is known now. `sending`: others seal with this secret already, so nobody is waited for. */
  #become(known: Knowledge, sending: boolean): void {
    const before = this.#known;
    const removed = [...known.removed.values()].filter(({ id }) => !before.removed.has(id));
    const self = this.#options.identity.memberId;
    this.#known = { ...known, roster: new Map([...known.roster].filter(([id]) => id !== self)) };
    for (const { id, name } of removed) this.#options.log.warn("a member was removed from the group", { id, name });
    if (removed.length > 0) {
      this.#session?.dismiss();
      this.#turn?.expire(before.former);
      this.#lookout.soon();
    }
    this.#turn?.open(known.former);
    if (known.secret.hash !== before.secret.hash) this.#use(sending);
    if (isNews(known, before)) {
      void this.#quietly();
      this.#options.changed();
    }
    this.#renewal.look();
  }

  #use(sending: boolean): void {
    this.#options.log.info("the group has a new secret", { generation: this.#known.secret.generation });
    this.#turn?.begin(this.group);
    if (sending) this.#turn?.look(this.group, { allHave: true, allSend: false });
    this.#session?.announce(this.mark);
    this.#step();
    // Who could not be understood before can be now.
    if (this.#session?.others().every(({ state }) => state !== "alive")) void this.#session.membership.rejoin();
    else this.#session?.membership.seek();
    this.#lookout.soon();
  }

  /** Takes the steps that are due in bringing the secret into use. */
  #step(): void {
    const turn = this.#turn;
    const session = this.#session;
    if (turn === null || session === null || this.#stopped) return;
    const { generation } = this.#known.secret;
    const marks = session.others().map(({ id, generation: mark }) => ({ mark, has: this.trust.has(id, mark) }));
    const moved = turn.look(this.group, progressOf(marks, generation));
    if (moved) {
      session.announce(this.mark);
      this.#ticked();
    }
    if (this.#timers.step !== null) clearTimeout(this.#timers.step);
    this.#timers.step = turn.due === null ? null : setTimeout(() => this.#step(), turn.due + 1);
    this.#timers.step?.unref();
  }

  /** Who waits for the secret to be in use looks again. */
  #ticked(): void {
    this.#stepped.resolve();
    this.#stepped = Promise.withResolvers<void>();
  }

  /** Former secrets whose day is over go. */
  #care(): void {
    const { former, secret } = this.#known;
    const still = kept(former, secret, this.#options.clock.wall());
    const over = former.filter(({ hash }) => !still.some((one) => one.hash === hash));
    if (over.length === 0) return;
    this.#known = { ...this.#known, former: still };
    this.#turn?.expire(over);
    void this.#quietly();
  }

  #store(): Promise<void> {
    return this.#options.store.write(this.group, rosterOf(this.#known));
  }

  async #quietly(): Promise<void> {
    await this.#store().catch((thrown: unknown) => {
      this.#options.log.error("Cannot keep what is known of the group", { why: reason(thrown) });
    });
  }
}
