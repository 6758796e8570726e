import { rm } from "node:fs/promises";
import type { Content, EntryRef } from "../../shared/entry.ts";
import { GroupShareError } from "../../shared/errors.ts";
import { type Applied, applyBatch, type Batch } from "./apply.ts";
import { FolderCache } from "./edit.ts";
import { holdersOf } from "./holders.ts";
import { loadImage, saveImage } from "./image.ts";
import { dropList, findList, type ListStanding, liveLists, makeList, standingOf, sweep } from "./lists.ts";
import * as queries from "./queries.ts";
import type { Sqlite } from "./sqlite.ts";

/** Entries deleted in one go while nothing else is to do: some 20 ms. */
const SWEEP = 4_000;

/** What the store's worker answers. All of it runs one call at a time; only opening and saving wait for the disk. */
export type StoreMethods = ReturnType<typeof storeMethods>;

export function storeMethods() {
  const folders = new FolderCache();
  const sight = new queries.Sight();
  let opened: Sqlite | null = null;
  let own = "";
  let sweeping = false;

  const db = (): Sqlite => {
    if (opened === null) throw new GroupShareError("internal", "Cannot use the store before it is open");
    return opened;
  };
  const sweepSoon = (): void => {
    if (sweeping) return;
    sweeping = true;
    setTimeout(() => {
      sweeping = false;
      if (db().transaction(() => sweep(db(), SWEEP))) sweepSoon();
    }, 1);
  };
  const drop = (member: string, live: boolean): void => {
    const list = findList(db(), member, live);
    if (list === null) return;
    db().transaction(() => dropList(db(), list.id));
    folders.clear();
    sweepSoon();
  };

  return {
    /** Loads the image. Lists that were still being collected are gone with the process that did. */
    async open(path: string, member: string): Promise<{ aside: string | null; lists: ListStanding[] }> {
      const { db: loaded, aside } = await loadImage(path);
      opened = loaded;
      own = member;
      sight.show([own]);
      loaded.run("UPDATE share SET list = 0 WHERE list IN (SELECT id FROM list WHERE live = 0)");
      loaded.run("DELETE FROM list WHERE live = 0");
      sweepSoon();
      return { aside, lists: liveLists(loaded).map((list) => standingOf(loaded, list)) };
    },

    apply(batch: Batch): Applied {
      const applied = applyBatch(db(), folders, batch);
      sweepSoon();
      return applied;
    },

    /** Makes room for a list from its first change on: as the live one, or beside it. Replaces what was there. */
    begin(member: string, epoch: string, live: boolean): void {
      drop(member, live);
      makeList(db(), member, epoch, live);
    },

    /** Shows the collected list in place of the live one, at once. */
    swap(member: string): ListStanding {
      const staged = findList(db(), member, false);
      if (staged === null)
        throw new GroupShareError("internal", `Cannot show a list of "${member}": none is collected`);
      db().transaction(() => {
        const live = findList(db(), member, true);
        if (live !== null) dropList(db(), live.id);
        db().query("UPDATE list SET live = 1 WHERE id = ?").run(staged.id);
      });
      folders.clear();
      sweepSoon();
      return standingOf(db(), staged);
    },

    /** Says that the rows of the own list are now those of another epoch. */
    relabel(member: string, epoch: string, sequence: number): ListStanding {
      const list = findList(db(), member, true) ?? makeList(db(), member, epoch, true);
      const { entries } = standingOf(db(), list);
      const update = "UPDATE list SET epoch = ?, sequence = ?, changes = ?, peak = ? WHERE id = ?";
      db().query(update).run(epoch, sequence, sequence, entries, list.id);
      return standingOf(db(), { ...list, epoch, sequence, changes: sequence });
    },

    drop,

    /** Drops all lists but the own, and wipes what is left of them in memory. */
    async forget(path: string): Promise<void> {
      db().transaction(() => {
        for (const list of liveLists(db())) if (list.member !== own) dropList(db(), list.id);
        db().run("UPDATE share SET list = 0 WHERE list IN (SELECT id FROM list WHERE live = 0)");
        db().run("DELETE FROM list WHERE live = 0");
        while (sweep(db(), SWEEP));
      });
      folders.clear();
      sight.show([own]);
      db().run("VACUUM");
      await rm(path, { force: true });
    },

    /** Whose lists are seen from now on, beside the own. */
    show(members: readonly string[]): void {
      sight.show([own, ...members]);
    },

    save: (path: string): Promise<void> => saveImage(db(), path),

    shares: (member: string) => queries.shares(db(), sight, member),
    stat: (ref: EntryRef) => queries.stat(db(), sight, ref),
    list: (ref: EntryRef, page: { after: string | null; limit: number }) => queries.list(db(), sight, ref, page),
    walk: (ref: EntryRef, after: string | null) => queries.walk(db(), sight, ref, after),
    known: (share: string, after: string | null) => queries.known(db(), own, share, after),
    holdersOf: (contents: readonly Content[], most: number) => holdersOf(db(), sight, contents, most),
    totals: () => queries.totals(db(), sight),
  };
}
