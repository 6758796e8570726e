import type { Index } from "./index.ts";
import { sharesOf } from "./lists.ts";
import type { Sight } from "./sight.ts";
import type { Sqlite } from "./sqlite.ts";

/** What this member lacks of what is seen now, a byte an entry by its place in the columns. They must be settled. */
export function lackingNow(db: Sqlite, sight: Sight, { columns, lacking }: Index): Uint8Array {
  const own = new Set<number>();
  const others = new Set<number>();
  for (const list of sight.lists(db)) {
    for (const { id } of sharesOf(db, list.id)) (list.member === sight.own ? own : others).add(id);
  }
  return lacking.of(columns, own, others);
}
