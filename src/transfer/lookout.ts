import { reason } from "../shared/errors.ts";
import type { Log } from "../shared/log.ts";
import type { Job } from "./download/job.ts";
import type { CatalogView } from "./needs.ts";
import { isBetter, prospects } from "./prospects.ts";

interface LookoutNeed {
  readonly catalog: CatalogView;
  readonly log: Log;
  jobs(): Iterable<Job>;
  retry(job: Job): void;
}

/** Looks whether somebody came who has what downloads wait for: one look at a time, however often it is asked for. */
export class Lookout {
  readonly #need: LookoutNeed;
  #asked = false;
  #looking = false;
  #stopped = false;

  constructor(need: LookoutNeed) {
    this.#need = need;
  }

  /** Notes who can give before a try, so that after it only others are news. */
  async note(job: Job): Promise<void> {
    job.prospect = (await prospects([job], this.#need.catalog)).get(job) ?? null;
  }

  /** Has those tried again at once that somebody may give now who could not before. */
  look(): void {
    this.#asked = true;
    if (!this.#looking) void this.#look();
  }

  stop(): void {
    this.#stopped = true;
  }

  async #look(): Promise<void> {
    this.#looking = true;
    try {
      while (this.#asked && !this.#stopped) {
        this.#asked = false;
        const waiting = [...this.#need.jobs()].filter(isWaiting);
        for (const [job, now] of await prospects(waiting, this.#need.catalog)) {
          if (this.#stopped || !isWaiting(job)) continue;
          const better = isBetter(now, job.prospect);
          job.prospect = now;
          if (better) this.#need.retry(job);
        }
      }
    } catch (thrown) {
      // Each is tried again in its own time.
      this.#need.log.warn("Cannot look for what downloads wait for", { why: reason(thrown) });
    } finally {
      this.#looking = false;
    }
  }
}

const isWaiting = ({ record }: Job): boolean => record.state === "waiting";
