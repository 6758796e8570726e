import { realpath, stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import type { Change } from "../shared/entry.ts";
import { GroupShareError, reason, systemCode } from "../shared/errors.ts";
import { toName } from "../shared/names.ts";
import { below, type Place } from "./look.ts";
import { Coalesced } from "./news.ts";
import { type OpenedShareFile, openInside } from "./open-file.ts";
import type { ShareStatus, SharesOptions } from "./options.ts";
import { Pipeline } from "./pipeline.ts";
import { type ScanReport, type ScanStatus, type ShareCounters, TIMING } from "./protocol.ts";
import { checkedName, freeName, Registry, type StoredShare } from "./registry.ts";

/** At most four times a second. */
const NEWS = 250;
/** How long a share that was given by flag last time may take to be given again, in milliseconds. */
const GIVEN_AGAIN = 1_500;

interface Active {
  readonly stored: StoredShare;
  readonly place: Place;
  readonly fixed: boolean;
  seen: ScanStatus | null;
}

/** The folders that this member offers. */
export class Shares {
  readonly #options: SharesOptions;
  readonly #registry: Registry;
  readonly #pipeline: Pipeline;
  readonly #active = new Map<string, Active>();
  readonly #listeners: (() => void)[] = [];
  readonly #news = new Coalesced(NEWS, () => {
    for (const listener of this.#listeners) listener();
  });
  /** Who waits until a share's end is committed. */
  readonly #ending = new Map<string, () => void>();
  /** Shares are added and removed one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #parking: ReturnType<typeof setTimeout> | null = null;
  #broken: string | null = null;

  private constructor(options: SharesOptions, registry: Registry) {
    this.#options = options;
    this.#registry = registry;
    this.#pipeline = new Pipeline({
      spawn: options.spawn,
      hashers: options.hashers,
      timing: { ...TIMING, ...options.timing },
      log: options.log,
      known: (share, after) => options.known(share, after),
      commit: (changes) => options.commit(changes),
      committed: (report) => this.#committed(report),
      broken: (why) => {
        this.#broken = why;
        this.#news.news();
      },
    });
  }

  /** Goes on with the shares that people added; those given by flag are to be added again. */
  static async open(options: SharesOptions): Promise<Shares> {
    const registry = await Registry.open(options.stateFile, (message) => options.log.warn(message));
    const shares = new Shares(options, registry);
    await shares.#pipeline.run();
    for (const stored of registry.all) if (!stored.fixed) await shares.#start(stored, stored.fixed);
    shares.#parking = setTimeout(() => void shares.#park(), GIVEN_AGAIN);
    return shares;
  }

  /**
   * Shares a folder. The same folder again is the same share, under the name asked for now.
   * Errors: not-found, denied, invalid (no folder, no name), conflict (overlaps another share, name taken).
   */
  add(share: { path: string; name: string | null; fixed: boolean }): Promise<ShareStatus> {
    return this.#inTurn(() => this.#add(share));
  }

  /** Stops sharing a folder; resolves when that is committed. Errors: not-found, conflict (given by flag). */
  async remove(id: string): Promise<void> {
    await this.#inTurn(async () => {
      const active = this.#active.get(id);
      if (active === undefined) throw new GroupShareError("not-found", `Cannot remove share "${id}": no such share`);
      if (active.fixed) {
        throw new GroupShareError("conflict", `Cannot remove share "${active.stored.name}": it was given by flag`, {
          hint: "start without its --share flag",
        });
      }
      this.#registry.remove(id);
      await this.#registry.save();
      this.#active.delete(id);
      await this.#end(id, () => this.#pipeline.scan.call("drop", id));
      this.#news.news();
    });
  }

  list(): ShareStatus[] {
    return Array.from(this.#active.values(), (active) => this.#status(active));
  }

  /**
   * Opens a file of a share for reading, having proven that it is the one inside the share. The handle is the caller's.
   * Errors: not-found, denied.
   */
  async openFile(share: string, path: string): Promise<OpenedShareFile> {
    const active = this.#active.get(share);
    if (active === undefined) throw new GroupShareError("not-found", `Cannot open "${path}": no such share`);
    return openInside(active.place, path);
  }

  counters(): ShareCounters {
    return this.#pipeline.counters;
  }

  /** Hears that some share's status is another one, at most four times a second. */
  on(_news: "changed", listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Stops looking. What was found and is not committed yet is found again at the next start. */
  async stop(): Promise<void> {
    if (this.#parking !== null) clearTimeout(this.#parking);
    this.#news.close();
    await this.#pipeline.stop();
    for (const go of this.#ending.values()) go();
    await this.#turn;
  }

  async #add(share: { path: string; name: string | null; fixed: boolean }): Promise<ShareStatus> {
    const path = await this.#folder(share.path, share.fixed);
    const name = share.name === null ? null : checkedName(share.name);
    const known = this.#registry.byPath(path);
    const others = [...this.#active.values()].filter((other) => other.stored.path !== path);
    for (const { stored } of others) {
      if (below(stored.path, path) === null && below(path, stored.path) === null) continue;
      throw new GroupShareError("conflict", `Cannot share "${path}": it overlaps the share "${stored.name}"`, {
        hint: `"${stored.path}" is shared already; remove that share first`,
      });
    }
    const taken = new Set(others.map((other) => other.stored.name));
    if (name !== null && taken.has(name)) {
      throw new GroupShareError("conflict", `Cannot share "${path}": the name "${name}" is taken`, {
        hint: "choose another name",
      });
    }
    const wanted = name ?? known?.name ?? toName(basename(path), "share");
    const stored = known ?? this.#registry.create({ name: wanted, path, fixed: share.fixed });
    const renamed = stored.name !== freeName(wanted, taken);
    stored.name = freeName(wanted, taken);
    stored.fixed &&= share.fixed;
    stored.parked = false;
    await this.#forgetParked(stored);
    await this.#registry.save();
    const active = this.#active.get(stored.id);
    if (active !== undefined) {
      this.#active.set(stored.id, { ...active, fixed: active.fixed || share.fixed });
      if (renamed) await this.#pipeline.scan.call("rename", stored.id, stored.name);
    } else await this.#start(stored, share.fixed);
    this.#news.news();
    return this.#status(this.#active.get(stored.id) as Active);
  }

  /** The real path of a folder that can be shared. */
  async #folder(path: string, fixed: boolean): Promise<string> {
    const cannot = `Cannot share "${path}"`;
    try {
      const real = await realpath(resolve(path));
      if (!(await stat(real)).isDirectory()) {
        throw new GroupShareError("invalid", `${cannot}: it is not a folder`, {
          hint: "share the folder that it is in",
        });
      }
      if (real === (await this.#ownFolder())) {
        throw new GroupShareError("denied", `${cannot}: this program keeps its own secrets there`);
      }
      return real;
    } catch (thrown) {
      if (thrown instanceof GroupShareError) throw thrown;
      const code = systemCode(thrown);
      if (code !== "ENOENT" && code !== "ENOTDIR") {
        throw new GroupShareError("denied", `${cannot}: ${reason(thrown)}`, { cause: thrown });
      }
      // A drive that is not there just now: the share is known, and offline.
      if (fixed && this.#registry.byPath(resolve(path)) !== undefined) return resolve(path);
      throw new GroupShareError("not-found", `${cannot}: there is no such folder`, { hint: "check the path" });
    }
  }

  /** Where this program keeps its state. */
  async #ownFolder(): Promise<string> {
    const folder = resolve(dirname(this.#options.stateFile));
    return realpath(folder).catch(() => folder);
  }

  async #start(stored: StoredShare, fixed: boolean): Promise<void> {
    const own = below(stored.path, await this.#ownFolder());
    const place: Place = { root: stored.path, withheld: own === "" ? null : own };
    this.#active.set(stored.id, { stored, place, fixed, seen: null });
    const { id, name, mounted } = stored;
    const share = { ...place, id, name, mounted };
    // Not awaited: what is known of a large share takes a while to read.
    void this.#pipeline
      .begin(share, () => this.#active.has(id))
      .catch((thrown: unknown) =>
        this.#options.log.error(`Cannot look after the share "${name}"`, { why: reason(thrown) }),
      );
  }

  /** Says of those given by flag last time, and not this time, that they are offline: what is known of them is kept. */
  async #park(): Promise<void> {
    await this.#inTurn(async () => {
      const absent = this.#registry.all.filter(({ id, parked }) => !parked && !this.#active.has(id));
      for (const stored of absent) {
        stored.parked = true;
        await this.#pipeline.scan.call("absent", stored.id, stored.name, false);
      }
      if (absent.length > 0) await this.#registry.save();
    }).catch((thrown: unknown) => this.#options.log.warn("Cannot tell of shares not given", { why: reason(thrown) }));
  }

  /** A share that is not given any more gives way to one of its name. */
  async #forgetParked({ id, name }: StoredShare): Promise<void> {
    const old = this.#registry.all.find((other) => other.name === name && other.id !== id);
    if (old === undefined || this.#active.has(old.id)) return;
    this.#registry.remove(old.id);
    await this.#pipeline.scan.call("absent", old.id, old.name, true);
  }

  async #end(id: string, act: () => Promise<void>): Promise<void> {
    const ended = new Promise<void>((resolve) => this.#ending.set(id, resolve));
    await act();
    await ended;
    this.#ending.delete(id);
  }

  #committed(report: ScanReport): void {
    for (const change of report.changes) if (isEnd(change)) this.#ending.get(change.share)?.();
    for (const status of report.shares) this.#saw(status);
    this.#news.news();
  }

  #saw(status: ScanStatus): void {
    const active = this.#active.get(status.share);
    if (active === undefined) return;
    const { name } = active.stored;
    const before = active.seen?.state;
    active.seen = status;
    if (status.state !== before) {
      this.#options.log.info(`Share "${name}" is ${status.state}`, { files: status.files, error: status.error });
    }
    if (status.mounted === active.stored.mounted) return;
    active.stored.mounted = status.mounted;
    this.#registry
      .save()
      .catch((thrown: unknown) =>
        this.#options.log.warn(`Cannot remember the share "${name}"`, { why: reason(thrown) }),
      );
  }

  #status({ stored: { id, name, path }, fixed, seen }: Active): ShareStatus {
    const { state, files, bytes, hashed, error } = seen ?? {
      state: "scanning",
      files: 0,
      bytes: 0,
      hashed: 0,
      error: null,
    };
    return { id, name, path, state, files, bytes, hashed, fixed, error: this.#broken ?? error };
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(act);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

const isEnd = (change: Change): boolean => change.kind === "unshare";
