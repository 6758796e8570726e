import pLimit from "p-limit";
import { type ErrorCode, GroupShareError, reason } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import type { Random } from "../../shared/random.ts";
import { backoff, chooseSource, isBehind, jitter, relayOf, relayPause } from "../core/schedule.ts";
import type { Presence } from "../options.ts";
import type { Replica } from "../replica.ts";
import type { Applied } from "../store/apply.ts";
import { type Pull, pull } from "./pull.ts";

/** Pulls under way, of all members. The store takes one batch at a time anyway; more only so that slow members hold up nobody. */
const AT_ONCE = 32;
/** How long a member that broke the rules is left alone, unless it comes with a new epoch. */
const PENALTY_MS = 10 * 60_000;

/** How often one who hands on a list may have nothing new in a row, before its origin is asked. */
const RELAY_PATIENCE = 15;

/** Codes of errors that say that a list or an answer is not to be taken; the others, that it could not be had. */
const REFUSING: ReadonlySet<ErrorCode> = new Set(["corrupt", "invalid", "too-large"]);

export interface PullerOptions {
  /** This member. */
  readonly self: string;
  readonly log: Log;
  readonly random: Random;
  readonly fetch: Pull["fetch"];
  /** The replica of a member, made when there is none. */
  replica(member: string): Replica;
  /** So many changes went into the store. */
  added(changes: number): void;
  /** Rows of this member that are shown changed, or a whole list came into view. */
  changed(member: string): void;
}

/** What is pulled of one member, or waits to be. */
interface Task {
  target: Presence;
  /** Why a further pull need not be planned: one waits, or is under way. */
  state: "idle" | "waiting" | "pulling";
  failures: number;
  /** How often in a row a relay had nothing new. */
  waits: number;
  timer: ReturnType<typeof setTimeout> | null;
  readonly abort: AbortController;
  /** Epoch for which this member is left alone. */
  refused: string | null;
  /** Why: there was no room for all of it, or it is none that an honest member has; null where its list is taken. */
  refusal: "too-large" | "corrupt" | null;
}

/** Keeps the lists of all members that are here as far as they are announced: one pull a member, a failed one tried again. */
export class Puller {
  readonly #options: PullerOptions;
  readonly #tasks = new Map<string, Task>();
  readonly #limit = pLimit(AT_ONCE);
  /** The pull of each member that is under way; outlives a task that was given up. */
  readonly #running = new Map<string, Promise<void>>();
  /** Members who handed on what nobody signed: not asked for others' lists any more. */
  readonly #forgers = new Set<string>();
  readonly counters = {
    pulls: 0,
    pullFailures: 0,
    answersRefused: 0,
    entriesReceived: 0,
    entriesRefused: 0,
    listsReplaced: 0,
    listsTooLarge: 0,
  };

  constructor(options: PullerOptions) {
    this.#options = options;
  }

  /** Who is here and where their lists stand. A pull of one who is not is given up. */
  targets(members: readonly Presence[]): void {
    const here = new Set(members.map(({ id }) => id));
    for (const [member, task] of this.#tasks) if (!here.has(member)) this.#giveUp(member, task);
    for (const target of members) {
      const known = this.#tasks.get(target.id);
      if (known === undefined) {
        const abort = new AbortController();
        this.#tasks.set(target.id, {
          target,
          state: "idle",
          failures: 0,
          waits: 0,
          timer: null,
          abort,
          refused: null,
          refusal: null,
        });
      } else {
        if (known.target.epoch !== target.epoch) {
          // Who was refused is not asked at once again for each epoch that it names.
          if (known.refusal === null) known.failures = 0;
          known.waits = 0;
          if (known.state === "waiting") this.#rest(known);
        }
        const moved = known.target.epoch !== target.epoch || known.target.sequence !== target.sequence;
        known.target = target;
        // What is asked for when somebody looks is another now.
        if (moved && known.refusal === "too-large") this.#options.changed(target.id);
      }
      this.#plan(target.id);
    }
  }

  /** Members that are here and whose lists were refused, and why. */
  refusals(): Map<string, "too-large" | "corrupt"> {
    const refusals = new Map<string, "too-large" | "corrupt">();
    for (const [member, { refusal }] of this.#tasks) if (refusal !== null) refusals.set(member, refusal);
    return refusals;
  }

  /** Whether a member is here whose list was too long to be taken. */
  isTooLarge(member: string): boolean {
    return this.#tasks.get(member)?.refusal === "too-large";
  }

  /** Gives up all pulls and waits until none is under way. */
  async stop(): Promise<void> {
    for (const [member, task] of this.#tasks) this.#giveUp(member, task);
    await Promise.all(this.#running.values());
  }

  #giveUp(member: string, task: Task): void {
    this.#rest(task);
    task.abort.abort(new Error("the member is gone"));
    this.#forgers.delete(member);
    this.#tasks.delete(member);
  }

  #rest(task: Task): void {
    if (task.timer !== null) clearTimeout(task.timer);
    task.timer = null;
    task.state = "idle";
  }

  #plan(member: string): void {
    const task = this.#tasks.get(member);
    if (task === undefined || task.state !== "idle") return;
    if (!isBehind(this.#options.replica(member).live, task.target)) return;
    const { random } = this.#options;
    let delay = task.failures === 0 ? jitter(random, this.#tasks.size) : backoff(random, task.failures);
    if (task.failures === 0 && task.waits > 0) delay = relayPause(random);
    if (task.refused === task.target.epoch) delay = PENALTY_MS;
    task.state = "waiting";
    task.timer = setTimeout(() => {
      task.timer = null;
      task.state = "pulling";
      const before = this.#running.get(member) ?? Promise.resolve();
      const run = before.then(() => this.#limit(() => this.#pull(member, task)));
      this.#running.set(member, run);
      void run.then(() => {
        if (this.#running.get(member) === run) this.#running.delete(member);
      });
    }, delay);
    task.timer.unref();
  }

  /** Never fails: whatever goes wrong, the member is asked again later. */
  async #pull(member: string, task: Task): Promise<void> {
    try {
      if (task.abort.signal.aborted) return;
      await this.#ask(member, task, this.#sourceOf(member, task));
    } catch (thrown) {
      task.failures++;
      this.#options.log.error("A member's list could not be put in order", { member, why: reason(thrown) });
    } finally {
      task.state = "idle";
      this.#plan(member);
    }
  }

  #sourceOf(member: string, { target, failures, waits }: Task): string {
    const { random, replica, self } = this.#options;
    const others = [...this.#tasks.keys()].filter((other) => other !== member);
    const trusted = others.filter((other) => !this.#forgers.has(other));
    if (failures > 0 || waits >= RELAY_PATIENCE) return chooseSource(random, member, trusted, failures);
    const { live, staged } = replica(member);
    const have = [live, staged].find((point) => point?.epoch === target.epoch)?.sequence ?? 0;
    const relay = relayOf(member, target.epoch, self, others, target.sequence - have);
    return relay === null || this.#forgers.has(relay) ? member : relay;
  }

  async #ask(member: string, task: Task, source: string): Promise<void> {
    const { fetch, changed, log } = this.#options;
    const replica = this.#options.replica(member);
    const { target, abort } = task;
    const got: Got = { changes: 0, refused: 0, why: null };
    this.counters.pulls++;
    try {
      const replaced = await pull({
        replica,
        source,
        announced: target,
        signal: abort.signal,
        fetch,
        added: (applied, shown) => this.#added(member, applied, shown, got),
      });
      const behind = isBehind(replica.live, target);
      // After a failure, one who has no more either is another: by turns, the origin is asked again.
      if (behind && source !== member && task.failures === 0) this.#wait(task, got);
      else task.failures = behind ? task.failures + 1 : 0;
      if (!behind) task.waits = 0;
      task.refused = null;
      task.refusal = null;
      if (replaced) {
        this.counters.listsReplaced++;
        changed(member);
      }
    } catch (thrown) {
      if (!abort.signal.aborted) await this.#failed(member, task, source, thrown, got);
    }
    const { refused, why } = got;
    if (refused > 0) log.warn("Entries of a member's list were refused", { member, refused, why });
  }

  #added(member: string, applied: Applied, shown: boolean, got: Got): void {
    this.counters.entriesReceived += applied.changes;
    this.counters.entriesRefused += applied.refused;
    got.changes += applied.changes;
    got.refused += applied.refused;
    got.why ??= applied.why;
    this.#options.added(applied.changes);
    if (shown) this.#options.changed(member);
  }

  /** One who hands on a list has no more of it yet: it is asked again soon, for some time. */
  #wait(task: Task, { changes }: Got): void {
    task.waits = changes > 0 ? 1 : task.waits + 1;
  }

  async #failed(member: string, task: Task, source: string, thrown: unknown, got: Got): Promise<void> {
    const { log } = this.#options;
    const fields = { member, from: source, why: reason(thrown) };
    this.counters.pullFailures++;
    if (!(thrown instanceof GroupShareError) || !REFUSING.has(thrown.code)) {
      // One that was cut off but brought something is worth another try soon.
      if (source !== member && task.failures === 0) this.#wait(task, got);
      else task.failures = got.changes > 0 ? 1 : task.failures + 1;
      log.debug("A member's list could not be had", fields);
      return;
    }
    task.failures++;
    this.counters.answersRefused++;
    log.warn("A member's list was refused", fields);
    if (source !== member && thrown.code === "corrupt") {
      // What was taken so far is proven, whoever brought it.
      this.#forgers.add(source);
      return;
    }
    if (source === member || thrown.code !== "corrupt") {
      task.refused = task.target.epoch;
      task.refusal = thrown.code === "too-large" ? "too-large" : "corrupt";
      if (thrown.code === "too-large") this.counters.listsTooLarge++;
    }
    await this.#options.replica(member).dropStaged();
    this.#options.changed(member);
  }
}

/** What one pull brought. */
interface Got {
  changes: number;
  refused: number;
  why: string | null;
}
