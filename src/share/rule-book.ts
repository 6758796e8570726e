import { type FolderNode, pathOf, type Tree, type TreeNode } from "./core/tree.ts";
import { ignoresPath } from "./ignore.ts";
import type { Place } from "./place.ts";
import { RULE_FILE, readRules } from "./rule-file.ts";
import { RuleSet } from "./rules.ts";

/** Rule files of one share that are kept: each holds a list of all rules that hold in its folder. */
const MOST = 2_000;

/** All rules of one share, by the folders that have some of their own. */
export class RuleBook {
  readonly #place: Place;
  readonly #tree: Tree;
  /** Rules take too long, or cannot be understood: what was offered already is to be looked at again. */
  readonly #failed: () => void;
  readonly #sets = new Map<FolderNode, RuleSet>();
  #defaults: RuleSet;

  constructor(place: Place, tree: Tree, hidden: boolean, failed: () => void) {
    this.#place = place;
    this.#tree = tree;
    this.#failed = failed;
    this.#defaults = RuleSet.defaults(hidden);
  }

  /** Whether hidden files are offered: holds from when the share's own folder is read again. */
  choose(hidden: boolean): void {
    this.#defaults = RuleSet.defaults(hidden);
  }

  /**
   * Reads the rule file of a folder that is about to be listed. `file`: how it is reached, null where there is none. Whether
   * other rules hold in the folder now than before.
   */
  read(folder: FolderNode, path: string, file: string | null): boolean {
    const before = this.#sets.get(folder);
    const base = folder.parent === null ? this.#defaults : this.of(folder.parent);
    const moved = before !== undefined && before.base !== base;
    const known = before === undefined || moved ? null : before.signature;
    const text = file === null ? ({ kind: "none" } as const) : readRules(file, known);
    if (text === "same" || (text.kind === "away" && before !== undefined && !moved)) return false;
    if (text.kind === "none" && folder.parent !== null) return this.#sets.delete(folder);
    const away = text.kind === "away" ? "cannot be read just now" : null;
    const full = before === undefined && this.#sets.size >= MOST ? `is one of more than ${MOST}` : null;
    const why = away ?? full ?? (text.kind === "broken" ? text.why : null);
    const broken = why === null ? null : `"${path === "" ? "" : `${path}/`}${RULE_FILE}" ${why}`;
    const signature = "signature" in text ? text.signature : "";
    if (before !== undefined && !moved && before.signature === signature && before.broken === broken) return false;
    this.#sets.set(folder, base.with(path, text.kind === "rules" ? text.lines : [], signature, broken));
    return true;
  }

  /** A folder that is no more. */
  forget(folder: FolderNode): void {
    this.#sets.delete(folder);
  }

  /** What holds for the names in a folder. */
  of(folder: FolderNode): RuleSet {
    for (let at: FolderNode | null = folder; at !== null; at = at.parent) {
      const set = this.#sets.get(at);
      if (set !== undefined) return set;
    }
    return this.#defaults;
  }

  /** Whether a name in an offered folder is left out, as a file and as a folder. */
  leavesOut(folder: FolderNode, path: string): { readonly file: boolean; readonly folder: boolean } {
    if (ignoresPath(path, this.#place.withheld)) return { file: true, folder: true };
    const set = this.of(folder);
    const before = set.broken;
    const file = set.ignores(path, false);
    const answer = { file, folder: set.tellsKinds ? set.ignores(path, true) : file };
    if (before === null && set.broken !== null) this.#failed();
    return answer;
  }

  /** Whether a path, seen as a file, and all folders on the way to it are offered. */
  offers(path: string): boolean {
    let folder = this.#tree.top;
    let known = true;
    for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1)) {
      const at = path.slice(0, slash);
      const next: TreeNode | undefined = known ? folder.children.get(at.slice(at.lastIndexOf("/") + 1)) : undefined;
      known = next?.kind === "folder";
      if (next?.kind === "folder") folder = next;
      else if (this.leavesOut(folder, at).folder) return false;
    }
    return !this.leavesOut(folder, path).file;
  }

  /** What can be another one where something happened at a path, where there may be nothing any more. */
  concerns(path: string): "it" | "its folder" | "nothing" {
    const near = this.#tree.nearest(path);
    if (near === null || near.folder.children.has(near.name)) return "it";
    const parent = pathOf(near.folder);
    const at = parent === "" ? near.name : `${parent}/${near.name}`;
    const direct = at === path;
    if (direct && near.name === RULE_FILE) return "it";
    const out = this.leavesOut(near.folder, at);
    if (!out.folder || (direct && !out.file)) return "it";
    return direct ? "its folder" : "nothing";
  }

  /** Why rules are not told as they are written, in words. */
  get trouble(): string | null {
    for (const { broken } of this.#sets.values()) if (broken !== null) return `left out what is there: ${broken}`;
    return null;
  }
}
