import type { Entry } from "../../shared/entry.ts";
import { hexOf } from "../bytes.ts";
import { findList, type List } from "./lists.ts";
import type { Sqlite } from "./sqlite.ts";
import { FOLDER, type Row } from "./tree.ts";

/** Whose lists are seen: own and those of members that are here. Everyone else's stay in the store, unseen. */
export class Sight {
  /** This member's own id; "" before the store is open. */
  own = "";
  #members: ReadonlySet<string> = new Set();

  /** The own list and these are seen from now on. */
  show(others: Iterable<string>): void {
    this.#members = new Set([this.own, ...others]);
  }

  has(member: string): boolean {
    return this.#members.has(member);
  }

  lists(db: Sqlite): List[] {
    return [...this.#members].map((member) => findList(db, member, true)).filter((list) => list !== null);
  }
}

/** A row as everyone sees it; `path` is below its share. */
export function toEntry(share: { readonly name: string; readonly online: boolean }, path: string, row: Row): Entry {
  const { kind, name, size, mtime, files, root } = row;
  return {
    name: path === "" ? share.name : name,
    path,
    kind: kind === FOLDER ? "folder" : "file",
    size,
    mtime,
    root: root === null ? null : hexOf(root),
    files,
    ...(share.online ? {} : { offline: true }),
  };
}
