import { reason } from "../shared/errors.ts";
import type { CatalogOptions } from "./options.ts";
import type { Store } from "./replay.ts";

/** Changes since the last image that make a new one worth its cost, and how long nothing may have come before it is made. */
const MANY = 20_000;
const QUIET_MS = 30_000;

/** Writes the store's image: at the end, and now and then when nothing happens, so that a crash costs little at the next start. */
export class ImageKeeper {
  readonly #options: CatalogOptions;
  readonly #store: Store;
  readonly #path: string;
  readonly #before: () => Promise<void>;
  readonly #timer: ReturnType<typeof setInterval>;
  #changes = 0;
  #last = 0;
  #saving: Promise<void> = Promise.resolve();
  /** Images written. */
  saved = 0;

  /** `before` makes the journals safe: an image is never newer than what it was made from. */
  constructor(options: CatalogOptions, store: Store, path: string, before: () => Promise<void>) {
    this.#options = options;
    this.#store = store;
    this.#path = path;
    this.#before = before;
    this.#timer = setInterval(() => this.#look(), QUIET_MS / 2);
    this.#timer.unref();
  }

  /** So many changes went into the store. */
  touched(changes: number): void {
    this.#changes += changes;
    this.#last = this.#options.clock.now();
  }

  /** Waits until no image is being written. */
  settled(): Promise<void> {
    return this.#saving;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#saving;
    if (this.#changes > 0) await this.#save();
  }

  #look(): void {
    if (this.#changes < MANY || this.#options.clock.now() - this.#last < QUIET_MS) return;
    this.#saving = this.#save();
  }

  async #save(): Promise<void> {
    const changes = this.#changes;
    try {
      await this.#before();
      await this.#store.call("save", this.#path);
      this.#changes -= changes;
      this.saved++;
    } catch (thrown) {
      this.#options.log.warn("The index could not be saved; the next start takes longer", { why: reason(thrown) });
    }
  }
}
