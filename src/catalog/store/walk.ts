import type { ShareRow } from "./lists.ts";
import type { Sqlite } from "./sqlite.ts";
import { COLUMNS, FILE, FOLDER, findChild, type Row, toRow } from "./tree.ts";

/** An entry met on a walk, with its path below the share. */
export interface Step {
  readonly path: string;
  readonly row: Row;
}

/** A folder that a walk is in, and the child after which it goes on. */
interface Level {
  readonly folder: number;
  readonly path: string;
  kind: number;
  name: string;
}

/**
 * Up to `limit` entries below a folder, depth first: in each folder its folders, each with what is in it, then its files,
 * by the bytes of their names. `after` is a cursor from `next`; what came or went meanwhile does not derail it.
 */
export function walkPage(
  db: Sqlite,
  share: ShareRow,
  top: { row: Row; path: string },
  after: string | null,
  limit: number,
): { items: Step[]; next: string | null } {
  const levels = openLevels(db, share, top, after);
  const folderAfter = db.query(
    `SELECT ${COLUMNS} FROM entry WHERE share = ? AND parent = ? AND kind = 0 AND name > ? ORDER BY name LIMIT 1`,
  );
  const filesAfter = db.query(
    `SELECT ${COLUMNS} FROM entry WHERE share = ? AND parent = ? AND kind = 1 AND name > ? ORDER BY name LIMIT ?`,
  );
  const items: Step[] = [];
  for (let level = levels.at(-1); level !== undefined && items.length < limit; level = levels.at(-1)) {
    if (level.kind === FOLDER) {
      const found = folderAfter.one(share.id, level.folder, level.name);
      if (found !== null) {
        const row = toRow(found);
        level.name = row.name;
        const path = below(level.path, row.name);
        items.push({ path, row });
        levels.push({ folder: row.id, path, kind: FOLDER, name: "" });
        continue;
      }
      level.kind = FILE;
      level.name = "";
    }
    const rows = filesAfter.all(share.id, level.folder, level.name, limit - items.length).map(toRow);
    for (const row of rows) items.push({ path: below(level.path, row.name), row });
    if (items.length < limit) levels.pop();
    else level.name = rows.at(-1)?.name ?? level.name;
  }
  const last = items.at(-1);
  return { items, next: levels.length > 0 && last !== undefined ? `${last.row.kind}${last.path}` : null };
}

const below = (folder: string, name: string): string => (folder === "" ? name : `${folder}/${name}`);

/** The levels of a walk that stands at a cursor: a digit for the kind, then the path of the last entry given. */
function openLevels(db: Sqlite, share: ShareRow, top: { row: Row; path: string }, after: string | null): Level[] {
  const levels: Level[] = [{ folder: top.row.id, path: top.path, kind: FOLDER, name: "" }];
  const prefix = top.path === "" ? "" : `${top.path}/`;
  if (after === null || !after.slice(1).startsWith(prefix)) return levels;
  const kind = after.startsWith("1") ? FILE : FOLDER;
  const names = after.slice(1 + prefix.length).split("/");
  for (const [depth, name] of names.entries()) {
    const level = levels.at(-1) as Level;
    const last = depth === names.length - 1;
    level.kind = last ? kind : FOLDER;
    level.name = name;
    if (last && kind === FILE) break;
    const row = findChild(db, share.id, level.folder, name);
    if (row?.kind !== FOLDER) break;
    levels.push({ folder: row.id, path: below(level.path, name), kind: FOLDER, name: "" });
  }
  return levels;
}
