import { rm } from "node:fs/promises";
import { setImmediate as turn } from "node:timers/promises";
import type { Content, EntryRef } from "../../shared/entry.ts";
import { GroupShareError } from "../../shared/errors.ts";
import { type Applied, applyBatch, type Batch } from "./apply.ts";
import { FolderCache } from "./edit.ts";
import { holdersOf } from "./holders.ts";
import { loadImage, saveImage } from "./image.ts";
import { Index } from "./index.ts";
import { dropList, findList, type ListStanding, liveLists, makeList, noteSeen, standingOf, sweep } from "./lists.ts";
import * as merged from "./merged.ts";
import * as queries from "./queries.ts";
import { type Found, type SearchQuery, search } from "./search.ts";
import { Sight } from "./sight.ts";
import type { Sqlite } from "./sqlite.ts";

/** Entries deleted in one go while nothing else is to do: some 20 ms. */
const SWEEP = 4_000;

/** What the store's worker answers. All of it runs one call at a time; only opening, saving and searching take turns. */
export type StoreMethods = ReturnType<typeof storeMethods>;

export function storeMethods() {
  const folders = new FolderCache();
  const sight = new Sight();
  const index = new Index();
  /** Searches that are under way, and whether they are still wanted. */
  const searches = new Map<number, boolean>();
  let opened: Sqlite | null = null;
  let most = 0;
  let sweeping = false;
  let filling = false;

  const db = (): Sqlite => {
    if (opened === null) throw new GroupShareError("internal", "Cannot use the store before it is open");
    return opened;
  };
  const swept = (share: number): void => index.columns.removeShare(share);
  const sweepSoon = (): void => {
    if (sweeping) return;
    sweeping = true;
    setTimeout(() => {
      sweeping = false;
      if (db().transaction(() => sweep(db(), SWEEP, swept))) sweepSoon();
    }, 1);
  };
  const fillSoon = (): void => {
    if (filling) return;
    filling = true;
    setTimeout(() => {
      filling = false;
      if (index.fill(db())) fillSoon();
    }, 1);
  };
  /** Waits until the columns have all rows, which is so soon after a start. */
  const filled = async (): Promise<Sqlite> => {
    while (index.fill(db())) await turn();
    return db();
  };
  /** A page of a list, as soon as what it needs is there. */
  const listed = async <T>({ lacking }: queries.ListPage, list: (rows: Sqlite) => T | null): Promise<T> => {
    for (let rows = lacking === true ? await filled() : db(); ; rows = await filled()) {
      const page = list(rows);
      if (page !== null) return page;
    }
  };
  const drop = (member: string, live: boolean): void => {
    const list = findList(db(), member, live);
    if (list === null) return;
    db().transaction(() => dropList(db(), list.id));
    folders.clear();
    sweepSoon();
  };

  return {
    /** Loads the image. Lists that were still being collected are gone with the process that did. `entries`: the most of all lists. */
    async open(
      path: string,
      member: string,
      entries: number,
    ): Promise<{ aside: string | null; lists: ListStanding[] }> {
      const { db: loaded, aside } = await loadImage(path);
      opened = loaded;
      most = entries;
      sight.own = member;
      sight.show([]);
      loaded.run("UPDATE share SET list = 0 WHERE list IN (SELECT id FROM list WHERE live = 0)");
      loaded.run("DELETE FROM list WHERE live = 0");
      index.reset(loaded);
      fillSoon();
      sweepSoon();
      return { aside, lists: liveLists(loaded).map((list) => standingOf(loaded, list)) };
    },

    apply(batch: Batch): Applied {
      const applied = applyBatch(db(), folders, index, batch, most);
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
        db()
          .query("UPDATE list SET live = 1, seen = ? WHERE id = ?")
          .run(live?.seen ?? 0, staged.id);
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
        for (const list of liveLists(db())) if (list.member !== sight.own) dropList(db(), list.id);
        db().run("UPDATE share SET list = 0 WHERE list IN (SELECT id FROM list WHERE live = 0)");
        db().run("DELETE FROM list WHERE live = 0");
        while (sweep(db(), SWEEP, swept));
      });
      folders.clear();
      sight.show([]);
      db().vacuum();
      index.reset(db());
      fillSoon();
      await rm(path, { force: true });
    },

    /** Whose lists are seen from now on, beside the own. `now`: milliseconds since 1970, noted as when they were here. */
    show(members: readonly string[], now: number): void {
      noteSeen(db(), [sight.own, ...members], now);
      sight.show(members);
    },

    /** Members whose lists are here, and who were last seen before this time, in milliseconds since 1970. */
    unseenSince: (time: number): string[] =>
      liveLists(db())
        .filter(({ member, seen }) => !sight.has(member) && seen < time)
        .map(({ member }) => member),

    /** Writes the image, piece by piece beside what else is asked. */
    save: (path: string): Promise<void> => saveImage(db(), path),

    /** Searches in turns with whatever else is asked. GroupShareError `conflict` where it was cancelled. */
    async search(ticket: number, query: SearchQuery): Promise<Found> {
      searches.set(ticket, true);
      try {
        const pieces = search(await filled(), sight, index, query);
        for (let piece = pieces.next(); ; piece = pieces.next()) {
          if (piece.done === true) return piece.value;
          await turn();
          if (searches.get(ticket) !== true)
            throw new GroupShareError("conflict", "Cannot go on with a search: it was cancelled");
        }
      } finally {
        searches.delete(ticket);
      }
    },
    /** Of a search that is over there is nothing to cancel. */
    cancelSearch(ticket: number): void {
      if (searches.has(ticket)) searches.set(ticket, false);
    },

    mergedShares: () => merged.shares(db(), sight),
    mergedStat: (share: string, path: string) => merged.stat(db(), sight, share, path),
    mergedList: (share: string, path: string, page: queries.ListPage) =>
      listed(page, (rows) => merged.list(rows, sight, index, share, path, page)),
    shares: (member: string) => queries.shares(db(), sight, member),
    stat: (ref: EntryRef) => queries.stat(db(), sight, ref),
    list: (ref: EntryRef, page: queries.ListPage) =>
      listed(page, (rows) => queries.list(rows, sight, index, ref, page)),
    walk: (ref: EntryRef, after: string | null) => queries.walk(db(), sight, ref, after),
    known: (share: string, after: string | null) => queries.known(db(), sight.own, share, after),
    holdersOf: (contents: readonly Content[], most: number) => holdersOf(db(), sight, contents, most),
    totals: () => queries.totals(db(), sight),
  };
}
