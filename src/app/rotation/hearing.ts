import { setTimeout as pause } from "node:timers/promises";
import type { MemberRecord } from "../../membership/mod.ts";
import type { Clock } from "../../shared/clock.ts";
import { type Log, tellFailure } from "../../shared/log.ts";
import { pick, type Random } from "../../shared/random.ts";
import {
  isUnsure,
  type Knowledge,
  merge,
  prevails,
  type Secret,
  type Seen,
  type Sight,
  withMember,
} from "../../trust/mod.ts";
import type { Session } from "../session.ts";
import { Accusations } from "./accusations.ts";
import { Asking } from "./asking.ts";
import { isSame, isUnasked, missed, seenOf } from "./knowledge.ts";
import { Lookout } from "./lookout.ts";
import type { Memory } from "./memory.ts";
import type { Trust } from "./trust.ts";
import type { Answer } from "./wire.ts";

/** Whoever floods this member with what it cannot read makes it ask this often at most, in milliseconds. */
const UNREAD_PAUSE = 10_000;

/** A member is asked so often at most because of what it goes on announcing, in milliseconds. */
const SAME_PAUSE = 10_000;
const MOST_ASKED = 1_024;
/** Members that are asked before a secret is made. */
const MOST_ASKED_FIRST = 64;
/** And waited for so long, in milliseconds. */
const ASKED_FOR = 1_500;

export interface HearingOptions {
  /** This member's id. */
  readonly self: string;
  readonly memory: Memory;
  readonly trust: Trust;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** What is known after another answered. `sending`: it seals what it sends with its secret. */
  learned(known: Knowledge, sending: boolean): void;
  /** This member was removed, as enough others say. */
  removed(): void;
}

/** Hears of others in gossip, asks those who know more or are missing, and takes in what they answer. */
export class Hearing {
  readonly #options: HearingOptions;
  readonly #lookout: Lookout<Seen>;
  readonly #asking: Asking;
  readonly #accusations = new Accusations();
  #session: Session | null = null;
  /** When members were asked because of what they announced, by the clock that never goes back. */
  readonly #asked = new Map<string, number>();
  #toldShut = false;
  /** Members whose newer secret was not taken. */
  readonly #left = new Set<string>();
  #unreadAt = Number.NEGATIVE_INFINITY;

  constructor(options: HearingOptions) {
    const { log, random, memory } = options;
    this.#options = options;
    this.#lookout = new Lookout({
      whom: () => this.#missing(),
      ask: (member) => this.#asking.ask(member),
      random,
      log,
    });
    this.#asking = new Asking({
      log,
      session: () => this.#session,
      known: () => memory.known,
      answered: (answer, from) => this.#answered(answer, from),
      failed: () => {
        this.#lookout.keep();
        this.#tellIfShut();
      },
    });
  }

  attach(session: Session): void {
    this.#session = session;
    for (const member of session.others()) this.heard(member);
    this.#lookout.soon();
  }

  /**
   * Asks all who are here whom they know, or many of them, `but` not one of them: whoever makes a secret tells on whom the group
   * relies. Who does not answer soon is not waited for.
   */
  async askAll(but: string | null): Promise<void> {
    const { clock, random } = this.#options;
    const here = (this.#session?.others() ?? []).filter(({ state, id }) => state === "alive" && id !== but);
    const members = pick(random, here, MOST_ASKED_FIRST).flatMap((one) => seenOf(one, clock.wall()) ?? []);
    await Promise.race([
      Promise.all(members.map((member) => this.#asking.ask(member))),
      pause(ASKED_FOR, undefined, { ref: false }),
    ]);
  }

  /** Somebody may be missing just now. */
  soon(): void {
    this.#lookout.soon();
  }

  /** Gossip tells of a member. */
  heard(member: MemberRecord): void {
    const { memory, trust, clock } = this.#options;
    const { id, generation, state } = member;
    if (id === null || !trust.trusts(member) || (state !== "alive" && state !== "suspect")) return;
    this.#note(member);
    const ours = memory.known.secret.generation;
    const other = generation !== null && !trust.has(id, generation);
    const ask =
      (other && generation.generation >= ours) || isUnsure(memory.known) || isUnasked(memory.known, id, clock.wall());
    const seen = seenOf(member, clock.wall());
    if (seen !== null && ask && !this.#asking.busy) this.ask(seen, `${generation?.generation} ${generation?.proof}`);
    else if (other || ask) this.#lookout.soon();
  }

  /** It is on the roster from now on, if what it announces proves that it belongs there. */
  #note(member: MemberRecord): void {
    const { memory, trust, clock } = this.#options;
    const { id, generation, state } = member;
    const now = clock.wall();
    const seen = seenOf(member, now);
    if (seen === null || id === null || state !== "alive" || isSame(seen, memory.known.roster.get(id))) return;
    const known = withMember(memory.known, seen, trust.proves(id, generation), now);
    if (known === memory.known) return;
    memory.known = known;
    memory.storeUnwatched();
  }

  /** Gossip came that this member has no key for. From one that is missing, it means that there is a newer secret. */
  unread(host: string): void {
    const now = this.#options.clock.now();
    if (now - this.#unreadAt < UNREAD_PAUSE || !this.#missing().first.some(({ hosts }) => hosts.includes(host))) return;
    this.#unreadAt = now;
    this.#lookout.soon();
  }

  /** Not again soon, while it announces the same: what it answers may be long. */
  ask(member: Sight, announces: string): void {
    const { clock, log } = this.#options;
    const about = `${member.id} ${announces}`;
    const last = this.#asked.get(about) ?? Number.NEGATIVE_INFINITY;
    // What is under way may be answered with what was true before this.
    if (clock.now() - last < SAME_PAUSE || this.#asking.isAsking(member)) {
      this.#lookout.keep();
      return;
    }
    if (this.#asked.size >= MOST_ASKED) this.#asked.clear();
    this.#asked.set(about, clock.now());
    tellFailure(log, "ask a member what it knows of the group", this.#asking.ask(member));
  }

  stop(): void {
    this.#session = null;
    this.#lookout.stop();
  }

  /** Told once, where those who are there seal with another secret, and nobody tells it to this member. */
  #tellIfShut(): void {
    const { log } = this.#options;
    const there = this.#unreadAt !== Number.NEGATIVE_INFINITY;
    if (this.#toldShut || !there || this.#session?.others().length !== 0) return;
    this.#toldShut = true;
    log.warn("members are there and do not let this one in: its invite may be older than the group's present secret", {
      hint: 'ask one of them for a new invite, "groupshare leave" the group here, and join again',
    });
  }

  /** Told once of each: a newer secret that is not taken parts this member from those who have it. */
  #tellIfLeft(told: Secret | null, known: Knowledge, from: string): void {
    if (told === null || !prevails(told, known.secret) || told.hash === known.secret.hash) return;
    if (this.#left.has(from) || this.#left.size >= MOST_ASKED) return;
    this.#left.add(from);
    this.#options.log.warn(
      "a member has a newer secret, which is not taken: it may come from somebody who was removed",
      {
        member: from,
        hint: "if this member stays alone, look whether a clock is wrong by more than a day, and join again with a new invite",
      },
    );
  }

  #answered(answer: Answer, from: string): void {
    const { self, memory, clock, log, learned, removed } = this.#options;
    const removals = answer.kind === "removed" ? [answer.removal] : answer.told.removed;
    const own = removals.find(({ id }) => id === self);
    if (own !== undefined && this.#accusations.believes(memory.known, own, from)) removed();
    else if (own !== undefined) {
      if (this.#accusations.isFirstOf(from)) {
        log.warn("a member says that this one was removed; others are asked first", { member: from });
      }
      this.#lookout.keep();
    }
    if (answer.kind === "removed") return;
    const told = { ...answer.told, removed: removals.filter(({ id }) => id !== self) };
    const merged = merge(memory.known, told, clock.wall());
    learned(merged, answer.sending);
    this.#tellIfLeft(told.secret, merged, from);
    // Who was first met on an old secret may prove the present one by now.
    for (const member of this.#session?.others() ?? []) this.#note(member);
  }

  /** Those who should be here with the present secret, and are not. */
  #missing(): { first: Seen[]; rest: Seen[] } {
    const { memory, trust, clock } = this.#options;
    const here = this.#session
      ?.others()
      .filter(({ state, id, generation: mark }) => state === "alive" && trust.has(id, mark));
    return missed(memory.known, new Set(here?.map(({ id }) => id)), clock.wall());
  }
}
