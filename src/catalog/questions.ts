import pLimit from "p-limit";
import { GroupShareError } from "../shared/errors.ts";
import type { Store } from "./replay.ts";
import type { Merged, MergedPage } from "./store/merged.ts";
import type { ListPage } from "./store/queries.ts";
import type { Found, SearchQuery } from "./store/search.ts";

/** Searches that share the worker: further ones wait, and most of those are given up before their turn. */
const AT_ONCE = 2;

/** What is asked of all lists that are seen together. */
export class Questions {
  readonly #store: Store;
  readonly #turn = pLimit(AT_ONCE);
  #tickets = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  /** All shares by their names, those of one name as one. */
  shares(): Promise<Merged[]> {
    return this.#store.call("mergedShares");
  }

  /** What a path below the shares of a name is; null where it is nothing. */
  stat(share: string, path: string): Promise<Merged | null> {
    return this.#store.call("mergedStat", share, path);
  }

  /** One page of a folder, as it is over all who have it. GroupShareError `not-found` where nobody has. */
  list(share: string, path: string, page: ListPage): Promise<MergedPage> {
    return this.#store.call("mergedList", share, path, page);
  }

  async search(query: SearchQuery, signal?: AbortSignal): Promise<Found> {
    return this.#turn(async () => {
      if (signal?.aborted) throw new GroupShareError("conflict", "Cannot begin a search: it was cancelled");
      const ticket = ++this.#tickets;
      const cancel = (): void => void this.#store.call("cancelSearch", ticket).catch(() => undefined);
      signal?.addEventListener("abort", cancel, { once: true });
      try {
        return await this.#store.call("search", ticket, query);
      } finally {
        signal?.removeEventListener("abort", cancel);
      }
    });
  }
}
