import { clearTimeout, setTimeout } from "node:timers";
import type { Clock } from "../../shared/clock.ts";
import { GroupShareError } from "../../shared/errors.ts";
import type { Random } from "../../shared/random.ts";
import {
  type Identity,
  type Knowledge,
  needsNew,
  newSecret,
  nextEnds,
  nextGeneration,
  type Secret,
  secretHash,
  signSecret,
} from "../../trust/mod.ts";

/** Who finds that a removed one may have the secret waits up to so long for another to make a new one. */
const RENEW_PAUSE = 2_500;

export interface RenewalOptions {
  readonly identity: Pick<Identity, "memberId" | "publicKey" | "sign">;
  known(): Knowledge;
  /** A new secret is there, for what is known now. Resolves when it is stored. */
  made(fresh: Secret): Promise<void>;
  /** None is due any more. */
  rested(): void;
  readonly clock: Clock;
  readonly random: Random;
}

/** Makes new secrets: when it is asked to, and where somebody who was removed may have the present one. */
export class Renewal {
  readonly #options: RenewalOptions;
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(options: RenewalOptions) {
    this.#options = options;
  }

  /** Another secret comes soon, of this member if of no other before. */
  get isDue(): boolean {
    return this.#timer !== null;
  }

  /** Fails with `conflict` where there is none above the present one. */
  async now(): Promise<void> {
    const { identity, known, made, clock } = this.#options;
    while (!this.#stopped) {
      const before = known();
      const generation = nextGeneration(before);
      if (generation === null) throw noneLeft();
      const secret = newSecret();
      const bare = { generation, secret, hash: secretHash(secret) };
      const fresh = await signSecret(
        identity,
        before.group,
        bare,
        before.removed.keys(),
        nextEnds(before, clock.wall()),
      );
      // While it was signed, another may have come, or somebody may have been removed.
      const after = known();
      if (after.secret.hash === before.secret.hash && after.removed.size === before.removed.size)
        return await made(fresh);
    }
  }

  /** Something new is known. */
  look(): void {
    if (!needsNew(this.#options.known())) this.#rest();
    else if (this.#timer === null && !this.#stopped) {
      const act = () => {
        this.#rest();
        if (this.#stopped || !needsNew(this.#options.known())) return;
        this.now().catch(() => this.look());
      };
      this.#timer = setTimeout(act, RENEW_PAUSE * (0.2 + 0.8 * this.#options.random.next()));
      this.#timer.unref();
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#rest();
  }

  #rest(): void {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#options.rested();
  }
}

function noneLeft(): GroupShareError {
  return new GroupShareError("conflict", "Cannot give the group a new secret: it had as many as there can be", {
    hint: "start a new group, and invite to it who is to stay",
  });
}
