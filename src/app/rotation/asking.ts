import { reason } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import type { Knowledge, Sight } from "../../trust/mod.ts";
import type { Session } from "../session.ts";
import { type Answer, question, readAnswer } from "./wire.ts";

/** A question to another member may take so long, in milliseconds. */
const ANSWER_WITHIN = 5_000;
/** Questions under way that were not looked for. */
const AT_ONCE = 3;

export interface AskingOptions {
  readonly log: Log;
  /** null while this member is in no group. */
  session(): Session | null;
  known(): Knowledge;
  answered(answer: Answer, from: string): void;
  /** Somebody did not answer: perhaps later, perhaps another. */
  failed(): void;
}

/** Asks other members what they know of the group, each once at a time. */
export class Asking {
  readonly #options: AskingOptions;
  readonly #under = new Map<string, Promise<void>>();

  constructor(options: AskingOptions) {
    this.#options = options;
  }

  /** Enough are being asked just now. */
  get busy(): boolean {
    return this.#under.size >= AT_ONCE;
  }

  /** This one is being asked just now. */
  isAsking({ id }: Pick<Sight, "id">): boolean {
    return this.#under.has(id);
  }

  /** Never rejects. */
  ask(member: Sight): Promise<void> {
    const under = this.#under.get(member.id);
    if (under !== undefined) return under;
    const asked = this.#ask(member)
      .catch((thrown: unknown) => {
        this.#options.log.debug("a member does not tell of the group", { member: member.name, why: reason(thrown) });
        this.#options.failed();
      })
      .finally(() => this.#under.delete(member.id));
    this.#under.set(member.id, asked);
    return asked;
  }

  async #ask(member: Sight): Promise<void> {
    const session = this.#options.session();
    if (session === null) return;
    const known = this.#options.known();
    const response = await session.reach(member, question(known), { signal: AbortSignal.timeout(ANSWER_WITHIN) });
    const answer = await readAnswer(response, known, member.id);
    if (this.#options.session() === session) this.#options.answered(answer, member.id);
  }
}
