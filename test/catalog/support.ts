import assert from "node:assert/strict";
import { generateKeyPairSync, hash, type KeyObject, sign } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Worker } from "node:worker_threads";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { Catalog } from "../../src/catalog/mod.ts";
import { systemClock } from "../../src/shared/clock.ts";
import type { Change, Entry, EntryRef } from "../../src/shared/entry.ts";
import type { Log } from "../../src/shared/log.ts";
import { seeded } from "../../src/shared/random.ts";
import { spawnWorker } from "../support/worker.ts";

/** A member's key as trust makes it. */
export interface Identity {
  readonly id: string;
  readonly publicKey: Uint8Array;
  readonly privateKey: KeyObject;
}

export function newIdentity(): Identity {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
  return { id: hash("sha256", spki, "hex"), publicKey: spki, privateKey };
}

export const signWith = ({ privateKey }: Identity, bytes: Uint8Array): Uint8Array =>
  new Uint8Array(sign("sha256", bytes, { key: privateKey, dsaEncoding: "ieee-p1363" }));

const endings = new WeakMap<TestContext, (() => Promise<unknown>)[]>();

/** Does something after the test; what was asked for last is done first. */
export function atEnd(t: TestContext, work: () => Promise<unknown>): void {
  const known = endings.get(t);
  if (known !== undefined) {
    known.push(work);
    return;
  }
  const works = [work];
  endings.set(t, works);
  t.after(async () => {
    for (const end of works.toReversed()) await end();
  });
}

export async function tempDir(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "groupshare-catalog-"));
  atEnd(t, () => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** Where members are reached: peer ports by member id. */
export type Roads = Map<string, string>;

/** So that no start takes the epoch of another. */
let starts = 1;

/** One member's catalog behind a real HTTP server. */
export class Member {
  readonly identity: Identity;
  readonly dir: string;
  readonly logged: string[] = [];
  readonly roads: Roads;
  /** Entries that it keeps at most; null for the program's own limit. */
  limit: number | null = null;
  /** What its wall clock shows. */
  wall = (): number => systemClock.wall();
  readonly #failing = new Map<string, number>();
  #catalog: Catalog | null = null;
  #server: Server | null = null;

  constructor(dir: string, roads: Roads, identity: Identity = newIdentity()) {
    this.dir = dir;
    this.identity = identity;
    this.roads = roads;
  }

  get id(): string {
    return this.identity.id;
  }

  get catalog(): Catalog {
    assert.ok(this.#catalog, "the catalog is open");
    return this.#catalog;
  }

  async start(): Promise<this> {
    const say = (message: string, fields?: Record<string, unknown>): void => {
      this.logged.push(`${message} ${JSON.stringify(fields ?? {})}`);
    };
    const log: Log = { debug: () => {}, info: say, warn: say, error: say };
    this.#catalog = await Catalog.open({
      dir: this.dir,
      memberId: this.id,
      publicKey: this.identity.publicKey,
      sign: async (bytes) => signWith(this.identity, bytes),
      spawn: () => this.#spawn(),
      log,
      clock: { now: () => systemClock.now(), wall: () => this.wall() },
      ...(this.limit === null ? {} : { entries: this.limit }),
      random: seeded(Number.parseInt(this.id.slice(0, 8), 16) + starts++),
      fetch: async (member, path, signal) => {
        const road = this.roads.get(member);
        if (road === undefined) throw new Error("no road to this member");
        const { status, headers, body } = await fetch(`${road}${path}`, { signal });
        return { status, headers, body: body ?? new Blob([]).stream() };
      },
    });
    return this;
  }

  /** The store does not do this the next `times` that it is asked to. */
  failing(method: string, times: number): void {
    this.#failing.set(method, times);
  }

  #spawn(): Worker {
    const worker = spawnWorker("store");
    const post = worker.postMessage.bind(worker);
    worker.postMessage = (call: { id: number; method: string }) => {
      const left = this.#failing.get(call.method) ?? 0;
      if (left === 0) return post(call);
      this.#failing.set(call.method, left - 1);
      const failure = { code: "internal", message: "out of memory", hint: undefined };
      setImmediate(() => worker.emit("message", { id: call.id, failure }));
    };
    return worker;
  }

  /** Answers others from now on: those on other roads, where given. */
  async listen(roads: Roads = this.roads): Promise<this> {
    const road = await listen(new Hono().route("/", this.catalog.routes()));
    this.#server = road.server;
    roads.set(this.id, road.url);
    return this;
  }

  async deafen(): Promise<void> {
    this.roads.delete(this.id);
    await close(this.#server);
    this.#server = null;
  }

  async stop(): Promise<void> {
    await this.deafen();
    await this.#catalog?.stop();
    this.#catalog = null;
  }

  /** Tells this member who else is here. */
  meet(...others: Member[]): void {
    this.catalog.present(others.map(({ id, catalog: { own } }) => ({ id, epoch: own.epoch, sequence: own.sequence })));
  }
}

export async function listen(app: Hono): Promise<{ server: Server; url: string }> {
  const server = await new Promise<Server>((resolve) => {
    const made = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0, overrideGlobalObjects: false }, () =>
      resolve(made as Server),
    );
  });
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

export async function close(server: Server | null): Promise<void> {
  if (server === null) return;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** As many members as asked for, started and reachable, stopped after the test. */
export async function members(t: TestContext, count: number): Promise<Member[]> {
  const roads: Roads = new Map();
  const made: Member[] = [];
  for (let i = 0; i < count; i++) {
    const member = new Member(await tempDir(t), roads);
    made.push(member);
    await member.start();
    await member.listen();
  }
  atEnd(t, async () => {
    for (const member of made) await member.stop();
  });
  return made;
}

/** Waits until a condition holds; looks again whenever some time has passed. Fails loudly after half a minute. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 30_000;
  while (!(await holds())) {
    if (performance.now() > end) assert.fail(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export const SHARE = "00112233445566aa";
export const ROOT = "ab".repeat(32);

export const share = (name = "Music", id = SHARE, online = true): Change => ({
  kind: "share",
  share: id,
  name,
  online,
});
export const folder = (path: string, mtime = 1_000): Change => ({ kind: "folder", share: SHARE, path, mtime });
export const gone = (path: string): Change => ({ kind: "gone", share: SHARE, path });

export function file(path: string, size = 10, root: string | null = null, mtime = 2_000): Change {
  return { kind: "file", share: SHARE, path, size, mtime, root, stat: { inode: `1:${path.length}`, ctime: 3_000 } };
}

/** Everything in a member's share as another sees it, its own folder first. */
export async function everything(catalog: Catalog, member: string, id = SHARE): Promise<Entry[]> {
  const ref: EntryRef = { member, share: id, path: "" };
  const top = await catalog.stat(ref);
  if (top === null) return [];
  const entries = [top];
  for await (const entry of catalog.walk(ref)) entries.push(entry);
  return entries;
}

export const paths = async (catalog: Catalog, member: string): Promise<string[]> =>
  (await everything(catalog, member)).map(({ path }) => path);
