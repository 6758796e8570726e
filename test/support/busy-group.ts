import { mkdirSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { FileView, MemberNews, StatusView } from "../../src/app/mod.ts";
import type { Member } from "./member.ts";

/** Files are made in folders of so many. */
export const EACH_FOLDER = 1_000;
/** Between two requests of one kind to one member, in milliseconds. */
const PAUSE = 100;

/** Small files, of 0 to 2 KiB, in folders of a thousand. */
export function fillFolders(root: string, files: number): void {
  const bytes = Buffer.alloc(2_048, "some small content ");
  for (let index = 0; index < files; index++) {
    const sub = join(root, folderOf(index));
    if (index % EACH_FOLDER === 0) mkdirSync(sub, { recursive: true });
    writeFileSync(join(sub, `picture ${index}.jpg`), bytes.subarray(0, (index * 37) % 2_049));
  }
}

export const folderOf = (index: number): string => `album ${Math.floor(index / EACH_FOLDER)}`;

/** One page of a folder as a member lists it; null where it does not. */
export async function pageOf(
  viewer: Member,
  path: string,
): Promise<{ readonly total: number; readonly items: FileView[] } | null> {
  const response = await viewer.ask(`/api/v1/files?limit=1000&path=${encodeURIComponent(path)}`);
  const body = await response.text();
  return response.ok ? JSON.parse(body) : null;
}

/** Files that a member lists in a share; 0 before it is listed. */
export async function filesIn(viewer: Member, owner: string, share: string): Promise<number> {
  const page = await pageOf(viewer, owner);
  return page?.items.find(({ name }) => name === share)?.files ?? 0;
}

/** Whether all of a folder's files are listed with their contents; empty ones have none. */
export async function listsContents(viewer: Member, path: string, files: number): Promise<boolean> {
  const page = await pageOf(viewer, path);
  return page?.items.length === files && page.items.every(({ size, contentId }) => size === 0 || contentId !== null);
}

/** How late a member's event loop was between two readings. */
export interface Delays {
  readonly looks: number;
  /** By bound in milliseconds, ascending: looks that were later. */
  readonly over: ReadonlyMap<number, number>;
}

export async function readDelays(member: Member): Promise<Delays> {
  const { counters } = await member.api<StatusView>("/api/v1/status");
  const over = new Map<number, number>();
  for (const [name, count] of Object.entries(counters)) {
    const bound = /^loopDelaysOver(\d+)Ms$/.exec(name)?.[1];
    if (bound !== undefined) over.set(Number(bound), count);
  }
  return { looks: counters.loopDelays ?? 0, over: new Map([...over].sort(([a], [b]) => a - b)) };
}

export function delaysSince(before: Delays, after: Delays): Delays {
  const over = new Map([...after.over].map(([bound, count]) => [bound, count - (before.over.get(bound) ?? 0)]));
  return { looks: after.looks - before.looks, over };
}

/** Those of several members together. */
export function allDelays(each: readonly Delays[]): Delays {
  const over = new Map<number, number>();
  for (const delays of each) for (const [bound, count] of delays.over) over.set(bound, (over.get(bound) ?? 0) + count);
  return { looks: each.reduce((sum, { looks }) => sum + looks, 0), over };
}

/** The smallest bound, in milliseconds, that this part of the delays is not over. */
export function delayWithin({ looks, over }: Delays, part: number): number {
  for (const [bound, count] of over) if (count <= looks * (1 - part)) return bound;
  return Number.POSITIVE_INFINITY;
}

/** What a page open on each member asks all the time: folders, searches, and whether it is there at all. */
export class Visitors {
  readonly #running: Promise<unknown>;
  #took: Record<"folder" | "search" | "health", number[]> = { folder: [], search: [], health: [] };
  #stopped = false;
  /** The first request that was not answered well. */
  failure: unknown = null;

  /** `share`: path of a share of so many files in such folders. */
  constructor(members: readonly Member[], share: string, files: number) {
    const folders = Math.ceil(files / EACH_FOLDER);
    let turn = 0;
    const paths = {
      folder: () => `/api/v1/files?limit=200&path=${encodeURIComponent(`${share}/album ${(turn++ * 7) % folders}`)}`,
      search: () => `/api/v1/search?limit=50&q=picture%20${(turn++ * 7_919) % files}`,
      health: () => "/healthz",
    };
    const kinds = ["folder", "search", "health"] as const;
    this.#running = Promise.all(
      members.flatMap((member) => kinds.map((kind) => this.#visit(member, kind, paths[kind]))),
    );
  }

  /** Milliseconds that requests took since it was last asked, ascending. */
  take(): Record<"folder" | "search" | "health", number[]> {
    const took = this.#took;
    this.#took = { folder: [], search: [], health: [] };
    for (const times of Object.values(took)) times.sort((a, b) => a - b);
    return took;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #visit(member: Member, kind: "folder" | "search" | "health", path: () => string): Promise<void> {
    while (!this.#stopped) {
      const began = performance.now();
      try {
        const response = await member.ask(path());
        await response.arrayBuffer();
        // A folder is not there before it is listed.
        if (!response.ok && response.status !== 404) this.failure ??= new Error(`${kind}: status ${response.status}`);
      } catch (thrown) {
        this.failure ??= thrown;
      }
      this.#took[kind].push(performance.now() - began);
      await sleep(PAUSE);
    }
  }
}

/** Who took whom for dead, or was about to. */
export async function suspicions(members: readonly Member[]): Promise<string[]> {
  const found = members.map(async (member) => {
    const { items } = await member.api<{ items: MemberNews[] }>("/api/v1/history");
    const wrong = items.filter(({ event }) => event === "suspected" || event === "died");
    return wrong.map(({ event, name }) => `${name} ${event} by ${member.ready.name}`);
  });
  return (await Promise.all(found)).flat();
}

/** Resident memory of a member's process now and at its most, in MiB. */
export async function residentMemory({ pid }: Member): Promise<{ now: number; most: number }> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const mebibytes = (name: string) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024);
  return { now: mebibytes("VmRSS"), most: mebibytes("VmHWM") };
}
