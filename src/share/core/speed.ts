/** What opening a file costs beside its bytes, as bytes: about 60 µs at 1 GB/s. */
const OPENING = 64 << 10;
/** How long a time the speed is measured over, and at least, in milliseconds. */
const LONGEST = 10_000;
const SHORTEST = 500;
/** Between two samples, in milliseconds. */
const EVERY = 200;

/** Files and their bytes, read or to be read. */
export interface Amount {
  readonly files: number;
  readonly bytes: number;
}

/** How fast files were hashed in the last seconds, and how long the rest takes at that. */
export class Speed {
  /** Times and work done by then, oldest first. */
  #samples: { readonly at: number; readonly work: number }[] = [];
  #work = 0;

  /** This was read. */
  add({ files, bytes }: Amount): void {
    this.#work += bytes + files * OPENING;
  }

  /** Nothing is known of a speed before now: it was at rest. */
  reset(): void {
    this.#samples = [];
  }

  /** Milliseconds that the rest takes, or null while the speed is not known. `now` of any clock that does not go back. */
  remaining(now: number, left: Amount): number | null {
    const last = this.#samples.at(-1);
    if (last === undefined || now - last.at >= EVERY) this.#samples.push({ at: now, work: this.#work });
    while (now - (this.#samples[1]?.at ?? now) >= LONGEST) this.#samples.shift();
    const first = this.#samples[0];
    if (first === undefined || now - first.at < SHORTEST || this.#work <= first.work) return null;
    const rate = (this.#work - first.work) / (now - first.at);
    return Math.round((left.bytes + left.files * OPENING) / rate);
  }
}
