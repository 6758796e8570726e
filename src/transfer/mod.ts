import { isAbsolute } from "node:path";
import type { Hono } from "hono";
import type { EntryRef } from "../shared/entry.ts";
import { GroupShareError } from "../shared/errors.ts";
import { Coalesced } from "./coalesced.ts";
import { Counters } from "./counters.ts";
import type { Download } from "./download/job.ts";
import type { TransfersOptions } from "./needs.ts";
import { Queue } from "./queue.ts";
import { type OpenedFile, openFile } from "./read.ts";
import { PieceLayers } from "./serve/pieces.ts";
import { transferRoutes } from "./serve/routes.ts";
import { Sources } from "./sources.ts";

export type { Download } from "./download/job.ts";
export type { Answer, CatalogView, OwnFile, TransfersOptions } from "./needs.ts";
export type { OpenedFile } from "./read.ts";

/** How often news of progress is told at most, in milliseconds. */
const NEWS_MS = 250;

/** Gives own files to other members, and gets theirs: downloads that last, and files read while they come. */
export class Transfers {
  readonly #options: TransfersOptions;
  readonly #counters: Counters;
  readonly #sources: Sources;
  readonly #layers: PieceLayers;
  readonly #queue: Queue;
  readonly #news: Coalesced;
  readonly #listeners: Set<() => void>;
  readonly #members: Coalesced;

  private constructor(parts: {
    options: TransfersOptions;
    counters: Counters;
    sources: Sources;
    queue: Queue;
    news: Coalesced;
    listeners: Set<() => void>;
  }) {
    this.#options = parts.options;
    this.#counters = parts.counters;
    this.#sources = parts.sources;
    this.#queue = parts.queue;
    this.#news = parts.news;
    this.#listeners = parts.listeners;
    this.#layers = new PieceLayers(parts.options);
    this.#members = new Coalesced(NEWS_MS, parts.options.clock, () => {
      this.#queue.retryWaiting();
      void this.#sources.dropAbsent().catch(() => undefined);
    });
  }

  /** Reads the queue and goes on with what was going on when the program ended. */
  static async open(options: TransfersOptions): Promise<Transfers> {
    const counters = new Counters();
    const sources = new Sources(options, counters);
    const listeners = new Set<() => void>();
    const news = new Coalesced(NEWS_MS, options.clock, () => {
      for (const listener of listeners) listener();
    });
    const queue = await Queue.open(options, sources, counters, () => news.ask());
    return new Transfers({ options, counters, sources, queue, news, listeners });
  }

  /** What other members ask for on the peer port. */
  routes(): Hono {
    return transferRoutes(this.#options, this.#layers, this.#counters);
  }

  /**
   * Queues files and folders to be downloaded into an absolute folder, the default one where it is null.
   * Returns one download for each, in the same order; of what is under way there already, that one.
   */
  async add(refs: readonly EntryRef[], { into }: { into: string | null }): Promise<Download[]> {
    const folder = into ?? this.#options.dir;
    if (!isAbsolute(folder)) {
      throw new GroupShareError("usage", `Cannot download into "${folder}": it is not an absolute path`, {
        hint: "give the whole path of the folder",
      });
    }
    return await this.#queue.add(refs, folder);
  }

  /** All downloads that are remembered, oldest first. */
  list(): Download[] {
    return this.#queue.list();
  }

  pause(id: string): Promise<Download> {
    return this.#queue.pause(id);
  }

  resume(id: string): Promise<Download> {
    return this.#queue.resume(id);
  }

  cancel(id: string): Promise<Download> {
    return this.#queue.cancel(id);
  }

  /** Takes one that has ended off the list; files that are in place stay. */
  clear(id: string): Promise<Download> {
    return this.#queue.clear(id);
  }

  /** Opens a file of any member, own ones among them, to be read from any position. */
  open(ref: EntryRef): Promise<OpenedFile> {
    return openFile(ref, this.#options, this.#sources, this.#counters);
  }

  /** Members came, went, or list other files: what waits is tried again, what is read from those gone is cut. */
  membersChanged(): void {
    this.#members.ask();
  }

  /** Hears that downloads changed, at most four times a second. */
  on(_news: "changed", listener: () => void): void {
    this.#listeners.add(listener);
  }

  counters(): Record<string, number> {
    return this.#counters.counts;
  }

  /** Stops all that is under way; the downloads go on at the next `open`. */
  async stop(): Promise<void> {
    this.#members.stop();
    this.#layers.stop();
    await this.#queue.stop();
    this.#news.stop();
  }
}
