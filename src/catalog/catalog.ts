import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Hono } from "hono";
import type { Change, Content, Entry, EntryRef, Known, Page } from "../shared/entry.ts";
import { reason, writeError } from "../shared/errors.ts";
import { LIMITS } from "../shared/limits.ts";
import { replaceFile } from "../shared/state-file.ts";
import { WorkerCaller } from "../shared/worker-call.ts";
import { Attendance } from "./attendance.ts";
import { Browsing } from "./browsing.ts";
import type { Point } from "./core/history.ts";
import { FolderAsker } from "./exchange/folder-asker.ts";
import { folderRoutes } from "./exchange/folder-routes.ts";
import { Puller } from "./exchange/puller.ts";
import { catalogRoutes, type Served } from "./exchange/serve.ts";
import { Witnesses } from "./exchange/witness.ts";
import { ImageKeeper } from "./image-keeper.ts";
import type { CatalogOptions, Presence, Standing } from "./options.ts";
import { OwnList } from "./own.ts";
import { markPath, openOwn } from "./own-start.ts";
import { Questions } from "./questions.ts";
import type { Store } from "./replay.ts";
import { Replicas } from "./replicas.ts";
import type { StoreMethods } from "./store/methods.ts";
import type { ListPage, ShareInfo } from "./store/queries.ts";
import type { Found, SearchQuery } from "./store/search.ts";

/** Places that are answered at most: of one content, and of each of many. */
const MAX_HOLDERS = 1_000;
const MAX_HOLDERS_OF_EACH = 50;

/**
 * Everyone's entries: the own ones as signed segments in a journal, those of the others as they gave them, and the rows
 * of all in a store that answers questions. Only own entries and those of present members are seen.
 */
export class Catalog {
  readonly #options: CatalogOptions;
  readonly #store: Store;
  readonly #own: OwnList;
  readonly #replicas: Replicas;
  readonly #puller: Puller;
  readonly #image: ImageKeeper;
  readonly #witnesses: Witnesses;
  readonly #served = { answers: 0, segmentsServed: 0, bytesServed: 0 };
  readonly #ownListeners: ((standing: Standing) => void)[] = [];
  readonly #changedListeners: ((member: string) => void)[] = [];
  readonly #questions: Questions;
  readonly #attendance: Attendance;
  /** Looks into folders of those whose lists are too long to be kept. */
  readonly #asker: FolderAsker;
  readonly #browsing: Browsing;
  #stopped: Promise<void> | null = null;

  private constructor(
    options: CatalogOptions,
    store: Store,
    start: Awaited<ReturnType<typeof openOwn>>,
    replicas: Replicas,
  ) {
    this.#options = options;
    this.#store = store;
    this.#replicas = replicas;
    this.#own = new OwnList(options, store, start, (standing, changes) => {
      this.#image.touched(changes);
      for (const listener of this.#ownListeners) listener(standing);
      this.#changed(options.memberId);
    });
    this.#questions = new Questions(store);
    this.#asker = new FolderAsker((member, path, signal) => options.fetch(member, path, signal));
    const isAsked = (member: string) => this.#puller.isTooLarge(member);
    this.#browsing = new Browsing(store, this.#asker, options.memberId, isAsked);
    this.#attendance = new Attendance(options, store, replicas, () => this.#image.touched(1));
    this.#image = new ImageKeeper(options, store, imagePath(options.dir), () => replicas.sync());
    this.#witnesses = new Witnesses(
      {
        memberId: options.memberId,
        publicKey: options.publicKey,
        log: options.log,
        fetch: (member, path, signal) => options.fetch(member, path, signal),
        segmentAt: (epoch, from) => this.#own.segmentAt(epoch, from),
        forked: (heard) => this.#own.forked(heard),
      },
      start.isNew ? null : start.standing,
    );
    this.#puller = new Puller({
      self: options.memberId,
      log: options.log,
      random: options.random,
      fetch: (member, path, signal) => options.fetch(member, path, signal),
      replica: (member) => replicas.of(member),
      added: (changes) => this.#image.touched(changes),
      changed: (member) => this.#changed(member),
    });
  }

  /** Loads the image, and replays what the journals have beyond it. What is damaged is told, set aside and made again. */
  static async open(options: CatalogOptions): Promise<Catalog> {
    const { dir, log, memberId } = options;
    await mkdir(dir, { recursive: true, mode: 0o700 }).catch((thrown: unknown) => {
      throw writeError(`make "${dir}"`, thrown);
    });
    const store: Store = new WorkerCaller<StoreMethods>(options.spawn("store"));
    try {
      const { aside, lists } = await store.call("open", imagePath(dir), memberId, options.entries ?? LIMITS.entries);
      if (aside !== null) log.warn("The index is damaged, or of another version; it is made again", { aside });
      const start = await openOwn(options, store, lists.find(({ member }) => member === memberId) ?? null);
      const others = lists.filter(({ member }) => member !== memberId);
      const catalog = new Catalog(options, store, start, await Replicas.open(dir, store, others, log));
      await catalog.#attendance.look();
      return catalog;
    } catch (thrown) {
      await store.close();
      throw thrown;
    }
  }

  get own(): Standing {
    return this.#own.standing;
  }

  /** What the own list has of a share, files with what the file system said of them; the share's own folder left out. */
  known(share: string, after: string | null): Promise<Page<Known>> {
    return this.#store.call("known", share, after);
  }

  /** Resolves when the changes are on disk for good and in the rows. An entry that no member could take is left out, and logged. */
  commit(changes: readonly Change[]): Promise<void> {
    return this.#own.commit(changes);
  }

  /** Everyone else who is alive or suspect, and where their lists stand. Who is not among them is out of sight at once. */
  present(members: readonly Presence[]): void {
    if (this.#stopped !== null) return;
    const others = members.filter(({ id }) => id !== this.#options.memberId && /^[0-9a-f]{64}$/.test(id));
    const now = new Set(others.map(({ id }) => id));
    for (const member of this.#attendance.present(now)) {
      if (this.#replicas.find(member)?.live) this.#changed(member);
    }
    this.#puller.targets(others.filter(isAnnouncement));
    this.#witnesses.present(now);
  }

  /** Where the list of another member stands as far as it is here and whole; null where there is none. */
  standing(member: string): Point | null {
    return this.#replicas.find(member)?.live ?? null;
  }

  /** What the group says of this member's own list. If it proves that a part was lost here, a new epoch begins; whether it did. */
  heardOfSelf(point: Point): Promise<boolean> {
    return this.#own.heard(point);
  }

  /** `GET /v1/catalog/{member id}?epoch=&since=` and `GET /v1/folder/{share id}`, for the peer port. */
  routes(): Hono {
    const lists = catalogRoutes((member, epoch) => this.#find(member, epoch), this.#served);
    return lists.route("/", folderRoutes(this.#store, this.#options.memberId));
  }

  /** Shares by name; none for a member that is not here. */
  shares(member: string, signal?: AbortSignal): Promise<ShareInfo[]> {
    return this.#browsing.shares(member, signal);
  }

  stat(ref: EntryRef, signal?: AbortSignal): Promise<Entry | null> {
    return this.#browsing.stat(ref, signal);
  }

  /** One page of a folder: folders first, then files, each as people order names. GroupShareError `not-found` where there is none. */
  list(ref: EntryRef, page: ListPage, signal?: AbortSignal): Promise<Page<Entry> & { total: number }> {
    return this.#browsing.list(ref, page, signal);
  }

  /** Searches names and paths. GroupShareError `conflict` where the signal fires before the end. */
  search(query: SearchQuery, signal?: AbortSignal): Promise<Found> {
    return this.#questions.search(query, signal);
  }

  /** The group's tree, whoever has what: the same path once. */
  get merged(): Questions {
    return this.#questions;
  }

  /** Members that are here and whose lists were refused, with why: `too-large` where there was no room for all entries. */
  refusals(): ReadonlyMap<string, "too-large" | "corrupt"> {
    return this.#puller.refusals();
  }

  /** Everything below a folder, depth first. GroupShareError `conflict` where the signal fires before the end. */
  walk(ref: EntryRef, signal?: AbortSignal): AsyncGenerator<Entry> {
    return this.#browsing.walk(ref, signal);
  }

  /** Who has a content, this member among them; at most 1 000 places. */
  async holders(content: Content): Promise<EntryRef[]> {
    const [refs] = await this.#browsing.holdersOf([content], MAX_HOLDERS);
    return refs ?? [];
  }

  /** Who has each of many contents, in their order, for one call to the worker; of each at most 50 places. */
  holdersOf(contents: readonly Content[]): Promise<EntryRef[][]> {
    return this.#browsing.holdersOf(contents, MAX_HOLDERS_OF_EACH);
  }

  /** Files and bytes of each member that is seen and has a list, this one among them. */
  totals(): Promise<Map<string, { files: number; bytes: number }>> {
    return this.#store.call("totals");
  }

  on(news: "own", listener: (standing: Standing) => void): void;
  on(news: "changed", listener: (member: string) => void): void;
  on(news: "own" | "changed", listener: ((standing: Standing) => void) | ((member: string) => void)): void {
    if (news === "own") this.#ownListeners.push(listener as (standing: Standing) => void);
    else this.#changedListeners.push(listener as (member: string) => void);
  }

  /** Forgets everyone else's lists, on disk too: for one who leaves the group. */
  async forget(): Promise<void> {
    this.present([]);
    await this.#puller.stop();
    this.#asker.forget();
    await this.#image.settled();
    await this.#replicas.remove();
    await this.#store.call("forget", imagePath(this.#options.dir));
    this.#image.touched(1);
  }

  /** Writes the image now, whoever asks meanwhile; it is written by itself when there is a time for it. */
  saveImage(): Promise<void> {
    return this.#image.now();
  }

  counters(): Record<string, number> {
    const { counters: own, standing } = this.#own;
    return {
      sequence: standing.sequence,
      ...own,
      ...this.#served,
      ...this.#puller.counters,
      imagesSaved: this.#image.saved,
    };
  }

  /** Ends pulls and commits, saves the image, and notes that all is whole. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const { dir, log } = this.#options;
    this.#witnesses.stop();
    this.#asker.stop();
    this.#attendance.stop();
    await this.#puller.stop();
    const mark = await this.#own.close();
    await this.#replicas.close();
    await this.#image.stop();
    try {
      await replaceFile(markPath(dir), `${JSON.stringify(mark)}\n`);
    } catch (thrown) {
      await rm(markPath(dir), { force: true });
      log.warn("The catalog could not note its clean end", { why: reason(thrown) });
    }
    await this.#store.close();
  }

  /** Of a list that is still being collected, those are given what is here who collect the same. */
  #find(member: string, epoch: string | null): Served | null {
    if (member === this.#options.memberId) return { journal: this.#own.journal, sequence: this.#own.standing.sequence };
    const journal = this.#replicas.find(member)?.journal(epoch) ?? null;
    return journal === null ? null : { journal, sequence: journal.sequence };
  }

  #changed(member: string): void {
    for (const listener of this.#changedListeners) listener(member);
  }
}

const imagePath = (dir: string): string => join(dir, "index.sqlite");

const isAnnouncement = ({ epoch, sequence }: Presence): boolean =>
  /^[0-9a-f]{16}$/.test(epoch) && Number.isSafeInteger(sequence) && sequence >= 0;
