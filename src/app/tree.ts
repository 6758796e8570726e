import { LRUCache } from "lru-cache";
import type { Catalog, Hit, ListPage } from "../catalog/mod.ts";
import type { Entry, EntryRef } from "../shared/entry.ts";
import { GroupShareError } from "../shared/errors.ts";
import type { FileView, Listing, MemberView } from "../web/mod.ts";
import { folder, sum } from "./folder-view.ts";
import { type Named, type Place, pathNameOf, resolvePath } from "./group-path.ts";
import { MergedTree } from "./merged.ts";

/** The group's tree by names: members, their shares, and what is in them. */
export class Tree {
  readonly #catalog: Catalog;
  readonly #members: () => MemberView[];
  /** Names of shares that paths have led to, by `MEMBER ID/SHARE ID`. */
  readonly #shareNames = new LRUCache<string, string>({ max: 10_000 });

  /** What all have together, under `@all`. */
  readonly merged: MergedTree;

  /** `members`: those that are here now, oneself included. */
  constructor(catalog: Catalog, members: () => MemberView[]) {
    this.#catalog = catalog;
    this.#members = members;
    this.merged = new MergedTree(catalog, this);
  }

  /** Here and below, `signal` is of whoever wants to know: a member that is asked for it is not asked on when that fires. */
  async resolve(path: string, signal?: AbortSignal): Promise<Place> {
    const place = await resolvePath(path, this.#named(), (member) => this.#catalog.shares(member, signal));
    if (place.kind === "entry") this.#shareNames.set(`${place.ref.member}/${place.ref.share}`, place.share);
    return place;
  }

  /**
   * The place of a share, folder or file; `not-found` for the group and for members, which hold no bytes themselves.
   * Of a file in the merged tree, the newest version.
   */
  async entry(path: string, signal?: AbortSignal): Promise<{ ref: EntryRef; entry: Entry; prefix: string }> {
    let place = await this.resolve(path, signal);
    if (place.kind === "merged") place = await this.resolve(await this.merged.onePlace(place, path));
    if (place.kind !== "entry") {
      throw new GroupShareError(
        "not-found",
        `Cannot use "${path}" as a folder or file: it names ${place.kind === "member" ? "a member" : "the group"}`,
        {
          hint: "name a share of a member, MEMBER/SHARE, or something in it",
        },
      );
    }
    const entry = await this.#catalog.stat(place.ref, signal);
    if (entry === null)
      throw new GroupShareError("not-found", `Cannot find "${path}"`, { hint: "it may just have been removed" });
    return { ref: place.ref, entry, prefix: this.#prefix(place) };
  }

  /** One page of what is in a place; `limit` entries after the cursor. */
  async list(path: string, page: ListPage, signal?: AbortSignal): Promise<Listing> {
    const place = await this.resolve(path, signal);
    if (place.kind === "everyone") return this.merged.shares();
    if (place.kind === "merged") return this.merged.list(place, page);
    if (place.kind === "group") return this.#listMembers();
    if (place.kind === "member") return this.#listShares(place.member, signal);
    const { ref, entry, prefix } = await this.entry(path, signal);
    if (entry.kind === "file") {
      throw new GroupShareError("conflict", `Cannot list "${path}": it is a file`, {
        hint: "list the folder that it is in",
      });
    }
    const { items, next, total } = await this.#catalog.list(ref, page, signal);
    const holders = await this.#holders(
      items,
      items.map(() => ref.member),
    );
    const views = items.map((item, index) => this.view(item, ref, prefix, holders[index]));
    return { folder: this.view(entry, ref, prefix), items: views, next, total };
  }

  /** An entry as pages and scripts see it. `prefix`: the group path of its share. */
  view(entry: Entry, ref: EntryRef, prefix: string, holders: readonly string[] = [this.nameOf(ref.member)]): FileView {
    return {
      name: entry.name,
      path: entry.path === "" ? prefix : `${prefix}/${entry.path}`,
      kind: entry.kind,
      size: entry.size,
      mtime: entry.mtime,
      contentId: entry.root,
      holders,
      files: entry.files,
      ...(entry.offline === true ? { offline: true } : {}),
    };
  }

  /** The group path of a place that is stored by ids; ids stand where a name was never seen. */
  pathOf(ref: EntryRef): string {
    const named = this.#named();
    const member = named.find(({ id }) => id === ref.member);
    const first = member === undefined ? ref.member.slice(0, 16) : pathNameOf(member, named);
    const share = this.#shareNames.get(`${ref.member}/${ref.share}`) ?? ref.share;
    return ref.path === "" ? `${first}/${share}` : `${first}/${share}/${ref.path}`;
  }

  nameOf(member: string): string {
    return this.#named().find(({ id }) => id === member)?.name ?? member.slice(0, 16);
  }

  /** The group path of a share by its ids, `MEMBER/SHARE`. */
  prefixOf({ member, share }: EntryRef, shareName: string): string {
    this.#shareNames.set(`${member}/${share}`, shareName);
    return this.pathOf({ member, share, path: "" });
  }

  /** What a search found, each where it is, with all who hold its content. */
  async views(hits: readonly Hit[]): Promise<FileView[]> {
    const names = new Map<string, string>();
    for (const member of new Set(hits.map(({ ref }) => ref.member))) {
      for (const { id, name } of await this.#catalog.shares(member)) names.set(`${member}/${id}`, name);
    }
    const holders = await this.#holders(
      hits.map(({ entry }) => entry),
      hits.map(({ ref }) => ref.member),
    );
    return hits.map(({ entry, ref }, at) => {
      const prefix = this.prefixOf(ref, names.get(`${ref.member}/${ref.share}`) ?? ref.share);
      return this.view(entry, ref, prefix, holders[at]);
    });
  }

  #named(): Named[] {
    return this.#members().flatMap(({ id, name, wireName }) => (id === null ? [] : [{ id, name, wireName }]));
  }

  #prefix(place: Extract<Place, { kind: "entry" }>): string {
    return `${pathNameOf(place.member, this.#named())}/${place.share}`;
  }

  /** Display names of those who hold each of the entries, the member whose entry it is first. */
  async #holders(entries: readonly Entry[], members: readonly string[]): Promise<string[][]> {
    const names = new Map(this.#named().map(({ id, name }) => [id, name]));
    const contents = entries.flatMap(({ root, size }) => (root === null ? [] : [{ root, size }]));
    const found = (await this.#catalog.holdersOf(contents)).values();
    return entries.map(({ root }, at) => {
      const others = root === null ? [] : (found.next().value ?? []).map((ref) => ref.member);
      return [...new Set([members[at] ?? "", ...others])].flatMap((id) => names.get(id) ?? []);
    });
  }

  #listMembers(): Listing {
    const named = this.#named();
    const items = this.#members()
      .filter((member) => member.id !== null)
      .map((member): FileView => {
        const path = pathNameOf({ ...member, id: member.id ?? "" }, named);
        return folder(member.name, path, member.bytes, member.files, [member.name], member.since);
      });
    return { folder: sum("", "", items), items, next: null, total: items.length };
  }

  async #listShares(member: Named, signal: AbortSignal | undefined): Promise<Listing> {
    const path = pathNameOf(member, this.#named());
    const shares = await this.#catalog.shares(member.id, signal);
    const items = shares.map(({ name, bytes, files, mtime, online }) => {
      const view = folder(name, `${path}/${name}`, bytes, files, [member.name], mtime);
      return online ? view : { ...view, offline: true as const };
    });
    return { folder: sum(member.name, path, items), items, next: null, total: items.length };
  }
}
