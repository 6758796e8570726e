import type { Change, Known } from "../shared/entry.ts";
import { reason } from "../shared/errors.ts";
import { Bursts } from "./burst.ts";
import { type Identity, isSameFolder } from "./core/compare.ts";
import type { Inodes } from "./core/inodes.ts";
import type { HashQueue } from "./core/queue.ts";
import { type FileNode, pathOf, Tree } from "./core/tree.ts";
import { Explorer, newPass, type Pass, RootLost, Superseded, type Told } from "./explore.ts";
import type { Outbox } from "./outbox.ts";
import type { HashItem, HashResult, ScannedShare, ScanStatus, Timing } from "./protocol.ts";
import { Reading } from "./reading.ts";
import { folderIdentity, lookAtRoot } from "./root.ts";
import { RuleBook } from "./rule-book.ts";
import { RULE_FILE } from "./rule-file.ts";
import { Timers } from "./timers.ts";
import { Turns } from "./turns.ts";
import { Vigil } from "./vigil.ts";

/** A listing may wait this long for more, hashed contents that long, in milliseconds. */
const LISTED = 100;
const HASHED = 200;
/** How long a file that is gone is remembered in case it was moved. */
const DEPARTED = 60_000;
/** Without a complete watch, everything is looked at this often. */
const UNWATCHED_RESCAN = 60_000;
/** What all shares have in common. */
export interface ScanWorld {
  readonly timing: Timing;
  readonly inodes: Inodes;
  readonly queue: HashQueue<ShareScanner>;
  readonly outbox: Outbox;
  /** There is something to hash. */
  queued(): void;
  /** Whether nothing is to be hashed just now. */
  paused(): boolean;
  counted(result: HashResult): void;
  scanned(): void;
}

/** Keeps one share's tree equal to what is on disk, and tells the differences. */
export class ShareScanner {
  readonly id: string;
  readonly #world: ScanWorld;
  readonly #share: ScannedShare;
  readonly #tree = new Tree();
  readonly #timers = new Timers();
  readonly #rules: RuleBook;
  readonly #explorer: Explorer;
  readonly #reading: Reading;
  readonly #turns: Turns;
  readonly #bursts: Bursts;
  readonly #vigil: Vigil;
  #name: string;
  #mounted: boolean;
  /** Which folder the share is; null while offline. */
  #identity: Identity | null = null;
  /** Counts the times that it went offline or came back. */
  #era = 0;
  /** All was looked at since it came online. */
  #complete = false;
  #closed = false;
  /** Going over everything: one at a time. */
  #scanning: Promise<void> | null = null;
  /** What is wrong, in words: with the folder, with something in it. */
  #lost: string | null = null;
  #trouble: string | null = null;

  constructor(share: ScannedShare, world: ScanWorld) {
    this.id = share.id;
    this.#share = share;
    this.#name = share.name;
    this.#mounted = share.mounted;
    this.#world = world;
    const { timing, inodes } = world;
    const tree = this.#tree;
    const watching = () => this.#vigil.watching;
    const again = () => this.#timers.after("again", 0, () => this.#rescan());
    const rules = new RuleBook(share, tree, share.hidden, again);
    this.#rules = rules;
    this.#explorer = new Explorer({
      place: share,
      tree,
      inodes,
      rules,
      watching,
      tell: (change) => this.#tell(change, this.#complete ? 0 : LISTED),
      unread: (node, pass) => this.#turns.unread(node, pass),
      unsettled: (node) => this.#reading.unsettled(node),
      linked: (node) => this.#bursts.link(node),
      troubled: (why) => {
        this.#trouble = why;
      },
      proveRoot: () => {
        const now = folderIdentity(share.root);
        if (this.#identity === null || now === null || !isSameFolder(now, this.#identity)) throw new RootLost();
      },
      goOn: (pass) => this.#goOn(pass),
    });
    this.#reading = new Reading({
      share: share.id,
      root: share.root,
      tree,
      explorer: this.#explorer,
      settle: timing.settle,
      tell: (change, within) => this.#tell(change, within),
      enqueue: (node) => this.#turns.add(node),
      paused: () => world.paused(),
      counted: (result) => world.counted(result),
    });
    this.#turns = new Turns({
      tree,
      unsettled: (node) => this.#reading.unsettled(node),
      queue: (node, urgent) => {
        if (urgent) world.queue.hurry(this, node);
        else world.queue.add(this, node);
        world.queued();
      },
    });
    this.#vigil = new Vigil(share.root, this.#timers, {
      changed: (path) => this.#bursts.hear(path),
      replaced: (folder) => {
        if (folder !== "") this.#bursts.hearReplaced(folder);
        else if (this.#checkRoot()) this.#vigil.again();
      },
      failed: () => this.#planRescan(),
      resumed: () => this.#rescan(),
    });
    this.#bursts = new Bursts({
      place: share,
      tree,
      explorer: this.#explorer,
      rules,
      reading: this.#reading,
      timers: this.#timers,
      timing,
      watching,
      era: () => this.#era,
      attempt: (work) => this.#attempt(work),
      rescan: (wait) => this.#timers.after("again", wait, () => this.#rescan()),
      looked: () => {
        inodes.purge(performance.now(), DEPARTED);
        world.outbox.touch();
      },
    });
  }

  load(known: readonly Known[]): void {
    for (const one of known) {
      const node = this.#tree.load(one);
      if (node !== null) this.#world.inodes.set(node);
    }
  }

  begin(): void {
    this.#checkRoot();
    this.#timers.every("poll", this.#world.timing.poll, () => {
      this.#checkRoot();
      for (const folder of this.#explorer.mounts.changed()) this.#bursts.hearReplaced(pathOf(folder));
    });
  }

  rename(name: string): void {
    this.#name = name;
    this.#tellShare();
  }

  choose(hidden: boolean): void {
    this.#rules.choose(hidden);
    // As if the share's own rule file were another one: all is looked at with it.
    this.#bursts.hear(RULE_FILE);
  }

  offers(path: string): boolean {
    return this.#rules.offers(path);
  }

  /** Has a file, or those in a folder, hashed before all others. */
  urgent(path: string): void {
    this.#turns.urgent(path);
  }

  close(): void {
    this.#closed = true;
    this.#era += 1;
    this.#timers.close();
    this.#vigil.end();
    this.#reading.close();
    const now = performance.now() - DEPARTED;
    for (const node of this.#tree.nodes()) {
      node.gone = true;
      if (node.kind === "file") this.#world.inodes.depart(node, now);
    }
  }

  get skipped(): number {
    return this.#tree.totals.skipped;
  }

  status(): ScanStatus {
    const { files, bytes, hashed, hashedBytes, unreadable, unreadableBytes } = this.#tree.totals;
    const unhashed = { files: files - hashed - unreadable, bytes: bytes - hashedBytes - unreadableBytes };
    const online = !this.#complete ? "scanning" : unhashed.files > 0 ? "hashing" : "ready";
    const unread = unreadable === 0 ? null : `${unreadable} files cannot be read: ${this.#reading.lastTrouble}`;
    const error =
      this.#lost ??
      this.#vigil.trouble ??
      this.#explorer.mounts.trouble ??
      this.#rules.trouble ??
      unread ??
      this.#trouble;
    const state = this.#identity === null ? "offline" : online;
    return { share: this.id, state, files, bytes, hashed, hashedBytes, unhashed, mounted: this.#mounted, error };
  }

  item(node: FileNode): HashItem {
    node.reading = true;
    return this.#reading.item(node);
  }

  hashed(result: HashResult): void {
    if (this.#closed) return;
    this.#reading.hashed(result, HASHED);
    this.#world.outbox.touch();
  }

  #tell(change: Told, within: number): void {
    if (!this.#closed) this.#world.outbox.push({ ...change, share: this.id } as Change, within);
  }

  #tellShare(): void {
    this.#tell({ kind: "share", name: this.#name, online: this.#identity !== null }, 0);
  }

  /** Whether it is the same folder as before; takes the share offline, or online, where it is not. */
  #checkRoot(): boolean {
    if (this.#closed) return true;
    const root = lookAtRoot(this.#share.root, this.#mounted);
    if (root.kind === "lost") {
      this.#goOffline(root.why);
      return false;
    }
    if (this.#identity !== null && isSameFolder(root.identity, this.#identity)) return true;
    const wasOffline = this.#identity === null;
    this.#era += 1;
    this.#identity = root.identity;
    this.#mounted = root.mounted;
    this.#lost = null;
    this.#complete = false;
    this.#turns.hold();
    this.#explorer.unwatch(this.#tree.top);
    if (wasOffline) this.#tellShare();
    this.#vigil.begin();
    this.#rescan();
    return false;
  }

  #goOffline(why: string): void {
    const first = this.#lost === null;
    this.#lost = why;
    this.#world.outbox.touch();
    if (!first) return;
    this.#era += 1;
    this.#identity = null;
    this.#vigil.end();
    this.#bursts.forget();
    this.#tellShare();
  }

  #rescan(): void {
    const before = this.#scanning ?? Promise.resolve();
    const run: Promise<void> = before
      .then(() => this.#attempt(() => this.#scan()))
      .then(() => {
        if (this.#scanning === run) this.#scanning = null;
        this.#planRescan();
      });
    this.#scanning = run;
  }

  #planRescan(): void {
    const usual = this.#world.timing.rescan;
    const wait = this.#vigil.trouble === null ? usual : Math.min(usual, UNWATCHED_RESCAN);
    this.#timers.after("rescan", wait, () => {
      if (this.#scanning === null) this.#rescan();
    });
  }

  async #scan(): Promise<void> {
    if (this.#identity === null) return;
    this.#world.scanned();
    if (this.#vigil.trouble !== null) this.#vigil.begin();
    this.#trouble = null;
    const pass = newPass("all", this.#era);
    await this.#explorer.list(this.#tree.top, pass);
    this.#reading.listed(pass, LISTED);
    this.#complete = true;
    this.#turns.release();
    this.#world.inodes.purge(performance.now(), DEPARTED);
    this.#world.outbox.touch();
  }

  async #goOn(pass: Pass): Promise<void> {
    if (pass.era !== this.#era) throw new Superseded();
    if (pass.kind === "all") {
      this.#reading.listed(pass, LISTED);
      await this.#world.outbox.room();
    }
    this.#world.outbox.touch();
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      if (thrown instanceof Superseded || this.#closed) return;
      const lost = thrown instanceof RootLost;
      if (!lost) this.#trouble = reason(thrown);
      // The folder is there after all: what was missed is found again, but not in a circle without rest.
      if (this.#checkRoot() && lost) this.#timers.after("again", this.#world.timing.settle, () => this.#rescan());
    }
  }
}
