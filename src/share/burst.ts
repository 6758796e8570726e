import { isSameFolder } from "./core/compare.ts";
import { Dirty } from "./core/dirty.ts";
import { wasRespelt } from "./core/respelt.ts";
import { type FileNode, type FolderNode, pathOf, type SkippedNode, type Tree } from "./core/tree.ts";
import type { Explorer } from "./explore.ts";
import { newPass, type Pass } from "./pass.ts";
import type { Place } from "./place.ts";
import type { Timing } from "./protocol.ts";
import type { Reading } from "./reading.ts";
import { realPathBelow } from "./root.ts";
import type { RuleBook } from "./rule-book.ts";
import { RULE_FILE } from "./rule-file.ts";
import type { Timers } from "./timers.ts";
import type { Watching } from "./watch.ts";

/** After so many events in one burst some may have been lost, which the system does not tell. */
const STORM = 8_000;
/** Where a new folder is not watched by the time it is listed, it is listed again after this, in milliseconds. */
const SECOND_LOOK = 1_000;
/** Links are looked at with each burst: up to so many of those that lead to files, and as many of others. */
const LINKS = 1_000;
type Link = FileNode | SkippedNode;

export interface BurstWorld {
  readonly place: Place;
  readonly tree: Tree;
  readonly explorer: Explorer;
  readonly rules: RuleBook;
  readonly reading: Reading;
  readonly timers: Timers;
  readonly timing: Timing;
  /** null while the share is offline. */
  watching(): Watching | null;
  era(): number;
  /** Has work done that may find the share gone. */
  attempt(work: () => Promise<void>): Promise<void>;
  /** Everything is to be looked at, in so many milliseconds. */
  rescan(wait: number): void;
  /** Something was looked at. */
  looked(): void;
}

/** Collects what the watcher reports until there is quiet, and then looks at it. */
export class Bursts {
  readonly #world: BurstWorld;
  readonly #dirty = new Dirty();
  readonly #links = { file: new Set<Link>(), skipped: new Set<Link>() };
  #replaced = new Set<string>();
  #touched = new Set<string>();
  #heard = { first: 0, last: 0, count: 0 };
  /** One after the other. */
  #running: Promise<void> = Promise.resolve();

  constructor(world: BurstWorld) {
    this.#world = world;
  }

  /**
   * A file that has other names, being a link of either kind, or a link that leads to none yet: its own path tells
   * nothing of changes under those.
   */
  link(node: Link): void {
    const links = this.#links[node.kind];
    if (links.size <= LINKS) links.add(node);
  }

  /** Something happened to what is, or was, at this path. */
  hear(path: string): void {
    const concerned = this.#world.rules.concerns(path);
    if (concerned === "nothing") return;
    const now = performance.now();
    if (this.#heard.count === 0) this.#heard.first = now;
    this.#heard.last = now;
    this.#heard.count += 1;
    const folder = path.slice(0, Math.max(path.lastIndexOf("/"), 0));
    // What is left out has given its folder another mtime when it came or went.
    if (concerned === "its folder") this.#touched.add(folder);
    // Under a name that is not UTF-8 nothing can be looked at, only listed.
    else if (path.includes("\ufffd")) this.#dirty.addFolder(folder);
    else this.#dirty.add(path);
    if (!this.#world.timers.has("burst")) this.#await(this.#world.timing.quiet);
  }

  /** A folder's name may stand for another folder now. */
  hearReplaced(folder: string): void {
    this.#replaced.add(folder);
    this.hear(folder);
  }

  forget(): void {
    this.#dirty.take();
    this.#replaced.clear();
    this.#touched.clear();
    this.#heard.count = 0;
  }

  #await(wait: number): void {
    const { timers, timing } = this.#world;
    timers.after("burst", wait, () => {
      const now = performance.now();
      const left = Math.min(this.#heard.last + timing.quiet - now, this.#heard.first + timing.longest - now);
      if (left > 1) this.#await(left);
      else this.#behind(() => this.#look());
    });
  }

  #behind(work: () => Promise<void>): void {
    this.#running = this.#running.then(() => this.#world.attempt(work));
  }

  async #look(): Promise<void> {
    const storm = this.#heard.count >= STORM;
    this.#heard.count = 0;
    const paths = this.#dirty.take();
    const replaced = [...this.#replaced];
    this.#replaced.clear();
    const touched = [...paths.folders.keys(), ...this.#touched];
    this.#touched.clear();
    if (this.#world.watching() === null) return;
    const pass = newPass("news", this.#world.era());
    for (const path of replaced) {
      const node = this.#world.tree.at(path);
      if (node?.kind === "folder") this.#world.explorer.unwatch(node);
    }
    for (const [folder, names] of [...paths.folders].sort((a, b) => a[0].length - b[0].length)) {
      if (names === "all" || names.has(RULE_FILE)) await this.#list(folder, pass);
      else for (const name of names) await this.#lookAt(folder === "" ? name : `${folder}/${name}`, pass);
    }
    this.#lookAtLinks(pass);
    for (const folder of touched) {
      const node = this.#world.tree.at(folder);
      if (node?.kind === "folder") pass.touched.add(node);
    }
    for (const folder of pass.touched) this.#lookAtSelf(folder, pass);
    await this.#world.reading.changed(pass);
    this.#world.looked();
    if (paths.everything) this.#world.rescan(0);
    else if (storm) this.#world.rescan(2 * this.#world.timing.settle);
  }

  /** Looks at the first thing on the way to a path that may be new, and at all below what is. */
  async #lookAt(path: string, pass: Pass): Promise<void> {
    const { tree, explorer, timers } = this.#world;
    const near = tree.nearest(path);
    if (near === null) return;
    const isNew = !near.folder.children.has(near.name);
    const node = explorer.look(near.folder, pathOf(near.folder), near.name, pass);
    // Only a listing tells whether it still has its other name.
    if (isNew && node !== null && wasRespelt(node)) return explorer.list(near.folder, pass);
    if (near.folder.children.get(near.name)?.kind === "skipped") return this.#lookBehind(path, pass);
    if (node?.kind !== "folder" || node.listed) return;
    await explorer.list(node, pass);
    if (this.#world.watching()?.immediate === false) {
      timers.after(`second look ${path}`, SECOND_LOOK, () => this.#behind(() => this.#lookAgain(node)));
    }
  }

  async #list(folder: string, pass: Pass): Promise<void> {
    const { tree, explorer } = this.#world;
    if (folder !== "") await this.#lookAt(folder, pass);
    const node = tree.at(folder);
    if (node?.kind === "folder") await explorer.list(node, pass);
  }

  /** Where watching follows links to folders, what happens in a folder may come under a link's name. */
  async #lookBehind(path: string, pass: Pass): Promise<void> {
    const real = realPathBelow(this.#world.place.root, path);
    if (real !== null && real !== path) await this.#lookAt(real, pass);
  }

  async #lookAgain(folder: FolderNode): Promise<void> {
    if (folder.gone || this.#world.watching() === null) return;
    const pass = newPass("again", this.#world.era());
    await this.#world.explorer.list(folder, pass);
    await this.#world.reading.changed(pass);
    this.#world.looked();
  }

  #lookAtLinks(pass: Pass): void {
    for (const links of Object.values(this.#links)) {
      for (const node of [...links]) if (node.gone) links.delete(node);
      if (links.size > LINKS) continue;
      for (const node of [...links]) {
        if (!node.gone) this.#world.explorer.look(node.parent, pathOf(node.parent), node.name, pass);
      }
    }
  }

  /** A folder in which something came, went or was replaced has another mtime. */
  #lookAtSelf(folder: FolderNode, pass: Pass): void {
    const { explorer } = this.#world;
    if (folder.gone) return;
    if (folder.parent === null) {
      explorer.lookAtTop();
      return;
    }
    const { listed, identity } = folder;
    explorer.look(folder.parent, pathOf(folder.parent), folder.name, pass);
    // What is in it was looked at already, unless it is another folder by now.
    if (identity !== null && folder.identity !== null && isSameFolder(identity, folder.identity))
      folder.listed = listed;
  }
}
