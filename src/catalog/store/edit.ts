import { bytesOf } from "../bytes.ts";
import { checkChange, type ListChange } from "../core/change.ts";
import type { Note } from "../notes.ts";
import { contentOf } from "./columns.ts";
import type { Index, Move } from "./index.ts";
import { findShare, type List, type ShareRow, sharesOf, standingOf } from "./lists.ts";
import type { Sqlite } from "./sqlite.ts";
import { Totals } from "./totals.ts";
import { FILE, FOLDER, findById, findChild, type Row } from "./tree.ts";

/** Shares in one list. Nobody offers so many; a hostile list costs no more. */
const MAX_SHARES = 1_000;
/** Folders that come to be only because something in them was named, beyond a few for each entry of a segment. */
const SPARE_PARENTS = 4_096;

/** Changes of one list within one transaction. Folder totals are right after `finish`. */
export class Edit {
  readonly #db: Sqlite;
  readonly #list: List;
  readonly #totals: Totals;
  readonly #folders: FolderCache;
  readonly #index: Index;
  readonly #shares = new Map<string, ShareRow | null>();
  readonly #entries = new Map<number, number>();
  #bytes: number;
  #shareCount: number;
  #parents = 0;
  /** What it did to rows, in order: for the index, once it is committed. */
  readonly moves: Move[] = [];

  constructor(db: Sqlite, list: List, folders: FolderCache, index: Index) {
    this.#db = db;
    this.#list = list;
    this.#totals = new Totals(db);
    this.#folders = folders;
    this.#index = index;
    this.#bytes = standingOf(db, list).bytes;
    this.#shareCount = sharesOf(db, list.id).length;
  }

  /** Before each segment: the budget of folders without entries is a segment's own, so that all lists come out equal. */
  beginSegment(changes: number): void {
    this.#parents = 4 * changes + SPARE_PARENTS;
  }

  /** Makes one change; why not, or null. A change in a share that is not there is passed over: it came too late. */
  change(change: ListChange, note: Note | null): string | null {
    const components = checkChange(change);
    if ("refused" in components) return components.refused;
    if (change.kind === "share") return this.#share(change);
    const share = this.#findShare(change.share);
    if (share === null) return null;
    switch (change.kind) {
      case "unshare":
        this.#unshare(share);
        return null;
      case "gone":
        this.#gone(share, components);
        return null;
      case "folder":
        return this.#folder(share, components, change.mtime);
      case "file":
        return this.#file(share, components, change, note);
    }
  }

  /** Writes the totals; once, after the last change. */
  finish(): void {
    this.#totals.flush();
    const update = this.#db.query("UPDATE share SET entries = entries + ? WHERE id = ?");
    for (const [share, count] of this.#entries) update.run(count, share);
  }

  #findShare(id: string): ShareRow | null {
    let share = this.#shares.get(id);
    if (share === undefined) {
      share = findShare(this.#db, this.#list.id, id);
      this.#shares.set(id, share);
    }
    return share;
  }

  #share({ share, name, online }: Extract<ListChange, { kind: "share" }>): string | null {
    const known = this.#findShare(share);
    this.#shares.delete(share);
    if (known !== null) {
      this.#db.query("UPDATE share SET name = ?, online = ? WHERE id = ?").run(name, online ? 1 : 0, known.id);
      return null;
    }
    if (this.#shareCount >= MAX_SHARES) return `there are more than ${MAX_SHARES} shares`;
    this.#shareCount++;
    const insert =
      "INSERT INTO share (list, share, name, online, root, entries) VALUES (?, ?, ?, ?, 0, 0) RETURNING id";
    const id = this.#db.query(insert).one(this.#list.id, share, name, online ? 1 : 0)?.[0] as number;
    const root = this.#insert(id, 0, FOLDER, "", 0, 0, null, null);
    this.#db.query("UPDATE share SET root = ? WHERE id = ?").run(root, id);
    return null;
  }

  #unshare(share: ShareRow): void {
    this.#shareCount--;
    this.#totals.flush();
    this.#bytes -= findById(this.#db, share.root)?.size ?? 0;
    this.#db.query("UPDATE share SET list = 0 WHERE id = ?").run(share.id);
    this.#shares.delete(share.share);
    this.#folders.clear();
  }

  #gone(share: ShareRow, components: readonly string[]): void {
    const name = components.at(-1);
    if (name === undefined) {
      this.#removeBelow(share);
      return;
    }
    const parent = this.#existingFolder(share, components.slice(0, -1));
    const row = parent === null ? null : findChild(this.#db, share.id, parent, name);
    if (parent !== null && row !== null) this.#remove(share, parent, row);
  }

  #folder(share: ShareRow, components: readonly string[], mtime: number): string | null {
    const id = this.#makeFolders(share, components);
    if (id === null) return "it needs too many folders that have no entry";
    this.#db.query("UPDATE entry SET mtime = ? WHERE id = ?").run(mtime, id);
    this.moves.push({ kind: "change", id, size: 0, mtime, content: 0 });
    return null;
  }

  #file(
    share: ShareRow,
    components: readonly string[],
    { size, mtime, root }: Extract<ListChange, { kind: "file" }>,
    note: Note | null,
  ): string | null {
    const parent = this.#makeFolders(share, components.slice(0, -1));
    if (parent === null) return "it needs too many folders that have no entry";
    const name = components.at(-1) ?? "";
    const row = findChild(this.#db, share.id, parent, name);
    const before = row?.kind === FILE ? row.size : 0;
    if (!Number.isSafeInteger(this.#bytes + size - before)) return "the list would hold more bytes than can be counted";
    const content = root === null ? null : bytesOf(root);
    if (row?.kind === FILE) {
      const update = "UPDATE entry SET size = ?, mtime = ?, root = ?, inode = ?, ctime = ? WHERE id = ?";
      this.#db.query(update).run(size, mtime, content, note?.[1] ?? null, note?.[2] ?? null, row.id);
      this.moves.push({ kind: "change", id: row.id, size, mtime, content: contentOf(content) });
      this.#add(parent, 0, size - row.size);
      return null;
    }
    if (row !== null) this.#remove(share, parent, row);
    this.#insert(share.id, parent, FILE, name, size, mtime, content, note);
    this.#add(parent, 1, size);
    return null;
  }

  /** The folder of this path, made with all above it where they are missing; null where that are too many. */
  #makeFolders(share: ShareRow, components: readonly string[]): number | null {
    if (components.length === 0) return share.root;
    const path = components.join("/");
    const cached = this.#folders.get(share.id, path);
    if (cached !== undefined) return cached;
    let at = share.root;
    let made = false;
    for (const [depth, name] of components.entries()) {
      const row = made ? null : findChild(this.#db, share.id, at, name);
      if (row?.kind === FOLDER) {
        at = row.id;
        continue;
      }
      if (!made) {
        // The last one is named by its own entry; only those above it are extra, but the limit need not be exact.
        if (components.length - depth > this.#parents) return null;
        this.#parents -= components.length - depth;
        made = true;
      }
      if (row !== null) this.#remove(share, at, row);
      at = this.#insert(share.id, at, FOLDER, name, 0, 0, null, null);
    }
    this.#folders.set(share.id, path, at);
    return at;
  }

  #existingFolder(share: ShareRow, components: readonly string[]): number | null {
    if (components.length === 0) return share.root;
    const path = components.join("/");
    const cached = this.#folders.get(share.id, path);
    if (cached !== undefined) return cached;
    let at = share.root;
    for (const name of components) {
      const row = findChild(this.#db, share.id, at, name);
      if (row?.kind !== FOLDER) return null;
      at = row.id;
    }
    this.#folders.set(share.id, path, at);
    return at;
  }

  #insert(
    share: number,
    parent: number,
    kind: number,
    name: string,
    size: number,
    mtime: number,
    root: Uint8Array | null,
    note: Note | null,
  ): number {
    this.#entries.set(share, (this.#entries.get(share) ?? 0) + 1);
    const id = this.#index.id();
    const sql = `INSERT INTO entry (id, share, parent, kind, name, size, mtime, files, root, inode, ctime)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
    const values = [id, share, parent, kind, name, size, mtime, kind, root, note?.[1] ?? null, note?.[2] ?? null];
    this.#db.query(sql).run(...values);
    this.moves.push({ kind: "add", row: { id, share, parent, kind, name, size, mtime, content: contentOf(root) } });
    return id;
  }

  #remove(share: ShareRow, parent: number, row: Row): void {
    if (row.kind === FILE) {
      this.#db.query("DELETE FROM entry WHERE id = ?").run(row.id);
      this.moves.push({ kind: "remove", id: row.id });
      this.#entries.set(share.id, (this.#entries.get(share.id) ?? 0) - 1);
      this.#add(parent, -1, -row.size);
      return;
    }
    // What this batch added below is not in the row yet, and must not outlive it.
    this.#totals.flush();
    const { files, size } = findById(this.#db, row.id) ?? row;
    this.#deleteTree(share, row.id, true);
    this.#add(parent, -files, -size);
  }

  /** Empties a share, whose own folder stays. */
  #removeBelow(share: ShareRow): void {
    this.#totals.flush();
    const root = findById(this.#db, share.root);
    this.#deleteTree(share, share.root, false);
    if (root !== null) this.#add(share.root, -root.files, -root.size);
  }

  #deleteTree(share: ShareRow, top: number, itself: boolean): void {
    // CROSS JOIN keeps SQLite from turning the join around, which would read the whole share for every folder.
    const sql = `WITH RECURSIVE folders(id) AS (
        SELECT ?2
        UNION ALL
        SELECT entry.id FROM folders CROSS JOIN entry
          ON entry.share = ?1 AND entry.parent = folders.id AND entry.kind = 0
      ) DELETE FROM entry WHERE share = ?1 AND parent IN (SELECT id FROM folders)`;
    this.#db.query(sql).run(share.id, top);
    let count = this.#db.changed();
    this.moves.push({ kind: itself ? "remove" : "empty", id: top });
    if (itself) {
      this.#db.query("DELETE FROM entry WHERE id = ?").run(top);
      count++;
    }
    this.#entries.set(share.id, (this.#entries.get(share.id) ?? 0) - count);
    this.#folders.clear();
  }

  #add(folder: number, files: number, bytes: number): void {
    this.#bytes += bytes;
    this.#totals.add(folder, files, bytes);
  }
}

/** Rows of folders by path, for runs of changes in the same ones. Valid until a folder goes. */
export class FolderCache {
  readonly #ids = new Map<string, number>();

  get(share: number, path: string): number | undefined {
    return this.#ids.get(`${share}/${path}`);
  }

  set(share: number, path: string, id: number): void {
    if (this.#ids.size >= 4_096) this.#ids.clear();
    this.#ids.set(`${share}/${path}`, id);
  }

  clear(): void {
    this.#ids.clear();
  }
}
