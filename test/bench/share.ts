import { randomFillSync } from "node:crypto";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ShareView, StatusView } from "../../src/app/mod.ts";
import { temporaryFolder } from "../support/folders.ts";
import { Member } from "../support/member.ts";
import { percentile } from "./machine.ts";
import type { Row } from "./main.ts";

const MANY = 100_000;
const MOVED = 50_000;
const CREATED = 10_000;
const LARGE = 64;
const LARGE_BYTES = 16 << 20;
const EACH_FOLDER = 100;
/** Between two looks at the member, in milliseconds: often enough for these figures, and no load. */
const LOOK = 20;

/** What a member does with the folders of a real disk: listing, hashing, moving, and how it answers meanwhile. */
export async function share(): Promise<Row[]> {
  const folder = await temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  fill(at("many"), MANY, () => Buffer.from("some small content "));
  mkdirSync(at("created"));
  const block = Buffer.alloc(LARGE_BYTES);
  fill(at("large"), LARGE, () => randomFillSync(block));
  const member = await Member.start("bundle", "127.0.0.24", at("data"), ["--name", "Ana", "--group", "Bench"]);
  const rows: Row[] = [];

  const answers = new Answers(member);
  let began = performance.now();
  await add(member, at("many"));
  const listed = await when(member, "many", ({ state, files }) => state !== "scanning" && files === MANY, began);
  rows.push(
    row(`first listing of ${MANY} files, to committed`, seconds(listed), `answers meanwhile: ${answers.take()}`),
  );
  const hashed = await when(member, "many", ({ state }) => state === "ready", began);
  const rate = Math.round((MANY / (hashed - listed)) * 1_000);
  rows.push(
    row("their contents, to committed", `${seconds(hashed)}, ${rate} files/s`, `answers meanwhile: ${answers.take()}`),
  );

  await add(member, at("created"));
  await when(member, "created", ({ state }) => state === "ready", began);
  began = performance.now();
  fill(at("created/new"), CREATED, (i) => Buffer.alloc(4_096, `${i} `));
  const created = performance.now() - began;
  const known = await when(member, "created", (now) => now.hashed === CREATED && now.state === "ready", began);
  rows.push(
    row(`${CREATED} files of 4 KiB, created to hashed`, seconds(known), `creating them took ${seconds(created)}`),
  );

  const before = (await counters(member)).filesHashed;
  answers.take();
  mkdirSync(at("many/old"));
  for (let sub = 0; sub < MOVED / EACH_FOLDER; sub++) renameSync(at(`many/${sub}`), at(`many/old/${sub}`));
  const settled = await member.api<StatusView>("/api/v1/status");
  await lists(member, `many/old/${MOVED / EACH_FOLDER - 1}`);
  began = performance.now();
  renameSync(at("many/old"), at("many/moved"));
  await lists(member, `many/moved/${MOVED / EACH_FOLDER - 1}`);
  const moved = performance.now() - began;
  await when(member, "many", ({ state, files }) => state === "ready" && files === settled.shares[0]?.files, began);
  const read = ((await counters(member)).filesHashed ?? 0) - (before ?? 0);
  rows.push(
    row(
      `${MOVED} files moved with their folder, to committed`,
      seconds(moved),
      `${read} files read again; answers meanwhile: ${answers.take()}`,
    ),
  );

  began = performance.now();
  await add(member, at("large"));
  const all = await when(member, "large", ({ state }) => state === "ready", began);
  const speed = Math.round((LARGE * LARGE_BYTES) / 1_000 / all);
  rows.push(
    row(
      `hashing ${LARGE} files of 16 MiB, cached, ${availableParallelism()} cores`,
      `${speed} MB/s`,
      `answers meanwhile: ${answers.take()}`,
    ),
  );

  await answers.stop();
  await member.stop();
  await folder.remove();
  return rows;
}

const row = (what: string, ours: string, beside: string): Row => ({ what, ours, beside });
const seconds = (ms: number) => `${(ms / 1_000).toFixed(2)} s`;

/** Files in folders of a hundred. */
function fill(root: string, files: number, content: (index: number) => Uint8Array): void {
  for (let index = 0; index < files; index++) {
    const sub = join(root, `${Math.floor(index / EACH_FOLDER)}`);
    if (index % EACH_FOLDER === 0) mkdirSync(sub, { recursive: true });
    writeFileSync(join(sub, `file ${index}`), content(index));
  }
}

async function add(member: Member, path: string): Promise<void> {
  await member.api("/api/v1/shares", { method: "POST", body: { path } });
}

async function counters(member: Member): Promise<Readonly<Record<string, number>>> {
  return (await member.api<StatusView>("/api/v1/status")).counters;
}

/** Milliseconds from `began` until a share's status is so. */
async function when(
  member: Member,
  name: string,
  holds: (share: ShareView) => boolean,
  began: number,
): Promise<number> {
  for (;;) {
    const { items } = await member.api<{ items: ShareView[] }>("/api/v1/shares");
    if (items.some((item) => item.name === name && holds(item))) return performance.now() - began;
    await sleep(LOOK);
  }
}

/** Until a folder is listed with all its files and their contents. */
async function lists(member: Member, path: string): Promise<void> {
  const query = encodeURIComponent(`Ana/${path}`);
  for (;;) {
    const response = await member.ask(`/api/v1/files?path=${query}&limit=1000`);
    const { items } = response.ok
      ? ((await response.json()) as { items: { contentId: string | null }[] })
      : { items: [] };
    if (items.length === EACH_FOLDER && items.every(({ contentId }) => contentId !== null)) return;
    await sleep(LOOK);
  }
}

/** How long a member takes to answer a plain request, all the time: never less than its event loop is late. */
class Answers {
  readonly #member: Member;
  readonly #running: Promise<void>;
  #took: number[] = [];
  #stopped = false;

  constructor(member: Member) {
    this.#member = member;
    this.#running = this.#run();
  }

  /** Since it was last asked. */
  take(): string {
    const [p50, p99] = [0.5, 0.99].map((rank) => percentile(this.#took, rank).toFixed(0));
    this.#took = [];
    return `p50 ${p50} ms, p99 ${p99} ms`;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const began = performance.now();
      await (await this.#member.ask("/healthz")).arrayBuffer();
      this.#took.push(performance.now() - began);
      await sleep(5);
    }
  }
}
