import type { News } from "../web/mod.ts";

/** Tells open pages and event streams what happened. */
export class NewsFeed {
  readonly #listeners = new Set<(news: News) => void>();

  tell(news: News): void {
    for (const listener of this.#listeners) listener(news);
  }

  /** Hears all news until the returned function is called. */
  subscribe(listener: (news: News) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
