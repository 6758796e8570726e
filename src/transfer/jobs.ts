import { GroupShareError } from "../shared/errors.ts";
import { forgettable } from "./core/forget.ts";
import type { Job } from "./download/job.ts";
import { type JobRecord, wishOf } from "./download/record.ts";

/** The downloads there are, in the order in which they were added. */
export class Jobs {
  readonly #jobs = new Map<string, Job>();

  all(): Job[] {
    return [...this.#jobs.values()];
  }

  records(): JobRecord[] {
    return this.all().map(({ record }) => record);
  }

  add(job: Job): void {
    this.#jobs.set(job.record.id, job);
  }

  remove(job: Job): void {
    this.#jobs.delete(job.record.id);
  }

  /** Fails with `not-found`. */
  find(id: string): Job {
    const job = this.#jobs.get(id);
    if (job === undefined) {
      throw new GroupShareError("not-found", `Cannot find download "${id}"`, { hint: "see: groupshare downloads" });
    }
    return job;
  }

  /** Those that need not be remembered any more. `now`: milliseconds since 1970. */
  old(now: number): Job[] {
    return forgettable(this.records(), now).map((id) => this.find(id));
  }

  /** The folders that the same thing was downloaded into before. */
  earlier(job: Job): ReadonlySet<string> {
    const wish = wishOf(job.record);
    const same = this.all().filter((other) => other !== job && wishOf(other.record) === wish);
    return new Set(same.flatMap(({ record }) => record.folder ?? []));
  }
}
