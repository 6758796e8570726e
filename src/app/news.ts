import type { MemberNews, News } from "../web/mod.ts";

/** What became of members is remembered so far back. Count. */
const MOST = 50;

/** Tells open pages and event streams what happened, and remembers what became of members. */
export class NewsFeed {
  readonly #listeners = new Set<(news: News) => void>();
  #history: readonly MemberNews[] = [];

  tell(news: News): void {
    if (news.kind === "member") this.#history = [news, ...this.#history.slice(0, MOST - 1)];
    for (const listener of this.#listeners) listener(news);
  }

  /** What became of members, the newest first; in this group alone. */
  history(): readonly MemberNews[] {
    return this.#history;
  }

  /** What happened in one group is not told in the next. */
  forget(): void {
    this.#history = [];
  }

  /** Hears all news until the returned function is called. */
  subscribe(listener: (news: News) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
