import { reason } from "../shared/errors.ts";
import type { CatalogOptions } from "./options.ts";
import type { Store } from "./replay.ts";

/** Changes since the last image that make a new one worth its cost, and how long nothing may have come before it is made. */
const WORTH = { changes: 20_000, quietMs: 30_000 };

/**
 * Writes the store's image: at the end, and now and then when nothing happens, so that a crash costs little at the next
 * start. That holds up a question by some 10 ms, however large it is.
 */
export class ImageKeeper {
  readonly #options: CatalogOptions;
  readonly #store: Store;
  readonly #path: string;
  readonly #before: () => Promise<void>;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #worth: { readonly changes: number; readonly quietMs: number };
  #changes = 0;
  #last = 0;
  #saving: Promise<void> = Promise.resolve();
  #isSaving = false;
  /** Images written. */
  saved = 0;

  /** `before` makes the journals safe: an image is never newer than what it was made from. */
  constructor(options: CatalogOptions, store: Store, path: string, before: () => Promise<void>) {
    this.#options = options;
    this.#store = store;
    this.#path = path;
    this.#before = before;
    this.#worth = options.image ?? WORTH;
    this.#timer = setInterval(() => this.#look(), this.#worth.quietMs / 2);
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

  /** Writes one now. */
  async now(): Promise<void> {
    await this.#saving;
    await this.#save();
  }

  #look(): void {
    const { changes, quietMs } = this.#worth;
    if (this.#isSaving || this.#changes < changes || this.#options.clock.now() - this.#last < quietMs) return;
    this.#isSaving = true;
    this.#saving = this.#save().finally(() => {
      this.#isSaving = false;
    });
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
