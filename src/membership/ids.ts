import { Pacer } from "./pacer.ts";

/** Names whose ids are remembered; those seen longest ago are forgotten first. */
const MOST = 1_024;
/** A group that meets brings many new ones at once. Milliseconds. */
const KEEP_EVERY = 2_000;

/**
 * The member id behind each wire name that was ever seen, over restarts: a name carries only a part of its id, and who
 * is gone and forgotten must find its own name free when it comes back (DESIGN §6).
 */
export class KnownIds {
  readonly #ids: Map<string, string>;
  readonly #keep: Pacer;

  /** `keep` is told all of them, oldest first, when there is a new one. */
  constructor(kept: Readonly<Record<string, string>>, keep: (ids: Readonly<Record<string, string>>) => void) {
    this.#ids = new Map(Object.entries(kept).slice(-MOST));
    this.#keep = new Pacer(KEEP_EVERY, () => keep(this.list()));
  }

  of(name: string): string | null {
    return this.#ids.get(name) ?? null;
  }

  /** The first id that is seen under a name stays. */
  see(name: string, id: string): void {
    const known = this.#ids.get(name);
    this.#ids.delete(name);
    this.#ids.set(name, known ?? id);
    if (known !== undefined) return;
    for (const oldest of this.#ids.keys()) {
      if (this.#ids.size <= MOST) break;
      this.#ids.delete(oldest);
    }
    this.#keep.ask();
  }

  list(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#ids);
  }

  stop(): void {
    this.#keep.stop();
  }
}
