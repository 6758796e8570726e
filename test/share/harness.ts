import assert from "node:assert/strict";
import { lstatSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type ShareStatus, Shares, type SharesOptions } from "../../src/share/mod.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { ContentHasher } from "../../src/shared/content.ts";
import type { Change, FileStat, Known, Page } from "../../src/shared/entry.ts";
import { fileTime } from "../../src/shared/file-time.ts";
import { silentLog } from "../../src/shared/log.ts";
import { spawnWorker } from "../support/worker.ts";

/** Nothing of what is waited for has a time of its own; a machine with other work takes some. Milliseconds. */
const PATIENCE = 20_000;

export const inDeno = "deno" in process.versions;

interface Row {
  readonly kind: "file" | "folder";
  readonly size: number;
  readonly mtime: number;
  readonly root: string | null;
  readonly stat: FileStat | null;
}

/** What a catalog would keep of one share. */
export class Kept {
  name = "";
  online = false;
  /** Of the share's own folder. */
  mtime = 0;
  readonly rows = new Map<string, Row>();

  /** Files as `path → root`, folders as `path/ → null`. */
  tree(): Record<string, string | null> {
    const sorted = [...this.rows].sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(sorted.map(([path, row]) => [row.kind === "folder" ? `${path}/` : path, row.root]));
  }
}

/** Stands for the catalog: keeps what is committed, and refuses what breaks the contract. */
class Catalog {
  readonly shares = new Map<string, Kept>();
  readonly changes: { at: number; change: Change }[] = [];
  readonly faults: string[] = [];
  batches = 0;
  /** Milliseconds that a commit takes. */
  delay = 0;
  #busy = false;
  #waiting: (() => void)[] = [];

  known = async (share: string, after: string | null): Promise<Page<Known>> => {
    const rows = [...(this.shares.get(share)?.rows ?? [])];
    const from = after === null ? 0 : Number(after);
    const items = rows.slice(from, from + 100).map(([path, row]) => ({ path, ...row }));
    return { items, next: from + 100 < rows.length ? String(from + 100) : null };
  };

  commit = async (changes: readonly Change[]): Promise<void> => {
    if (this.#busy) this.faults.push("two commits at a time");
    if (changes.length > 1_000 || changes.length === 0) this.faults.push(`a batch of ${changes.length}`);
    this.#busy = true;
    if (this.delay > 0) await new Promise((resolve) => setTimeout(resolve, this.delay));
    this.batches += 1;
    for (const change of changes) {
      this.changes.push({ at: performance.now(), change });
      this.#apply(change);
    }
    this.#busy = false;
    for (const go of this.#waiting.splice(0)) go();
  };

  #apply(change: Change): void {
    if (change.kind === "unshare") {
      this.shares.delete(change.share);
      return;
    }
    if (change.kind === "share") {
      const kept = this.shares.get(change.share) ?? new Kept();
      kept.name = change.name;
      kept.online = change.online;
      this.shares.set(change.share, kept);
      return;
    }
    const kept = this.shares.get(change.share);
    if (kept === undefined) {
      this.faults.push(`${change.kind} "${change.path}" of no share`);
      return;
    }
    const { path } = change;
    if (path === "") {
      if (change.kind !== "folder") this.faults.push(`${change.kind} of the share's own folder`);
      else kept.mtime = change.mtime;
      return;
    }
    const parent = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
    if (change.kind === "gone") {
      for (const known of [...kept.rows.keys()])
        if (known === path || known.startsWith(`${path}/`)) kept.rows.delete(known);
      return;
    }
    if (parent !== "" && kept.rows.get(parent)?.kind !== "folder") this.faults.push(`"${path}" before its folder`);
    const before = kept.rows.get(path);
    if (before !== undefined && before.kind !== change.kind)
      this.faults.push(`"${path}" became a ${change.kind} at once`);
    if (change.kind === "folder")
      kept.rows.set(path, { kind: "folder", size: 0, mtime: change.mtime, root: null, stat: null });
    else {
      const { size, mtime, root, stat } = change;
      kept.rows.set(path, { kind: "file", size, mtime, root, stat });
    }
  }

  /** Resolves when it is so after some commit; fails, saying what is there, when it takes too long. */
  async until(what: string, holds: () => boolean, ms = PATIENCE): Promise<void> {
    const deadline = performance.now() + ms;
    while (!holds()) {
      const left = deadline - performance.now();
      if (left <= 0)
        assert.fail(
          `not in ${ms} ms: ${what}; there is ${JSON.stringify([...this.shares.values()].map((kept) => kept.tree()))}`,
        );
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 50));
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }
}

/** A folder of its own for a test, a catalog, and shares that can be stopped and started again. */
export class Bench {
  readonly dir = realpathSync(mkdtempSync(join(tmpdir(), "share-")));
  readonly catalog = new Catalog();
  readonly #options: Partial<SharesOptions>;
  shares!: Shares;

  private constructor(options: Partial<SharesOptions>) {
    this.#options = options;
  }

  static async open(t: TestContext, options: Partial<SharesOptions> = {}): Promise<Bench> {
    const bench = new Bench(options);
    t.after(() => bench.#close());
    await bench.start();
    return bench;
  }

  async start(): Promise<void> {
    this.shares = await Shares.open({
      spawn: spawnWorker,
      stateFile: join(this.dir, "state", "shares.json"),
      hashers: 1,
      log: silentLog,
      clock: systemClock,
      known: this.catalog.known,
      commit: (changes) => this.catalog.commit(changes),
      listed: async () => [...this.catalog.shares.keys()],
      ...this.#options,
    });
  }

  path(...parts: string[]): string {
    return join(this.dir, ...parts);
  }

  status(id: string): ShareStatus {
    const status = this.shares.list().find((share) => share.id === id);
    assert.ok(status, `share ${id} is listed`);
    return status;
  }

  kept(id: string): Kept {
    const kept = this.catalog.shares.get(id);
    assert.ok(kept, `share ${id} is in the catalog`);
    return kept;
  }

  async add(folder: string, name: string | null = null, fixed = false): Promise<string> {
    return (await this.shares.add({ path: folder, name, fixed })).id;
  }

  async state(id: string, state: ShareStatus["state"], ms = PATIENCE): Promise<void> {
    await this.catalog.until(`share is ${state}`, () => this.status(id).state === state, ms);
  }

  /** Waits until the catalog has exactly what is on disk, with the right contents. */
  async settled(id: string, ms = PATIENCE): Promise<void> {
    const { path } = this.status(id);
    const same = () => {
      try {
        assert.deepEqual(this.kept(id).tree(), onDisk(path));
        assert.equal(this.kept(id).mtime, fileTime(lstatSync(path, { bigint: true })));
        for (const [below, { mtime }] of this.kept(id).rows) {
          assert.equal(mtime, fileTime(lstatSync(join(path, below), { bigint: true })), below);
        }
        return true;
      } catch {
        return false;
      }
    };
    const deadline = performance.now() + ms;
    while (!same()) {
      if (performance.now() > deadline) {
        assert.deepEqual(this.kept(id).tree(), onDisk(path));
        assert.fail("an mtime in the catalog is not the one on disk");
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.deepEqual(this.catalog.faults, []);
  }

  async #close(): Promise<void> {
    await this.shares.stop();
    rmSync(this.dir, { recursive: true, force: true });
    assert.deepEqual(this.catalog.faults, []);
  }
}

export function rootOf(bytes: Uint8Array): string | null {
  const hasher = new ContentHasher(bytes.length);
  hasher.update(bytes);
  return hasher.digest()?.root ?? null;
}

/** What a share should list, by looking with nothing but readdir and read. Links and special files are left out. */
function onDisk(root: string, below = ""): Record<string, string | null> {
  const found: [string, string | null][] = [];
  for (const name of readdirSync(join(root, below))) {
    const path = below === "" ? name : `${below}/${name}`;
    const stats = lstatSync(join(root, path));
    if (stats.isDirectory()) found.push([`${path}/`, null], ...Object.entries(onDisk(root, path)));
    else if (stats.isFile()) found.push([path, rootOf(readFileSync(join(root, path)))]);
  }
  return Object.fromEntries(found.sort(([a], [b]) => (a.replace(/\/$/, "") < b.replace(/\/$/, "") ? -1 : 1)));
}
