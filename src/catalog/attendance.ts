import { reason } from "../shared/errors.ts";
import type { CatalogOptions } from "./options.ts";
import type { Store } from "./replay.ts";
import type { Replicas } from "./replicas.ts";

/** Lists of members that were not here for so long are dropped, and how often that is looked at. */
const KEPT_MS = 30 * 86_400_000;
const LOOK_MS = 3_600_000;

/** Who is here, whose lists are seen, and who was not here for so long that nobody waits any more. */
export class Attendance {
  readonly #options: CatalogOptions;
  readonly #store: Store;
  readonly #replicas: Replicas;
  readonly #noted: () => void;
  readonly #timer: ReturnType<typeof setInterval>;
  #present: ReadonlySet<string> = new Set();
  #stopped = false;

  /** `noted`: when somebody was here is in the image alone, which has to be written for it. */
  constructor(options: CatalogOptions, store: Store, replicas: Replicas, noted: () => void) {
    this.#options = options;
    this.#store = store;
    this.#replicas = replicas;
    this.#noted = noted;
    this.#timer = setInterval(() => void this.look(), LOOK_MS);
    this.#timer.unref();
  }

  /** These others are here from now on; whatever is asked of the store after this sees it. Who came or went. */
  present(now: ReadonlySet<string>): string[] {
    const moved = [...this.#present.symmetricDifference(now)];
    this.#present = now;
    if (moved.length > 0) this.#show();
    return moved;
  }

  /** Drops lists of members that were not here for 30 days. */
  async look(): Promise<void> {
    try {
      this.#show();
      for (const member of await this.#store.call("unseenSince", this.#options.clock.wall() - KEPT_MS)) {
        if (this.#present.has(member)) continue;
        this.#options.log.info("A member's list is dropped: it was not here for 30 days", { member });
        await this.#replicas.drop(member);
      }
    } catch (thrown) {
      this.#lost(thrown);
    }
  }

  stop(): void {
    clearInterval(this.#timer);
    if (this.#present.size > 0) this.#show();
    this.#stopped = true;
  }

  #show(): void {
    this.#store.call("show", [...this.#present], this.#options.clock.wall()).catch((thrown) => this.#lost(thrown));
    this.#noted();
  }

  #lost(thrown: unknown): void {
    if (!this.#stopped) this.#options.log.error("The store does not answer", { why: reason(thrown) });
  }
}
