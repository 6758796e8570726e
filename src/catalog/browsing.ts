import type { Content, Entry, EntryRef, Page } from "../shared/entry.ts";
import type { FolderAsker } from "./exchange/folder-asker.ts";
import { heedSignal } from "./exchange/given-up.ts";
import type { Store } from "./replay.ts";
import type { ListPage, ShareInfo } from "./store/queries.ts";

/** Places of one content that are looked through for an own one. */
const MANY = 1_000;

/**
 * What is in members' shares: out of the rows; and of a member whose list is too long to be kept here, by asking that
 * member each time. Those fail with GroupShareError `unreachable` where it does not answer; searches and the merged tree
 * lack them. A question to a member, and a walk, may be given up by a signal; they fail with `conflict` then.
 */
export class Browsing {
  readonly #store: Store;
  readonly #asker: FolderAsker;
  readonly #self: string;
  readonly #isAsked: (member: string) => boolean;

  constructor(store: Store, asker: FolderAsker, self: string, isAsked: (member: string) => boolean) {
    this.#store = store;
    this.#asker = asker;
    this.#self = self;
    this.#isAsked = isAsked;
  }

  shares(member: string, signal?: AbortSignal): Promise<ShareInfo[]> {
    return this.#isAsked(member) ? this.#asker.shares(member, signal) : this.#store.call("shares", member);
  }

  stat(ref: EntryRef, signal?: AbortSignal): Promise<Entry | null> {
    return this.#isAsked(ref.member) ? this.#asker.stat(ref, signal) : this.#store.call("stat", ref);
  }

  list(ref: EntryRef, page: ListPage, signal?: AbortSignal): Promise<Page<Entry> & { total: number }> {
    if (!this.#isAsked(ref.member)) return this.#store.call("list", ref, page);
    return this.#asker.list(ref, page, (contents) => this.#has(contents), signal);
  }

  async *walk(ref: EntryRef, signal?: AbortSignal): AsyncGenerator<Entry> {
    if (this.#isAsked(ref.member)) return yield* this.#asker.walk(ref, signal);
    for (let after: string | null = null, more = true; more; more = after !== null) {
      heedSignal(signal);
      const page: Page<Entry> = await this.#store.call("walk", ref, after);
      yield* page.items;
      after = page.next;
    }
  }

  /** Who has each of the contents, in their order; of each at most so many places, and those that were met by asking. */
  async holdersOf(contents: readonly Content[], most: number): Promise<EntryRef[][]> {
    const found = await this.#store.call("holdersOf", contents, most);
    const met = this.#asker.places(contents, this.#isAsked);
    return found.map((refs, at) => {
      const known = new Set(refs.map(({ member }) => member));
      return [...refs, ...(met[at] ?? []).filter(({ member }) => !known.has(member))];
    });
  }

  /** Of each content, whether an own share has it. */
  async #has(contents: readonly Content[]): Promise<boolean[]> {
    const found = await this.#store.call("holdersOf", contents, MANY);
    return found.map((refs) => refs.some(({ member }) => member === this.#self));
  }
}
