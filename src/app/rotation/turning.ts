import { clearTimeout, setTimeout } from "node:timers";
import type { GenerationMark } from "../../membership/mod.ts";
import type { Clock } from "../../shared/clock.ts";
import type { Former } from "../../trust/mod.ts";
import type { Session } from "../session.ts";
import { KeyTurn, progressOf } from "./keys.ts";
import type { Memory } from "./memory.ts";
import type { Trust } from "./trust.ts";

export interface TurningOptions {
  /** This member's id. */
  readonly self: string;
  readonly memory: Memory;
  readonly trust: Trust;
  readonly clock: Clock;
}

/** Brings the group's present secret into use in a session: takes each step when the others are so far, or when it is due. */
export class Turning {
  readonly #options: TurningOptions;
  #session: Session | null = null;
  #turn: KeyTurn | null = null;
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;
  #stepped = Promise.withResolvers<void>();

  constructor(options: TurningOptions) {
    this.#options = options;
  }

  /** What this member announces. */
  get mark(): GenerationMark {
    const { self, memory, trust } = this.#options;
    return { generation: memory.known.secret.generation, proof: trust.proof(self), sending: this.sending };
  }

  /** Whether the present secret seals what this member sends. */
  get sending(): boolean {
    return this.#turn?.sending ?? true;
  }

  /** The keyring is being changed here, and by nobody's hand. */
  get busy(): boolean {
    return this.#turn?.busy ?? false;
  }

  attach(session: Session): void {
    this.#session = session;
    this.#turn = new KeyTurn(session.membership.keyring, () => this.#options.clock.now());
  }

  /** A new secret is known. `sending`: others seal with it already, so nobody is waited for. */
  begin(sending: boolean): void {
    const { group } = this.#options.memory;
    this.#turn?.begin(group);
    if (sending) this.#turn?.look(group, { allHave: true, allSend: false });
    this.#session?.announce(this.mark);
    this.step();
  }

  /** Takes the steps that are due. */
  step(): void {
    const turn = this.#turn;
    const session = this.#session;
    if (turn === null || session === null || this.#stopped) return;
    const { memory, trust } = this.#options;
    const marks = session.others().map(({ id, generation: mark }) => ({ mark, has: trust.has(id, mark) }));
    if (turn.look(memory.group, progressOf(marks, memory.known.secret.generation))) {
      session.announce(this.mark);
      this.ticked();
    }
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = turn.due === null ? null : setTimeout(() => this.step(), turn.due + 1);
    this.#timer?.unref();
  }

  /** Secrets of before that open what comes. */
  open(former: readonly Former[]): void {
    this.#turn?.open(former);
  }

  /** Those that open nothing any more. */
  expire(former: readonly Former[]): void {
    this.#turn?.expire(former);
  }

  /** Resolves when the present secret seals what is sent and no other is to be waited for, or when all this stops. */
  async inUse(another: () => boolean): Promise<void> {
    while ((!this.sending || another()) && !this.#stopped) await this.#stepped.promise;
  }

  /** Who waits for the secret to be in use looks again. */
  ticked(): void {
    this.#stepped.resolve();
    this.#stepped = Promise.withResolvers<void>();
  }

  stop(): void {
    this.#stopped = true;
    this.#stepped.resolve();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}
