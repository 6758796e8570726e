import type { Content, EntryRef } from "../../shared/entry.ts";
import { fromHex } from "../../shared/hex.ts";
import { sharesOf } from "./lists.ts";
import type { Sight } from "./sight.ts";
import type { Sqlite } from "./sqlite.ts";

/** The shares that hold a content, each found by one step in the index: not by all that are seen, nor by all copies. */
const HOLDING = `WITH RECURSIVE holding(share) AS (
    SELECT min(share) FROM entry WHERE root = ?1
    UNION ALL
    SELECT (SELECT min(share) FROM entry WHERE root = ?1 AND share > holding.share) FROM holding
      WHERE holding.share IS NOT NULL
  ) SELECT share FROM holding WHERE share IS NOT NULL`;

interface Seen {
  readonly member: string;
  readonly share: string;
}

/**
 * Where each of some contents is, in every list that is seen: of each at most `most` places, shared out so that no list
 * hides the others. In the order asked for; nothing for what is no content.
 */
export function holdersOf(db: Sqlite, sight: Sight, contents: readonly Content[], most: number): EntryRef[][] {
  const lists = sight.lists(db);
  const seen = new Map<number, Seen>();
  for (const { id, member } of lists) {
    for (const { id: row, share } of sharesOf(db, id)) seen.set(row, { member, share });
  }
  const members = lists.map(({ member }) => member);
  const copies = db.query("SELECT share, parent, name FROM entry WHERE root = ? AND size = ? LIMIT ?");
  const paths = new FolderPaths(db);
  return contents.map(({ root, size }) => {
    const bytes = fromHex(root, 32);
    if (bytes === null) return [];
    const found = copies.all(bytes, size, most + 1);
    if (found.length > most) return sharedOut(db, seen, members, paths, { bytes, size }, most);
    return found.flatMap(([row, parent, name]) => {
      const place = seen.get(row as number);
      return place === undefined ? [] : [{ ...place, path: paths.below(parent as number, name as string) }];
    });
  });
}

/** The same where there are more places than are asked for. `members` come in this order, those first that must be among them. */
function sharedOut(
  db: Sqlite,
  seen: ReadonlyMap<number, Seen>,
  members: readonly string[],
  paths: FolderPaths,
  { bytes, size }: { bytes: Uint8Array; size: number },
  most: number,
): EntryRef[] {
  const byMember = new Map<string, number[]>();
  for (const [row] of db.query(HOLDING).all(bytes)) {
    const member = seen.get(row as number)?.member;
    if (member !== undefined) byMember.set(member, [...(byMember.get(member) ?? []), row as number]);
  }
  const copies = db.query("SELECT parent, name FROM entry WHERE root = ? AND share = ? AND size = ? LIMIT ?");
  const refs: EntryRef[] = [];
  const each = Math.max(1, Math.floor(most / byMember.size));
  for (const member of members) {
    let left = Math.min(each, most - refs.length);
    for (const row of byMember.get(member) ?? []) {
      if (left === 0) break;
      const share = seen.get(row)?.share ?? "";
      for (const [parent, name] of copies.all(bytes, row, size, left)) {
        refs.push({ member, share, path: paths.below(parent as number, name as string) });
        left--;
      }
    }
  }
  return refs;
}

/** Paths of folders, each looked up once: files that are asked about together are mostly in few of them. */
export class FolderPaths {
  readonly #db: Sqlite;
  readonly #known = new Map<number, string>();

  constructor(db: Sqlite) {
    this.#db = db;
  }

  below(folder: number, name: string): string {
    const path = this.#of(folder);
    return path === "" ? name : `${path}/${name}`;
  }

  #of(folder: number): string {
    const known = this.#known.get(folder);
    if (known !== undefined) return known;
    const [parent, name] = (this.#db.query("SELECT parent, name FROM entry WHERE id = ?").one(folder) ?? [0, ""]) as [
      number,
      string,
    ];
    const path = parent === 0 ? "" : this.below(parent, name);
    this.#known.set(folder, path);
    return path;
  }
}
