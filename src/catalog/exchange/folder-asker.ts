import { setImmediate as nextTurn } from "node:timers/promises";
import { LRUCache } from "lru-cache";
import pLimit, { type LimitFunction } from "p-limit";
import type { Content, Entry, EntryRef } from "../../shared/entry.ts";
import { GroupShareError, reason } from "../../shared/errors.ts";
import { LIMITS } from "../../shared/limits.ts";
import { readStream } from "../../shared/read-stream.ts";
import type { CatalogOptions } from "../options.ts";
import type { ListPage, ShareInfo } from "../store/queries.ts";
import { decodePage, decodeShares, type FolderPage, longestPage } from "./folder-wire.ts";
import { heedSignal } from "./given-up.ts";

/** How long an answer may take from when it is wished for, in milliseconds: somebody waits for it. */
const PATIENCE = 5_000;
/** Questions to one member under way, those that wait for their turn, and members of which that is known. */
const AT_ONCE = 3;
const WAITING = 64;
const MEMBERS = 256;
/** Bytes that one walk may bring: over 250 for each entry, its path among them, where there are as many as there may be. */
const WALKED = 1 << 29;
/**
 * What is kept of where contents were met: of so many members, each on its own so that none crowds out another's places,
 * and of each so many bytes; about 20 000 places, where paths are as long as people's.
 */
const PLACES = { members: 8, of: { maxSize: 8 << 20, sizeCalculation: ({ path }: EntryRef) => 300 + 2 * path.length } };

/** A folder that a walk is in: the page of it that is gone through, and what follows. */
interface Level {
  readonly path: string;
  items: readonly Entry[];
  at: number;
  after: string | null;
  more: boolean;
}

/**
 * Looks into folders of members whose lists are too long to be kept, by asking those members. What is met on the way is
 * remembered as places of its contents, so that it can be downloaded. Whoever asks may give it up by a signal: that fails
 * with `conflict`, at once.
 */
export class FolderAsker {
  readonly #fetch: CatalogOptions["fetch"];
  readonly #turns = new LRUCache<string, LimitFunction>({ max: MEMBERS });
  readonly #places = new LRUCache<string, LRUCache<string, EntryRef>>({ max: PLACES.members });
  readonly #end = new AbortController();

  readonly #patience: number;

  /** `patience`: milliseconds. */
  constructor(fetch: CatalogOptions["fetch"], patience = PATIENCE) {
    this.#fetch = fetch;
    this.#patience = patience;
  }

  /** GroupShareError `unreachable` where the member does not answer as it should; of all methods but `stat`. */
  async shares(member: string, signal?: AbortSignal): Promise<ShareInfo[]> {
    const bytes = await this.#ask(member, "/v1/folder", LIMITS.segment, signal);
    const shares = bytes === null ? [] : decodeShares(bytes);
    if (shares === null) throw unreachable(member, "its answer cannot be read");
    return shares;
  }

  /** null also where its member does not answer: it may be away. */
  async stat(ref: EntryRef, signal?: AbortSignal): Promise<Entry | null> {
    try {
      return (await this.#page(ref, 0, null, signal))?.entry ?? null;
    } catch {
      heedSignal(signal);
      return null;
    }
  }

  /** As `Catalog.list`; `has` tells what this member has itself, for whoever wants what it lacks. */
  async list(
    ref: EntryRef,
    { after, limit, lacking }: ListPage,
    has: (contents: readonly Content[]) => Promise<boolean[]>,
    signal?: AbortSignal,
  ): Promise<{ items: Entry[]; next: string | null; total: number }> {
    const page = await this.#page(ref, Math.max(1, Math.min(limit, LIMITS.page)), after, signal);
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

  /**
   * Everything below a folder, depth first. GroupShareError `too-large` beyond what any list may have: each question and
   * each entry count as one entry, so that pages of little end as well; as deep as LIMITS.path lets any path be.
   */
  async *walk(ref: EntryRef, signal?: AbortSignal): AsyncGenerator<Entry> {
    let entries: number = LIMITS.entries;
    let bytes = WALKED;
    const open = [levelOf(ref.path)];
    for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
      heedSignal(signal);
      const item = level.items[level.at++];
      if (item !== undefined) {
        yield item;
        if (item.kind === "folder") open.push(levelOf(item.path));
        continue;
      }
      // Others have a turn after each page: answers may come at once, and what is left of many may be here already.
      await nextTurn();
      if (level.more) {
        const page = await this.#page({ ...ref, path: level.path }, LIMITS.page, level.after, signal);
        const items = page?.items ?? [];
        entries -= 1 + items.length;
        bytes -= (page?.length ?? 0) + items.reduce((sum, { path }) => sum + path.length, 0);
        if (entries < 0 || bytes < 0) {
          throw new GroupShareError("too-large", `Cannot go through "${ref.path}": it has no end`);
        }
        level.items = items;
        level.at = 0;
        level.after = page?.next ?? null;
        level.more = level.after !== null;
      } else open.pop();
    }
  }

  /** Where each of these contents was met with members that are still asked, `isAsked`: of each member one place. */
  places(contents: readonly Content[], isAsked: (member: string) => boolean): EntryRef[][] {
    const asked = [...this.#places].flatMap(([member, places]) => (isAsked(member) ? [places] : []));
    return contents.map((content) => asked.flatMap((places) => places.get(keyOf(content)) ?? []));
  }

  /** Forgets where anything is. */
  forget(): void {
    this.#places.clear();
  }

  /** Gives up all questions, and asks none any more. */
  stop(): void {
    this.#end.abort(new Error("this program ends"));
  }

  /** `length`: bytes of the answer. */
  async #page(
    ref: EntryRef,
    limit: number,
    after: string | null,
    signal: AbortSignal | undefined,
  ): Promise<(FolderPage & { length: number }) | null> {
    const { member, share, path } = ref;
    const query = new URLSearchParams({ path, limit: String(limit), ...(after === null ? {} : { after }) });
    const question = `/v1/folder/${encodeURIComponent(share)}?${query}`;
    const bytes = await this.#ask(member, question, longestPage(limit), signal);
    if (bytes === null) return null;
    const page = decodePage(bytes, { share, path, after, limit });
    if (page === null) throw unreachable(member, "its answer cannot be read");
    const places = this.#places.get(member) ?? new LRUCache<string, EntryRef>(PLACES.of);
    this.#places.set(member, places);
    for (const { path: at, root, size } of [page.entry, ...page.items]) {
      if (root !== null) places.set(keyOf({ root, size }), { ...ref, path: at });
    }
    return { ...page, length: bytes.length };
  }

  /** The body of an answer, no longer than so many bytes; null where the member says that there is nothing. */
  async #ask(
    member: string,
    path: string,
    longest: number,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array | null> {
    const turn = this.#turns.get(member) ?? pLimit(AT_ONCE);
    this.#turns.set(member, turn);
    const given = signal === undefined ? [] : [signal];
    const stop = AbortSignal.any([AbortSignal.timeout(this.#patience), this.#end.signal, ...given]);
    try {
      if (turn.pendingCount >= WAITING) throw new Error("too many questions to it wait already");
      return await unless(
        stop,
        turn(async () => {
          stop.throwIfAborted();
          const { status, body } = await this.#fetch(member, path, stop);
          if (status === 200 && !stop.aborted) return await bytesOf(body, longest, stop);
          void body.cancel().catch(() => undefined);
          if (status === 404) return null;
          throw new Error(`it answered with status ${status}`);
        }),
      );
    } catch (thrown) {
      heedSignal(signal);
      throw unreachable(member, reason(thrown));
    }
  }
}

const levelOf = (path: string): Level => ({ path, items: [], at: 0, after: null, more: true });

/** What work brings, or the reason of the signal as soon as that fires, however long the work goes on. */
async function unless<T>(stop: AbortSignal, work: Promise<T>): Promise<T> {
  const stopped = Promise.withResolvers<never>();
  const give = () => stopped.reject(stop.reason);
  stop.addEventListener("abort", give, { once: true });
  if (stop.aborted) give();
  try {
    return await Promise.race([work, stopped.promise]);
  } finally {
    stop.removeEventListener("abort", give);
  }
}

const keyOf = ({ root, size }: Content): string => `${root}-${size}`;

async function bytesOf(body: ReadableStream<Uint8Array>, longest: number, signal: AbortSignal): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of readStream(body, signal)) {
    length += piece.length;
    if (length > longest) throw new Error(`its answer is longer than ${longest} bytes`);
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
