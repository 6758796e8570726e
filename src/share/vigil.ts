import type { Timers } from "./timers.ts";
import { type Watching, watchTree } from "./watch.ts";

/** A watch that ends is begun again after this, and after twice as long each time that it ends soon, in milliseconds. */
const REWATCH = 100;
const LONGEST = 60_000;
/** Deno goes on watching the folder that was at a path before, where that watch was closed in the same turn. Milliseconds. */
const TURN = 10;

/** What watches until then. */
const NOTHING: Watching = {
  immediate: false,
  folder: () => undefined,
  forget: () => undefined,
  close: () => undefined,
};

/** What a vigil tells. */
export interface Heard {
  /** Something happened to what is, or was, at this path. */
  changed(path: string): void;
  /** A folder's name may stand for another folder now; "" is the share's own. */
  replaced(folder: string): void;
  /** Not all can be watched. */
  failed(): void;
  /** It is watched again: what happened meanwhile was missed. */
  resumed(): void;
}

/** Keeps watching one share's folder, also when a watch ends by itself. */
export class Vigil {
  readonly #root: string;
  readonly #timers: Timers;
  readonly #heard: Heard;
  #watching: Watching | null = null;
  /** How long the last wait before watching again was. */
  #waited = 0;
  /** Why not all is watched, in words. */
  trouble: string | null = null;

  constructor(root: string, timers: Timers, heard: Heard) {
    this.#root = root;
    this.#timers = timers;
    this.#heard = heard;
  }

  /** null while nothing is watched. */
  get watching(): Watching | null {
    return this.#watching;
  }

  /** Watches, from the beginning. Before a listing, so that nothing falls between. */
  begin(): void {
    const before = this.#watching;
    this.end();
    if (before === null || before.immediate) {
      this.#watch();
      return;
    }
    this.#watching = NOTHING;
    this.#timers.after("watch", TURN, () => {
      if (this.#watching !== NOTHING) return;
      this.#watch();
      if (this.trouble === null) this.#heard.resumed();
    });
  }

  #watch(): void {
    this.trouble = null;
    this.#watching = watchTree(this.#root, {
      changed: (path) => this.#heard.changed(path),
      replaced: (folder) => this.#heard.replaced(folder),
      failed: (why) => {
        this.trouble = `changes show late: ${why}`;
        this.#heard.failed();
      },
      ended: (why) => {
        this.trouble = `changes show late: ${why}`;
        this.#waited = Math.min(Math.max(2 * this.#waited, REWATCH), LONGEST);
        this.#timers.after("watch", this.#waited, () => this.again());
      },
    });
  }

  /** Watches anew, unless it is not to watch at all. */
  again(): void {
    if (this.#watching === null) return;
    this.begin();
    this.#heard.resumed();
    // Long enough without an end: the next one is mended quickly again.
    this.#timers.after("calm", LONGEST, () => {
      this.#waited = 0;
    });
  }

  end(): void {
    this.#watching?.close();
    this.#watching = null;
  }
}
