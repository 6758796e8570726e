import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { mkdtemp, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { systemClock } from "../../src/shared/clock.ts";
import { ContentHasher } from "../../src/shared/content.ts";
import type { Content, Entry, EntryRef } from "../../src/shared/entry.ts";
import { GroupShareError } from "../../src/shared/errors.ts";
import { type Connection, listen } from "../../src/shared/http-server.ts";
import type { Log } from "../../src/shared/log.ts";
import { seeded } from "../../src/shared/random.ts";
import { type Answer, type Download, Transfers, type TransfersOptions } from "../../src/transfer/mod.ts";

const SHARE = "5a5a5a5a5a5a5a5a";

export const root = async (bytes: Uint8Array): Promise<string | null> => {
  const hasher = new ContentHasher(bytes.length);
  hasher.update(bytes);
  return hasher.digest()?.root ?? null;
};

type Around = (
  member: string,
  path: string,
  answer: Answer,
  headers: Record<string, string>,
) => Answer | Promise<Answer>;

/** A group in one process: folders on disk, a catalog of them, members that serve over real HTTP. */
export class World {
  readonly dir: string;
  readonly members = new Map<string, Member>();
  readonly warnings: string[] = [];
  /** Every request between members. */
  readonly requests: { member: string; path: string; headers: Record<string, string> }[] = [];
  /** Questions for the holders of several contents. */
  lookups = 0;
  pathOf = ({ member, path }: EntryRef): string => `${this.members.get(member)?.name ?? member}/share/${path}`;
  /** Stands between an answer and the one who asked. */
  around: Around = (_member, _path, answer) => answer;
  refusesWrite: TransfersOptions["refusesWrite"] = () => null;
  readonly #ends: (() => Promise<unknown>)[] = [];

  private constructor(dir: string) {
    this.dir = dir;
  }

  static async make(): Promise<World> {
    const world = new World(await mkdtemp(join(tmpdir(), "groupshare-transfer-")));
    after(() => world.end());
    return world;
  }

  /** A member that shares a folder of its own and serves it. */
  async member(name: string): Promise<Member> {
    const dir = join(this.dir, `share-${name}`);
    mkdirSync(dir, { recursive: true });
    const member = new Member(this, randomBytes(32).toString("hex"), name, dir);
    this.members.set(member.id, member);
    await member.start();
    return member;
  }

  log: Log = {
    debug: () => undefined,
    info: () => undefined,
    warn: (message, fields) => this.warnings.push(`${message} ${JSON.stringify(fields ?? {})}`),
    error: (message) => this.warnings.push(message),
  };

  options(self: string, dir: string, stateFile: string): TransfersOptions {
    const visible = () => [...this.members.values()].filter((member) => member.id === self || member.present);
    const entryOf = ({ member, path }: EntryRef): Entry | null =>
      visible()
        .find(({ id }) => id === member)
        ?.entries.get(path) ?? null;
    const { members } = this;
    const holders = async ({ root: wanted, size }: Content): Promise<EntryRef[]> =>
      visible().flatMap(({ id, entries }) =>
        [...entries.values()]
          .filter((entry) => entry.root === wanted && entry.size === size)
          .map(({ path }) => ({ member: id, share: SHARE, path })),
      );
    return {
      dir,
      stateFile,
      clock: systemClock,
      random: seeded(7),
      log: this.log,
      catalog: {
        stat: async (ref) => entryOf(ref),
        async *walk(ref) {
          const prefix = ref.path === "" ? "" : `${ref.path}/`;
          const entries = visible().find(({ id }) => id === ref.member)?.entries ?? new Map<string, Entry>();
          const below = [...entries.values()].filter(({ path }) => path !== "" && path.startsWith(prefix));
          for (const entry of below.sort((a, b) => (a.path < b.path ? -1 : 1))) yield entry;
        },
        holders,
        holdersOf: (contents) => {
          this.lookups += 1;
          return Promise.all(contents.map(holders));
        },
      },
      refusesWrite: (path) => this.refusesWrite(path),
      path: (ref) => this.pathOf(ref),
      name: (member) => members.get(member)?.name ?? member,
      self: () => self,
      async openOwn(_share, path) {
        const folder = members.get(self)?.dir ?? "";
        try {
          const handle = await open(join(folder, path), "r");
          const found = await handle.stat();
          return { handle, size: found.size, mtime: Math.floor(found.mtimeMs) };
        } catch {
          throw new GroupShareError("not-found", `Cannot open "${path}": it is not there`);
        }
      },
      fetch: async (id, path, init) => {
        const member = members.get(id);
        this.requests.push({ member: member?.name ?? id, path, headers: { ...init.headers } });
        if (member === undefined || !member.present) throw new Error("connection refused");
        const response = await fetch(`${member.url}${path}`, { headers: init.headers, signal: init.signal });
        const answer = {
          status: response.status,
          headers: response.headers,
          body: response.body ?? new ReadableStream(),
        };
        return await this.around(member.name, path, answer, { ...init.headers });
      },
    };
  }

  /** Opens the transfers of somebody who only takes. */
  async taker(name = "taker", downloads = join(this.dir, `downloads-${name}`)): Promise<Taker> {
    const member = this.#named(name) ?? (await this.member(name));
    const transfers = await Transfers.open(this.options(member.id, downloads, join(this.dir, `${name}-queue.json`)));
    const taker = new Taker(transfers, downloads);
    this.#ends.push(() => transfers.stop());
    return taker;
  }

  atEnd(end: () => Promise<unknown>): void {
    this.#ends.push(end);
  }

  async end(): Promise<void> {
    for (const end of this.#ends.reverse()) await end();
    await rm(this.dir, { recursive: true, force: true });
  }

  #named(name: string): Member | undefined {
    return [...this.members.values()].find((member) => member.name === name);
  }
}

export class Member {
  readonly id: string;
  readonly name: string;
  readonly dir: string;
  readonly entries = new Map<string, Entry>();
  present = true;
  url = "";
  transfers: Transfers | null = null;
  readonly #world: World;

  constructor(world: World, id: string, name: string, dir: string) {
    this.#world = world;
    this.id = id;
    this.name = name;
    this.dir = dir;
  }

  async start(): Promise<void> {
    const queue = join(this.#world.dir, `${this.name}-serving.json`);
    const transfers = await Transfers.open(this.#world.options(this.id, this.dir, queue));
    this.transfers = transfers;
    const { fetch } = transfers.routes();
    const answer = (request: Request, node: Connection) => {
      node.known();
      return fetch(request, node);
    };
    const server = await listen(answer, { host: "127.0.0.1", port: 0 }, "a test");
    this.url = `http://127.0.0.1:${server.port}`;
    this.#world.atEnd(async () => {
      await transfers.stop();
      await server.close();
    });
  }

  /** Its folder is there no more, or there again, as when a drive is switched off; the list says so. */
  async offline(off: boolean): Promise<void> {
    const away = `${this.dir} away`;
    await (off ? rename(this.dir, away) : rename(away, this.dir));
    for (const [path, { offline, ...entry }] of this.entries) {
      this.entries.set(path, off ? { ...entry, offline: true } : entry);
    }
  }

  /** Lists what is in the folder, as a scan does; without roots while it is not hashed. */
  async index(hashed = true): Promise<void> {
    this.entries.clear();
    await this.#list("", hashed);
  }

  ref(path: string): EntryRef {
    return { member: this.id, share: SHARE, path };
  }

  async #list(path: string, hashed: boolean): Promise<Entry> {
    const full = join(this.dir, path);
    const found = await stat(full);
    const name = path === "" ? `${this.name}'s files` : (path.split("/").at(-1) ?? "");
    const base = { name, path, mtime: Math.floor(found.mtimeMs) };
    let entry: Entry;
    if (found.isDirectory()) {
      let [size, files] = [0, 0];
      for (const child of await readdir(full)) {
        const below = await this.#list(path === "" ? child : `${path}/${child}`, hashed);
        size += below.size;
        files += below.files;
      }
      entry = { ...base, kind: "folder", size, root: null, files };
    } else {
      const bytes = hashed ? await root(await readFile(full)) : null;
      entry = { ...base, kind: "file", size: found.size, root: bytes, files: 1 };
    }
    this.entries.set(path, entry);
    return entry;
  }
}

export class Taker {
  readonly transfers: Transfers;
  readonly downloads: string;

  constructor(transfers: Transfers, downloads: string) {
    this.transfers = transfers;
    this.downloads = downloads;
  }

  async get(ref: EntryRef, into: string | null = null): Promise<Download> {
    const [download] = await this.transfers.add([ref], { into });
    if (download === undefined) throw new Error("nothing was added");
    return download;
  }

  now(id: string): Download {
    const found = this.transfers.list().find((download) => download.id === id);
    if (found === undefined) throw new Error(`no download ${id}`);
    return found;
  }

  /** Waits until a download is as asked for. */
  async until(id: string, holds: (download: Download) => boolean, what = "what was waited for"): Promise<Download> {
    return await new Promise((resolve, reject) => {
      const look = () => {
        const download = this.now(id);
        if (!holds(download)) return;
        clearTimeout(timer);
        clearInterval(often);
        resolve(download);
      };
      const timer = setTimeout(() => {
        clearInterval(often);
        reject(new Error(`not ${what}: ${JSON.stringify(this.now(id))}`));
      }, 60_000);
      // News come four times a second; looking more often makes tests quick.
      const often = setInterval(look, 5);
      look();
    });
  }

  /** Waits until a download has ended or cannot go on. */
  async settled(id: string): Promise<Download> {
    return await this.until(id, ({ state }) => !["queued", "downloading"].includes(state), "settled");
  }

  async done(id: string): Promise<Download> {
    const download = await this.settled(id);
    if (download.state !== "done") throw new Error(`not done: ${JSON.stringify(download)}`);
    return download;
  }
}

/** Passes the first `bytes` of a body on, then breaks it. */
export function cutAfter(answer: Answer, bytes: number): Answer {
  let left = bytes;
  const body = answer.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        const part = chunk.subarray(0, left);
        left -= part.length;
        if (part.length > 0) controller.enqueue(part);
        if (left === 0) controller.error(new Error("connection reset"));
      },
    }),
  );
  return { ...answer, body };
}

/** Passes the first `bytes` of a body on, then nothing until released; `reached` resolves when it hangs. */
export function holdAfter(
  answer: Answer,
  bytes: number,
): { answer: Answer; reached: Promise<void>; release: () => void } {
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const reader = answer.body.getReader();
  let left = bytes;
  let rest: Uint8Array | null = null;
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (left <= 0) {
          reached.resolve();
          await released.promise;
        }
        if (rest !== null) {
          controller.enqueue(rest);
          rest = null;
          return;
        }
        const { done, value } = await reader.read();
        if (done) return controller.close();
        const head = left > 0 ? value.subarray(0, left) : value;
        left -= head.length;
        if (head.length < value.length) rest = value.subarray(head.length);
        controller.enqueue(head);
      },
      async cancel(why) {
        released.resolve();
        await reader.cancel(why);
      },
    },
    { highWaterMark: 0 },
  );
  return { answer: { ...answer, body }, reached: reached.promise, release: () => released.resolve() };
}

/** Bytes that are a function of their seed and hard to compress or repeat. */
export function noise(size: number, seed: number): Buffer {
  const words = new Uint32Array(Math.ceil(size / 4));
  const random = seeded(seed);
  for (let at = 0; at < words.length; at++) words[at] = Math.floor(random.next() * 2 ** 32);
  return Buffer.from(words.buffer, 0, size);
}
