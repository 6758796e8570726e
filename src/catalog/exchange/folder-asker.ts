import { LRUCache } from "lru-cache";
import pLimit, { type LimitFunction } from "p-limit";
import type { Content, Entry, EntryRef } from "../../shared/entry.ts";
import { GroupShareError, reason } from "../../shared/errors.ts";
import { LIMITS } from "../../shared/limits.ts";
import { readStream } from "../../shared/read-stream.ts";
import type { CatalogOptions } from "../options.ts";
import type { ListPage, ShareInfo } from "../store/queries.ts";
import { decodePage, decodeShares, type FolderPage } from "./folder-wire.ts";

/** How long an answer may take, in milliseconds: somebody waits for it. */
const PATIENCE = 5_000;
/** Questions to one member under way, and members of which that is known. */
const AT_ONCE = 3;
const MEMBERS = 256;
/** What is kept of where contents were met, in bytes; about 40 000 places, where paths are as long as people's. */
const PLACES = { maxSize: 16 << 20, sizeCalculation: ({ path }: EntryRef) => 300 + 2 * path.length };

/**
 * Looks into folders of members whose lists are too long to be kept, by asking those members. What is met on the way is
 * remembered as places of its contents, so that it can be downloaded.
 */
export class FolderAsker {
  readonly #fetch: CatalogOptions["fetch"];
  readonly #turns = new LRUCache<string, LimitFunction>({ max: MEMBERS });
  readonly #places = new LRUCache<string, EntryRef>(PLACES);

  constructor(fetch: CatalogOptions["fetch"]) {
    this.#fetch = fetch;
  }

  /** GroupShareError `unreachable` where the member does not answer as it should; of all methods but `stat`. */
  async shares(member: string): Promise<ShareInfo[]> {
    const bytes = await this.#ask(member, "/v1/folder");
    const shares = bytes === null ? [] : decodeShares(bytes);
    if (shares === null) throw unreachable(member, "its answer cannot be read");
    return shares;
  }

  /** null also where its member does not answer: it may be away. */
  async stat(ref: EntryRef): Promise<Entry | null> {
    const page = await this.#page(ref, 0, null).catch(() => null);
    return page?.entry ?? null;
  }

  /** As `Catalog.list`; `has` tells what this member has itself, for whoever wants what it lacks. */
  async list(
    ref: EntryRef,
    { after, limit, lacking }: ListPage,
    has: (contents: readonly Content[]) => Promise<boolean[]>,
  ): Promise<{ items: Entry[]; next: string | null; total: number }> {
    const page = await this.#page(ref, limit, after);
    if (page === null || page.entry.kind === "file") {
      const what = `"${ref.path === "" ? ref.share : ref.path}"`;
      throw new GroupShareError("not-found", `Cannot list ${what}: no such folder is offered now`);
    }
    const items = [...page.items];
    if (lacking !== true) return { items, next: page.next, total: page.total };
    const had = (await has(items.flatMap(({ root, size }) => (root === null ? [] : [{ root, size }])))).values();
    return {
      items: items.filter(({ root }) => root === null || had.next().value !== true),
      next: page.next,
      total: page.total,
    };
  }

  /** Everything below a folder, depth first. GroupShareError `too-large` beyond what any list may have. */
  walk(ref: EntryRef): AsyncGenerator<Entry> {
    return this.#walk(ref, { left: LIMITS.entries });
  }

  /** Where these contents were met with members that are still asked, `isAsked`; null where nowhere. */
  places(contents: readonly Content[], isAsked: (member: string) => boolean): (EntryRef | null)[] {
    return contents.map((content) => {
      const place = this.#places.get(keyOf(content));
      return place !== undefined && isAsked(place.member) ? place : null;
    });
  }

  /** Forgets where anything is. */
  forget(): void {
    this.#places.clear();
  }

  async *#walk(ref: EntryRef, budget: { left: number }): AsyncGenerator<Entry> {
    for (let after: string | null = null, more = true; more; more = after !== null) {
      const page: FolderPage | null = await this.#page(ref, LIMITS.page, after);
      for (const item of page?.items ?? []) {
        if (--budget.left < 0) throw new GroupShareError("too-large", `Cannot go through "${ref.path}": it has no end`);
        yield item;
        if (item.kind === "folder") yield* this.#walk({ ...ref, path: item.path }, budget);
      }
      after = page?.next ?? null;
    }
  }

  async #page(ref: EntryRef, limit: number, after: string | null): Promise<FolderPage | null> {
    const query = new URLSearchParams({ path: ref.path, limit: String(limit), ...(after === null ? {} : { after }) });
    const bytes = await this.#ask(ref.member, `/v1/folder/${encodeURIComponent(ref.share)}?${query}`);
    if (bytes === null) return null;
    const page = decodePage(bytes, ref.share, ref.path);
    if (page === null) throw unreachable(ref.member, "its answer cannot be read");
    for (const { path, root, size } of [page.entry, ...page.items]) {
      if (root !== null) this.#places.set(keyOf({ root, size }), { ...ref, path });
    }
    return page;
  }

  /** The body of an answer; null where the member says that there is nothing. */
  #ask(member: string, path: string): Promise<Uint8Array | null> {
    const turn = this.#turns.get(member) ?? pLimit(AT_ONCE);
    this.#turns.set(member, turn);
    return turn(async () => {
      const signal = AbortSignal.timeout(PATIENCE);
      try {
        const { status, body } = await this.#fetch(member, path, signal);
        if (status === 200) return await bytesOf(body, signal);
        await body.cancel().catch(() => undefined);
        if (status === 404) return null;
        throw new Error(`it answered with status ${status}`);
      } catch (thrown) {
        throw unreachable(member, reason(thrown));
      }
    });
  }
}

const keyOf = ({ root, size }: Content): string => `${root}-${size}`;

async function bytesOf(body: ReadableStream<Uint8Array>, signal: AbortSignal): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of readStream(body, signal)) {
    length += piece.length;
    if (length > LIMITS.segment) throw new Error("its answer is longer than 1 MiB");
    pieces.push(piece);
  }
  return new Uint8Array(Buffer.concat(pieces));
}

function unreachable(member: string, why: string): GroupShareError {
  const who = `the member ${member.slice(0, 16)}, whose list is too long to be kept here`;
  return new GroupShareError("unreachable", `Cannot look into a folder of ${who}: ${why}`, {
    hint: "try again in a moment",
  });
}
