import { checkChange } from "../../src/catalog/core/change.ts";
import type { Change, Entry } from "../../src/shared/entry.ts";

interface File {
  readonly size: number;
  readonly mtime: number;
  readonly root: string | null;
}
interface Folder {
  mtime: number;
  readonly children: Map<string, File | Folder>;
}
const isFolder = (node: File | Folder | undefined): node is Folder => node !== undefined && "children" in node;
const newFolder = (): Folder => ({ mtime: 0, children: new Map() });

/** What a share's list should be, in the simplest way that can be right. */
export class Model {
  #name: string | null = null;
  #root = newFolder();

  change(change: Change): void {
    const components = checkChange(change);
    if ("refused" in components) return;
    if (change.kind === "share") {
      if (this.#name === null) this.#root = newFolder();
      this.#name = change.name;
    }
    if (this.#name === null) return;
    if (change.kind === "unshare") this.#name = null;
    if (change.kind === "folder") this.#folder(components).mtime = change.mtime;
    if (change.kind === "file") {
      const { size, mtime, root } = change;
      this.#folder(components.slice(0, -1)).children.set(components.at(-1) ?? "", { size, mtime, root });
    }
    if (change.kind === "gone") this.#gone(components);
  }

  /** The share's own folder, then all below it, depth first, folders first, names by their bytes. */
  entries(): Entry[] {
    return this.#name === null ? [] : this.#list(this.#root, this.#name, "");
  }

  #folder(components: readonly string[]): Folder {
    let at = this.#root;
    for (const name of components) {
      let next = at.children.get(name);
      if (!isFolder(next)) {
        next = newFolder();
        at.children.set(name, next);
      }
      at = next;
    }
    return at;
  }

  #gone(components: readonly string[]): void {
    if (components.length === 0) this.#root.children.clear();
    let at: File | Folder | undefined = this.#root;
    for (const name of components.slice(0, -1)) at = isFolder(at) ? at.children.get(name) : undefined;
    if (isFolder(at)) at.children.delete(components.at(-1) ?? "");
  }

  #list({ mtime, children }: Folder, name: string, path: string): Entry[] {
    const below: Entry[] = [];
    const inOrder = [...children].sort(
      ([x, a], [y, b]) => Number(isFolder(b)) - Number(isFolder(a)) || Buffer.compare(Buffer.from(x), Buffer.from(y)),
    );
    for (const [child, node] of inOrder) {
      const at = path === "" ? child : `${path}/${child}`;
      if (isFolder(node)) below.push(...this.#list(node, child, at));
      else below.push({ name: child, path: at, kind: "file", ...node, files: 1 });
    }
    const files = below.filter(({ kind }) => kind === "file");
    const size = files.reduce((sum, file) => sum + file.size, 0);
    return [{ name, path, kind: "folder", size, mtime, root: null, files: files.length }, ...below];
  }
}
