import { realpath } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { GroupShareError, reason } from "../shared/errors.ts";
import { ActiveShare } from "./active-share.ts";
import { admit, type Wanted } from "./admission.ts";
import { Coalesced } from "./news.ts";
import type { OpenedShareFile } from "./open-file.ts";
import { openOffered } from "./open-offered.ts";
import type { ShareStatus, SharesOptions } from "./options.ts";
import { Pipeline } from "./pipeline.ts";
import { below } from "./place.ts";
import { type ScanReport, type ScanStatus, type ShareCounters, TIMING } from "./protocol.ts";
import { Registry, type StoredShare } from "./registry.ts";
import { lookAtRoot, realPathOf } from "./root.ts";

/** At most four times a second. */
const NEWS = 250;

/** The folders that this member offers. */
export class Shares {
  readonly #options: SharesOptions;
  readonly #registry: Registry;
  readonly #pipeline: Pipeline;
  readonly #active = new Map<string, ActiveShare>();
  readonly #listeners: (() => void)[] = [];
  readonly #news = new Coalesced(NEWS, () => {
    for (const listener of this.#listeners) listener();
  });
  /** Shares whose end is told, and not committed yet. */
  readonly #ending = new Map<string, PromiseWithResolvers<void>>();
  /** Shares are added and removed one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #stopped = false;
  #given = false;
  #paused = false;
  #broken: string | null = null;
  /** Why what is found cannot be committed just now. */
  #unrecorded: string | null = null;

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
      unrecorded: (why) => {
        this.#unrecorded = why;
        this.#news.news();
      },
      broken: (why) => {
        this.#broken = why;
        this.#news.news();
      },
      read: (progress) => this.#active.get(progress.share)?.read(progress),
    });
  }

  /** Goes on with the shares that people added; those given by flag are to be added again, and then `given` called. */
  static async open(options: SharesOptions): Promise<Shares> {
    const registry = await Registry.open(options.stateFile, (message) => options.log.warn(message));
    const shares = new Shares(options, registry);
    await shares.#pipeline.run();
    for (const stored of registry.all) if (!stored.fixed) await shares.#start(stored, stored.fixed);
    return shares;
  }

  /**
   * Shares a folder. The same folder again is the same share, under the name asked for now.
   * `hidden`: whether files and folders whose names begin with "." are offered; as before where it is left out, and not
   * at first. Errors: not-found, denied, invalid (no folder, no name), conflict (overlaps another share, name taken).
   */
  add(share: Wanted): Promise<ShareStatus> {
    return this.#inTurn(() => this.#add(share));
  }

  /**
   * All flags of this run are given: what the catalog has of other shares is not shared any more. Those are the ones given
   * by flag last time only, and ones that the registry lost. Their folders get their ids back if they are given again,
   * whatever lies in them then.
   */
  given(): Promise<void> {
    return this.#inTurn(async () => {
      this.#given = true;
      for (const stored of this.#registry.all) if (!this.#active.has(stored.id)) this.#registry.forgetGround(stored);
      await this.#registry
        .save()
        .catch((thrown: unknown) =>
          this.#options.log.warn("Cannot remember which shares were not given again", { why: reason(thrown) }),
        );
      const listed = await this.#options.listed();
      // Not waited for until it is committed: a full disk must not keep the program from starting.
      for (const id of listed.filter((share) => !this.#active.has(share))) {
        void this.#end(id).catch((thrown: unknown) =>
          this.#options.log.warn("Cannot end a share that was not given again", { share: id, why: reason(thrown) }),
        );
      }
    });
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
      await this.#end(id);
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
    const offers = (below: string) => this.#pipeline.scan.call("offers", share, below);
    return openOffered(active.place, path, offers);
  }

  /**
   * Why nothing may be written at a path just now, null where it may: it is in the place of a share that is not there, and
   * would hide what that has, or be hidden by it. As the disk is now, which a share's status follows.
   */
  refusesWrite(path: string): GroupShareError | null {
    const at = realPathOf(resolve(path));
    for (const stored of this.#registry.all) {
      if (below(stored.path, at) === null || (this.#given && !this.#active.has(stored.id))) continue;
      const root = lookAtRoot(stored.path, stored, null);
      if (root.kind === "there") continue;
      const why = `the share "${stored.name}" belongs there and is offline: ${root.why}`;
      return new GroupShareError("unwritable", `Cannot write "${path}": ${why}`, {
        hint: "bring its folder back and resume, or download into another folder",
      });
    }
    return null;
  }

  /** Somebody asks for this file, or what is in this folder: what has no known content yet is hashed before all else. */
  urgent(share: string, path: string): void {
    this.#pipeline.scan
      .call("urgent", share, path)
      .catch((thrown: unknown) => this.#options.log.debug("Cannot hurry a file", { path, why: reason(thrown) }));
  }

  /** Hashes nothing any more, in no share, until `resume` or the next start; listing and watching go on. */
  pause(): Promise<void> {
    return this.#pause(true);
  }

  resume(): Promise<void> {
    return this.#pause(false);
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
    this.#stopped = true;
    this.#news.close();
    await this.#pipeline.stop();
    for (const { resolve } of this.#ending.values()) resolve();
    await this.#turn;
  }

  async #pause(paused: boolean): Promise<void> {
    this.#paused = paused;
    this.#news.news();
    await this.#pipeline.pause(paused);
  }

  async #add(share: Wanted): Promise<ShareStatus> {
    const stored = Array.from(this.#active.values(), (other) => other.stored);
    const admitted = await admit(share, this.#registry, stored, await this.#ownFolder());
    const { id, name, hidden } = admitted.stored;
    const known = this.#active.get(id);
    const active = known ?? (await this.#start(admitted.stored, share.fixed));
    active.fixed ||= share.fixed;
    if (known !== undefined && admitted.renamed) await this.#pipeline.scan.call("rename", id, name);
    if (known !== undefined && admitted.chosen) await this.#pipeline.scan.call("choose", id, hidden);
    this.#news.news();
    return this.#status(active);
  }

  /** Where this program keeps its state. */
  async #ownFolder(): Promise<string> {
    const folder = resolve(dirname(this.#options.stateFile));
    return realpath(folder).catch(() => folder);
  }

  async #start(stored: StoredShare, fixed: boolean): Promise<ActiveShare> {
    const own = below(stored.path, await this.#ownFolder());
    const active = new ActiveShare(stored, { root: stored.path, withheld: own === "" ? null : own }, fixed);
    this.#active.set(stored.id, active);
    // Not awaited: what is known of a large share takes a while to read.
    void this.#begin(active).catch((thrown: unknown) =>
      this.#options.log.error(`Cannot look after the share "${stored.name}"`, { why: reason(thrown) }),
    );
    return active;
  }

  async #begin({ stored, place }: ActiveShare): Promise<void> {
    const { id } = stored;
    // Until its end is committed, the catalog still has what it must be told again.
    await this.#ending.get(id)?.promise;
    if (this.#stopped || !this.#active.has(id)) return;
    const { name, mount, own, beneath, mounts, hidden } = stored;
    const share = { ...place, id, name, mount, own, beneath, mounts, hidden };
    await this.#pipeline.begin(share, () => this.#active.has(id));
  }

  /** Tells that a share is no more; resolves when that is committed. */
  async #end(id: string): Promise<void> {
    const ended = Promise.withResolvers<void>();
    this.#ending.set(id, ended);
    await this.#pipeline.scan.call("drop", id);
    await ended.promise;
  }

  #committed(report: ScanReport): void {
    for (const { kind, share } of report.changes) {
      if (kind !== "unshare") continue;
      this.#ending.get(share)?.resolve();
      this.#ending.delete(share);
    }
    for (const status of report.shares) this.#saw(status);
    this.#news.news();
  }

  #saw(status: ScanStatus): void {
    const active = this.#active.get(status.share);
    if (active === undefined) return;
    const { name } = active.stored;
    const other = active.saw(status);
    if (other.state) {
      this.#options.log.info(`Share "${name}" is ${status.state}`, { files: status.files, error: status.error });
    }
    if (!other.stored) return;
    // In turn, so that stopping waits for it.
    this.#inTurn(() => this.#registry.save()).catch((thrown: unknown) =>
      this.#options.log.warn(`Cannot remember the share "${name}"`, { why: reason(thrown) }),
    );
  }

  #status(active: ActiveShare): ShareStatus {
    const trouble = this.#broken ?? this.#unrecorded;
    return active.status({ paused: this.#paused, ahead: this.#pipeline.ahead(active.stored.id), trouble });
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(act);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}
