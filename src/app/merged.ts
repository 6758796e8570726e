import { join } from "node:path";
import type { Catalog, ListPage, Merged, Version } from "../catalog/mod.ts";
import type { EntryRef } from "../shared/entry.ts";
import { GroupShareError } from "../shared/errors.ts";
import { diskName } from "../shared/paths.ts";
import type { FileView, Listing, VersionView } from "../web/mod.ts";
import { folder, sum } from "./folder-view.ts";
import { EVERYONE, type Place } from "./group-path.ts";

/** Files of a merged folder that are queued one by one, where no member has them all. */
const MAX_QUEUED = 10_000;
const PAGE = 1_000;

type MergedPlace = Extract<Place, { kind: "merged" }>;

/** What the merged tree asks of the tree by members. */
interface Names {
  nameOf(member: string): string;
  prefixOf(ref: EntryRef, shareName: string): string;
}

/** A file of the merged tree on a walk. */
interface Step {
  /** Below the folder that the walk began at, or the file's own name. */
  readonly path: string;
  readonly file: FileView;
  readonly version: Version;
}

/** What goes into one folder of this machine. */
export interface Wish {
  readonly refs: readonly EntryRef[];
  /** Folders below the one that was asked for. */
  readonly into: readonly string[];
}

/** The tree of all members together: the same path once, with whoever has it, and different contents of it as versions. */
export class MergedTree {
  readonly #catalog: Catalog;
  readonly #names: Names;

  constructor(catalog: Catalog, names: Names) {
    this.#catalog = catalog;
    this.#names = names;
  }

  /** All shares of the group by their names. */
  async shares(): Promise<Listing> {
    const items = (await this.#catalog.merged.shares()).map((share) => this.#view(share.name, share));
    return { folder: sum(EVERYONE, EVERYONE, items), items, next: null, total: items.length };
  }

  async list({ share, path }: MergedPlace, page: ListPage): Promise<Listing> {
    const found = await this.#catalog.merged.list(share, path, page);
    return {
      folder: this.#view(share, found.folder),
      items: found.items.map((item) => this.#view(share, item)),
      next: found.next,
      total: found.total,
      ...(found.atLeast ? { atLeast: true as const } : {}),
    };
  }

  /** The path by member that stands for one of the merged tree: of a file its newest version, of a folder one of its places. */
  async onePlace({ share, path }: MergedPlace, given: string): Promise<string> {
    const found = await this.#stat({ share, path }, given);
    const [place] = found.versions[0]?.places ?? found.places;
    if (place === undefined) throw notFound(given);
    return pathAt(this.#names.prefixOf(place, share), path);
  }

  /** All files below a place of the merged tree, the newest version of each. */
  async walk(place: MergedPlace, given: string): Promise<{ name: string; files: AsyncGenerator<Step> }> {
    const found = await this.#stat(place, given);
    return { name: found.name, files: this.#files(place.share, found, "") };
  }

  /**
   * What to download for a place: one folder, where one member has all of it in its newest version; else each file from
   * whoever has it. GroupShareError `too-large` where those are too many.
   */
  async wishes(place: MergedPlace, given: string): Promise<Wish[]> {
    const found = await this.#stat(place, given);
    // Downloads are listed by these names from now on.
    for (const ref of found.places) this.#names.prefixOf(ref, place.share);
    const [newest] = found.versions;
    if (newest !== undefined) return [{ refs: newest.places.slice(0, 1), into: [] }];
    let whole = found.places;
    let count = 0;
    const byFolder = new Map<string, EntryRef[]>();
    for await (const { path, version } of this.#files(place.share, found, "")) {
      const has = new Set(version.places.map(({ member }) => member));
      whole = whole.filter(({ member }) => has.has(member));
      const [ref] = version.places;
      if (ref === undefined) continue;
      if (++count > MAX_QUEUED && whole.length === 0) throw tooMany(given);
      const into = path.split("/").slice(0, -1).join("/");
      byFolder.set(into, [...(byFolder.get(into) ?? []), ref]);
    }
    const [one] = whole;
    if (one !== undefined) return [{ refs: [one], into: [] }];
    const windows = process.platform === "win32";
    return [...byFolder].map(([path, refs]) => ({
      refs,
      into: [found.name, ...(path === "" ? [] : path.split("/"))].map((name) => diskName(name, windows)),
    }));
  }

  async #stat({ share, path }: Pick<MergedPlace, "share" | "path">, given: string): Promise<Merged> {
    const found = await this.#catalog.merged.stat(share, path);
    if (found === null) throw notFound(given);
    return found;
  }

  async *#files(share: string, top: Merged, prefix: string): AsyncGenerator<Step> {
    const [newest] = top.versions;
    if (newest !== undefined) yield { path: top.name, file: this.#view(share, top), version: newest };
    if (top.kind === "file") return;
    for (let after: string | null = null, more = true; more; more = after !== null) {
      const page = await this.#catalog.merged.list(share, top.path, { after, limit: PAGE });
      for (const item of page.items) {
        const path = pathAt(prefix, item.name);
        const [version] = item.versions;
        if (version !== undefined) yield { path, file: this.#view(share, item), version };
        else yield* this.#files(share, item, path);
      }
      after = page.next;
    }
  }

  #view(share: string, found: Merged): FileView {
    const { name, path, kind, size, files, mtime, places, versions } = found;
    const [newest] = versions;
    // A path that leads to a folder does not lead to the file of its name: that one goes by its member's.
    const at =
      found.shadowed === true && newest !== undefined
        ? this.#version(share, path, newest).path
        : pathAt(`${EVERYONE}/${share}`, path);
    const view = {
      ...folder(name, at, size, files, this.#holders(newest?.places ?? places), newest?.mtime ?? mtime),
      ...(found.offline === true ? { offline: true as const } : {}),
    };
    if (kind === "folder" || newest === undefined) return view;
    const file = { ...view, kind, contentId: newest.root };
    return versions.length < 2
      ? file
      : { ...file, versions: versions.map((version) => this.#version(share, path, version)) };
  }

  #version(share: string, path: string, { size, mtime, root, places, offline }: Version): VersionView {
    const [first] = places;
    const prefix = first === undefined ? "" : this.#names.prefixOf(first, share);
    const version = { holders: this.#holders(places), size, mtime, contentId: root, path: pathAt(prefix, path) };
    return offline === true ? { ...version, offline } : version;
  }

  #holders(places: readonly EntryRef[]): string[] {
    return [...new Set(places.map(({ member }) => this.#names.nameOf(member)))];
  }
}

/** Folders of this machine below another. */
export const folderIn = (top: string, into: readonly string[]): string => join(top, ...into);

const pathAt = (folder: string, path: string): string =>
  folder === "" || path === "" ? folder + path : `${folder}/${path}`;

function notFound(path: string): GroupShareError {
  return new GroupShareError("not-found", `Cannot find "${path}": nobody who is here has it`, {
    hint: `list "${EVERYONE}" to see what there is`,
  });
}

function tooMany(path: string): GroupShareError {
  return new GroupShareError(
    "too-large",
    `Cannot download "${path}": no member has all of it, and it has more than ${MAX_QUEUED} files`,
    {
      hint: "download its folders one by one, or a single member's folder",
    },
  );
}
