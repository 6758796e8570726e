import { hash } from "node:crypto";
import { GroupShareError } from "../../src/shared/errors.ts";
import type {
  FileView,
  Listing,
  ListPage,
  MemberView,
  News,
  OpenedFile,
  SearchListing,
  SearchWish,
} from "../../src/web/needs.ts";
import { found, merged } from "./fake-search.ts";
import { bytesOf, fileNode, filesOf, folderNode, type Node, type Sketch, sizeOf, sorted } from "./fake-tree.ts";

export const hex = (text: string): string => hash("sha256", text, "hex");

/** Members and their files, in memory, and news of both. */
export class FakeFiles {
  readonly calls: string[] = [];
  readonly #members = new Map<string, { view: MemberView; tree: Node }>();
  readonly #listeners = new Set<(news: News) => void>();
  /** What a search waits for. */
  searchGate: (text: string) => Promise<void> = async () => undefined;
  /** Streams that were opened and neither read to the end nor cancelled. */
  openStreams = 0;

  addMember(name: string, sketch: Sketch, more: Partial<MemberView> = {}): MemberView {
    const id = hex(name);
    const slug = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-") || "member";
    const tree = folderNode(name, sketch);
    const view: MemberView = {
      name,
      wireName: `${slug}-${id.slice(0, 16)}`,
      id,
      state: "alive",
      self: false,
      address: "192.168.1.20:7946",
      rttMs: 2.4,
      files: filesOf(tree),
      bytes: sizeOf(tree),
      version: "0.1.0",
      incarnation: 1,
      since: 0,
      ...more,
    };
    this.#members.set(view.wireName, { view, tree });
    return view;
  }

  removeMember(wireName: string): void {
    this.#members.delete(wireName);
    this.tell({ kind: "members" });
  }

  /** Puts a file where the path says, or takes it away with null, and tells it. */
  put(path: string, content: number | string | null): void {
    const [first = "", ...rest] = path.split("/");
    const { view, tree } = this.#member(first);
    let node = tree;
    for (const name of rest.slice(0, -1)) {
      const next = node.children?.get(name) ?? folderNode(name, {});
      node.children?.set(name, next);
      node = next;
    }
    const name = rest.at(-1) ?? "";
    if (content === null) node.children?.delete(name);
    else node.children?.set(name, fileNode(name, content));
    this.tell({ kind: "catalog", member: view.id ?? "" });
  }

  tell(news: News): void {
    for (const listener of this.#listeners) listener(news);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  self(): MemberView | null {
    return this.members({ all: false }).find((member) => member.self) ?? null;
  }

  members({ all }: { all: boolean }): MemberView[] {
    const views = [...this.#members.values()].map(({ view }) => view);
    return views.filter(({ state }) => all || state === "alive" || state === "suspect");
  }

  async list(path: string, { after, limit, lacking }: ListPage): Promise<Listing> {
    const { children: all, view: folder } = this.#find(path);
    if (all === null) throw new GroupShareError("invalid", `Cannot list "${path}": it is a file`);
    const own = lacking === true ? this.#own() : new Set();
    const children = all.filter(({ contentId }) => contentId === null || !own.has(contentId));
    const start = after === null ? 0 : children.findIndex((child) => child.name === after) + 1;
    const items = children.slice(start, start + limit);
    const last = items.at(-1);
    const next = last === undefined || start + limit >= children.length ? null : last.name;
    return { items, next, folder, total: children.length };
  }

  /** Ends once `searchGate` does. */
  async search(wish: SearchWish, signal?: AbortSignal): Promise<SearchListing> {
    this.calls.push(`search ${wish.text}`);
    signal?.addEventListener("abort", () => this.calls.push(`gave up ${wish.text}`));
    await this.searchGate(wish.text);
    const all = this.members({ all: false }).filter(({ id }) => id !== null);
    const wanted = all.filter(
      ({ name, wireName }) => wish.member === undefined || [name, wireName].includes(wish.member),
    );
    if (wanted.length === 0) throw new GroupShareError("not-found", `Cannot find a member "${wish.member}"`);
    return found(
      wanted.flatMap(({ wireName }) => this.#below(wireName)),
      wish,
      this.#own(),
    );
  }

  async open(path: string): Promise<OpenedFile> {
    const { node } = this.#find(path);
    if (node === null || node.children !== null)
      throw new GroupShareError("invalid", `Cannot open "${path}": it is a folder`);
    const all = bytesOf(node);
    return {
      name: node.name,
      size: all.length,
      mtime: node.mtime,
      etag: hex(path).slice(0, 16),
      stream: async (range) => this.#stream(range === null ? all : all.subarray(range.start, range.end + 1)),
    };
  }

  async walk(path: string) {
    const found = this.#find(path);
    const below = (at: string): AsyncIterable<{ path: string; file: FileView }> => this.#walk(at, "");
    return { name: found.view.name, files: below(path) };
  }

  subscribe(listener: (news: News) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** One file or folder. Fails with "not-found". */
  viewAt(path: string): FileView {
    return this.#find(path).view;
  }

  #member(name: string): { view: MemberView; tree: Node } {
    const found = this.#members.get(name) ?? [...this.#members.values()].find(({ view }) => view.name === name);
    if (found === undefined) throw new GroupShareError("not-found", `Cannot find "${name}": no member is called that`);
    return found;
  }

  #find(path: string): { view: FileView; children: FileView[] | null; node: Node | null } {
    if (path === "") {
      const children = this.members({ all: false })
        .filter(({ id }) => id !== null)
        .map((member) => this.#find(member.wireName).view);
      const size = children.reduce((sum, child) => sum + child.size, 0);
      return { view: folderView("", "", size, children.length, 0), children, node: null };
    }
    const [first = "", ...rest] = path.split("/");
    if (first === "@all") return this.#together(rest);
    const { view: member, tree } = this.#member(first);
    let node = tree;
    for (const name of rest) {
      const next = node.children?.get(name);
      if (next === undefined) throw new GroupShareError("not-found", `Cannot find "${path}": there is no such file`);
      node = next;
    }
    const at = [member.name, ...rest].join("/");
    const children = node.children === null ? null : sorted(node.children.values());
    return {
      view: viewOf(node, at, member),
      children: children?.map((child) => viewOf(child, `${at}/${child.name}`, member)) ?? null,
      node,
    };
  }

  #together(rest: readonly string[]): { view: FileView; children: FileView[]; node: null } {
    const at = ["@all", ...rest].join("/");
    const folders = this.members({ all: false }).flatMap(({ name, wireName, id }) => {
      try {
        const { children } = this.#find([wireName, ...rest].join("/"));
        return id === null || children === null ? [] : [{ name, children }];
      } catch {
        return [];
      }
    });
    if (folders.length === 0) throw new GroupShareError("not-found", `Cannot find "${at}": nobody has it`);
    const children = merged(
      folders.map((folder) => folder.children),
      at,
    );
    const size = children.reduce((sum, child) => sum + child.size, 0);
    const view = folderView(rest.at(-1) ?? "@all", at, size, children.length, 0);
    return { view: { ...view, holders: folders.map(({ name }) => name) }, children, node: null };
  }

  #below(path: string): FileView[] {
    return (this.#find(path).children ?? []).flatMap((child) => [
      child,
      ...(child.kind === "folder" ? this.#below(child.path) : []),
    ]);
  }

  /** Contents that this member has. */
  #own(): Set<string> {
    const self = this.self();
    return new Set(self === null ? [] : this.#below(self.wireName).flatMap(({ contentId }) => contentId ?? []));
  }

  async *#walk(path: string, inside: string): AsyncGenerator<{ path: string; file: FileView }> {
    for (const child of this.#find(path).children ?? []) {
      const at = inside === "" ? child.name : `${inside}/${child.name}`;
      yield { path: at, file: child };
      if (child.kind === "folder") yield* this.#walk(child.path, at);
    }
  }

  #stream(bytes: Uint8Array): ReadableStream<Uint8Array> {
    let at = 0;
    this.openStreams += 1;
    return new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          if (at < bytes.length) controller.enqueue(bytes.subarray(at, at + 65_536));
          at += 65_536;
          if (at >= bytes.length) {
            this.openStreams -= 1;
            controller.close();
          }
        },
        cancel: () => {
          this.openStreams -= 1;
        },
      },
      { highWaterMark: 0 },
    );
  }
}

function viewOf(node: Node, path: string, member: MemberView): FileView {
  if (node.children !== null) return folderView(node.name, path, sizeOf(node), filesOf(node), node.mtime);
  return {
    name: node.name,
    path,
    kind: "file",
    size: sizeOf(node),
    mtime: node.mtime,
    contentId: contentOf(node, path),
    holders: node.name.includes("both") ? [member.name, "Ben"] : [member.name],
    files: 1,
  };
}

/** The same text is the same content, wherever it is; of a file that is only a size, its path is. */
function contentOf(node: Node, path: string): string {
  return node.bytes instanceof Uint8Array && node.bytes.length > 8
    ? hex(Buffer.from(node.bytes).toString())
    : hex(path);
}

function folderView(name: string, path: string, size: number, files: number, mtime: number): FileView {
  return { name, path, kind: "folder", size, mtime, contentId: null, holders: [], files };
}
