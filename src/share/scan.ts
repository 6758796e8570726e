import type { Change, Known } from "../shared/entry.ts";
import { reason } from "../shared/errors.ts";
import { Bursts } from "./burst.ts";
import type { Inodes } from "./core/inodes.ts";
import type { HashQueue } from "./core/queue.ts";
import { type FileNode, pathOf, Tree } from "./core/tree.ts";
import { Explorer } from "./explore.ts";
import type { Outbox } from "./outbox.ts";
import { newPass, type Pass, RootLost, Superseded, type Told } from "./pass.ts";
import { Presence } from "./presence.ts";
import type { HashItem, HashResult, ScannedShare, ScanStatus, Timing } from "./protocol.ts";
import { Reading } from "./reading.ts";
import { Rounds } from "./rounds.ts";
import { RuleBook } from "./rule-book.ts";
import { RULE_FILE } from "./rule-file.ts";
import { scanStatus } from "./scan-status.ts";
import { Timers } from "./timers.ts";
import { Turns } from "./turns.ts";
import { Vigil } from "./vigil.ts";

/** A listing may wait this long for more, hashed contents that long, in milliseconds. */
const LISTED = 100;
const HASHED = 200;

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
  readonly #tree = new Tree();
  readonly #timers = new Timers();
  readonly #rules: RuleBook;
  readonly #explorer: Explorer;
  readonly #reading: Reading;
  readonly #turns: Turns;
  readonly #bursts: Bursts;
  readonly #vigil: Vigil;
  readonly #presence: Presence;
  readonly #rounds: Rounds;
  #name: string;
  /** All was looked at since it came online. */
  #complete = false;
  #closed = false;
  /** What is wrong with something in it, in words. */
  #trouble: string | null = null;

  constructor(share: ScannedShare, world: ScanWorld) {
    this.id = share.id;
    this.#name = share.name;
    this.#world = world;
    this.#presence = new Presence(share.root, share, () => this.#tree.top.children.size > 0);
    const { timing, inodes } = world;
    const tree = this.#tree;
    const watching = () => this.#vigil.watching;
    const rules = new RuleBook(share, tree, share.hidden, () => this.#rounds.after(0));
    this.#rules = rules;
    this.#explorer = new Explorer({
      place: share,
      mounts: share.mounts,
      tree,
      inodes,
      rules,
      watching,
      tell: (change) => this.#tell(change, this.#complete ? 0 : LISTED),
      unread: (node, pass) => this.#turns.unread(node, pass),
      unproven: (node) => this.#reading.unproven(node),
      unsettled: (node) => this.#reading.unsettled(node),
      linked: (node) => this.#bursts.link(node),
      troubled: (why) => {
        this.#trouble = why;
      },
      proveRoot: () => this.#presence.prove(),
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
      failed: () => this.#rounds.plan(),
      resumed: () => this.#rounds.begin(),
    });
    this.#rounds = new Rounds({
      timers: this.#timers,
      usual: timing.rescan,
      watched: () => this.#vigil.trouble === null,
      go: () => this.#attempt(() => this.#scan()),
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
      era: () => this.#presence.era,
      attempt: (work) => this.#attempt(work),
      rescan: (wait) => this.#rounds.after(wait),
      looked: () => world.outbox.touch(),
    });
  }

  load(known: readonly Known[]): void {
    for (const one of known) {
      const node = this.#tree.load(one);
      if (node !== null) this.#world.inodes.set(node);
    }
  }

  begin(): void {
    this.#explorer.mounts.restore(this.#tree);
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
    this.#presence.end();
    this.#timers.close();
    this.#vigil.end();
    this.#reading.close();
    const now = performance.now() - this.#world.timing.departed;
    for (const node of this.#tree.nodes()) {
      node.end();
      if (node.kind === "file") this.#world.inodes.depart(node, now);
    }
  }

  status(): ScanStatus {
    const { mounts } = this.#explorer;
    const { online, ground, trouble } = this.#presence;
    const below = this.#vigil.trouble ?? mounts.trouble ?? this.#rules.trouble;
    return scanStatus(this.id, this.#tree.totals, {
      online,
      complete: this.#complete,
      ground,
      mounts: mounts.known,
      error: trouble ?? below,
      unreadable: this.#reading.lastTrouble,
      trouble: this.#trouble,
    });
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
    this.#tell({ kind: "share", name: this.#name, online: this.#presence.online }, 0);
  }

  /** Whether it is the same folder as before; takes the share offline, or online, where it is not. */
  #checkRoot(): boolean {
    if (this.#closed) return true;
    const turn = this.#presence.look();
    if (turn === "same") return true;
    if (turn === "gone" || turn === "still gone") {
      this.#world.outbox.touch();
      if (turn === "still gone") return false;
      this.#vigil.end();
      this.#bursts.forget();
      this.#tellShare();
      return false;
    }
    this.#complete = false;
    this.#turns.hold();
    this.#explorer.unwatch(this.#tree.top);
    if (turn === "back") this.#tellShare();
    this.#vigil.begin();
    this.#rounds.begin();
    return false;
  }

  async #scan(): Promise<void> {
    if (!this.#presence.online) return;
    this.#world.scanned();
    if (this.#vigil.trouble !== null) this.#vigil.begin();
    this.#trouble = null;
    const pass = newPass("all", this.#presence.era);
    await this.#explorer.list(this.#tree.top, pass);
    this.#reading.listed(pass, LISTED);
    this.#complete = true;
    this.#turns.release();
    this.#world.outbox.touch();
  }

  async #goOn(pass: Pass): Promise<void> {
    if (pass.era !== this.#presence.era) throw new Superseded();
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
      if (!(thrown instanceof RootLost)) this.#trouble = reason(thrown);
      // What was to be looked at is not known any more.
      if (this.#checkRoot()) this.#rounds.failed(this.#world.timing.settle);
    }
  }
}
