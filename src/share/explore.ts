import { readdirSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { pathComponents } from "../shared/paths.ts";
import { isRespelt } from "./core/respelt.ts";
import { type FolderNode, pathOf, type TreeNode } from "./core/tree.ts";
import { Findings, type Seen } from "./findings.ts";
import { failed, sight } from "./look.ts";
import { Mounts } from "./mounts.ts";
import { type Explored, type Pass, RootLost } from "./pass.ts";
import { inFolder } from "./pinned.ts";
import { RULE_FILE } from "./rule-file.ts";

/** Time that a slice of synchronous looks may take, in milliseconds. */
const SLICE = 8;

/** What a folder lists. `ruled`: other rules hold in it than before. */
interface Listing {
  readonly names: readonly string[];
  readonly ruled: boolean;
}

/**
 * Goes over folders and looks at what is in them.
 *
 * Looks are synchronous, in slices: several times cheaper than by promises (100 000 files in 0.2 s against 0.7 s on
 * Node 26), and a look and what follows from it are one step, so that goes over the same files cannot undo each other.
 */
export class Explorer {
  readonly mounts: Mounts;
  readonly #findings: Findings;
  readonly #world: Explored;
  #sliceEnds = 0;

  constructor(world: Explored) {
    this.#world = world;
    this.mounts = new Mounts(world.place.root, world.mounts);
    this.#findings = new Findings(world, this.mounts);
  }

  /** Lists a folder, and folders below it as the pass says; all of them where other rules hold than before. */
  async list(start: FolderNode, pass: Pass): Promise<void> {
    const waiting = [{ folder: start, ruled: false }];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      await this.#breathe(pass);
      const { folder } = next;
      if (folder.gone || this.mounts.isAway(folder)) continue;
      const path = pathOf(folder);
      if (folder.parent === null) this.lookAtTop();
      const listing = this.#read(folder, path, pass);
      if (listing === null) continue;
      const { names } = listing;
      const ruled = listing.ruled || next.ruled;
      const every = pass.kind !== "news" || ruled;
      folder.listed = true;
      await this.#each(folder, path, names, pass, (name, seen) => {
        const child = this.#findings.meet(folder, path, name, seen, pass, true);
        if (child?.kind === "folder" && (every || !child.listed)) waiting.push({ folder: child, ruled });
      });
      const there = new Set(names);
      const missing = [...folder.children.keys()].filter((name) => !there.has(name));
      await this.#each(folder, path, missing, pass, (name, seen) => {
        // Where case means nothing, a file that is called in another one now is still found under the name that it had.
        const renamed =
          (seen.kind === "file" || seen.kind === "folder") && names.some((other) => isRespelt(name, other));
        this.#findings.meet(folder, path, name, renamed ? { kind: "none" } : seen, pass);
      });
    }
  }

  /** Looks at one path. The node that is there now, if any. */
  look(folder: FolderNode, parent: string, name: string, pass: Pass): TreeNode | null {
    let seen: Seen;
    try {
      seen = inFolder(this.#world.place.root, parent, (reach) => this.#see(folder, parent, name, reach(name)));
    } catch (thrown) {
      seen = failed(thrown);
    }
    if (this.mounts.isAway(folder)) return folder.children.get(name) ?? null;
    return this.#findings.meet(folder, parent, name, seen, pass);
  }

  /** Looks at the share's own folder. */
  lookAtTop(): void {
    const { place, tree } = this.#world;
    const seen = sight(place.root, place.root, () => false);
    if (seen.kind !== "folder") return;
    tree.top.identity = seen.identity;
    if (seen.mtime === tree.top.mtime) return;
    tree.top.mtime = seen.mtime;
    this.#world.tell({ kind: "folder", path: "", mtime: seen.mtime });
  }

  /** A folder that is another one now, or was replaced: it and all below is to be listed and watched anew. */
  unwatch(folder: FolderNode): void {
    this.#findings.unwatch(folder);
  }

  /** Has a folder watched, then reads what it lists and its rules; null where that says nothing. */
  #read(folder: FolderNode, path: string, pass: Pass): Listing | null {
    const { place, tree, rules } = this.#world;
    try {
      const listing = inFolder(place.root, path, (reach): Listing => {
        this.#world.watching()?.folder(path, reach(""));
        const names = readdirSync(reach(""));
        return { names, ruled: rules.read(folder, path, names.includes(RULE_FILE) ? reach(RULE_FILE) : null) };
      });
      if (folder.denied) tree.setDenied(folder, false);
      return listing;
    } catch (thrown) {
      if (!this.#unreachable(folder, path, thrown, pass)) return null;
      return { names: [], ruled: rules.read(folder, path, null) };
    }
  }

  /** Looks at names in a folder, in slices, and has each sight met. */
  async #each(
    folder: FolderNode,
    path: string,
    names: readonly string[],
    pass: Pass,
    meet: (name: string, seen: Seen) => void,
  ): Promise<void> {
    for (let at = 0; at < names.length && !folder.gone; ) {
      const seen = this.#slice(folder, path, names, at, pass);
      if (seen === null) return;
      for (const one of seen) meet(names[at++] ?? "", one);
      await this.#breathe(pass);
    }
  }

  /** Looks at names from one on, at least that one, while the slice lasts; null where the folder is not to be reached. */
  #slice(folder: FolderNode, path: string, names: readonly string[], from: number, pass: Pass): Seen[] | null {
    const seen: Seen[] = [];
    try {
      inFolder(this.#world.place.root, path, (reach) => {
        for (const name of names.slice(from)) {
          seen.push(this.#see(folder, path, name, reach(name)));
          if (performance.now() >= this.#sliceEnds) break;
        }
      });
    } catch (thrown) {
      this.#unreachable(folder, path, thrown, pass);
      return null;
    }
    return this.mounts.isAway(folder) ? null : seen;
  }

  #see(folder: FolderNode, parent: string, name: string, at: string): Seen {
    const { place, rules } = this.#world;
    const path = parent === "" ? name : `${parent}/${name}`;
    const out = rules.leavesOut(folder, path);
    if (out.file && out.folder) return { kind: "left out" };
    if (!Array.isArray(pathComponents(path))) return { kind: "skipped" };
    const seen = sight(place.root, at, (target) => rules.offers(target));
    const gone = seen.kind === "none" && folder.children.get(name)?.kind === "folder";
    return (gone || seen.kind === "folder" ? out.folder : out.file) ? { kind: "left out" } : seen;
  }

  /** A folder was not to be reached, or to be read: true where that is because it may not be. */
  #unreachable(folder: FolderNode, path: string, thrown: unknown, pass: Pass): boolean {
    const why = failed(thrown);
    if (folder.parent === null) throw new RootLost("", { cause: thrown });
    if (why.kind === "none") this.look(folder.parent, pathOf(folder.parent), folder.name, pass);
    else if (why.kind === "unknown") this.#world.troubled(`"${path}": ${why.why}`);
    else {
      this.#world.tree.setDenied(folder, true);
      return true;
    }
    return false;
  }

  async #breathe(pass: Pass): Promise<void> {
    if (performance.now() < this.#sliceEnds) return;
    await turn();
    await this.#world.goOn(pass);
    this.#sliceEnds = performance.now() + SLICE;
  }
}
