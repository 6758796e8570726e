import { mkdirSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ShareView, StatusView } from "../../src/app/mod.ts";
import {
  type Delays,
  delaysSince,
  delayWithin,
  EACH_FOLDER,
  filesIn,
  fillFolders,
  folderOf,
  listsContents,
  pageOf,
  readDelays,
  residentMemory,
  suspicions,
  Visitors,
} from "../support/busy-group.ts";
import { temporaryFolder } from "../support/folders.ts";
import { Member } from "../support/member.ts";
import { until } from "../support/until.ts";
import { percentile } from "./machine.ts";
import type { Row } from "./main.ts";

const MANY = 100_000;
const CREATED = 10_000;
const CHANGES = 50;
/** Longer than any pause between announcements, so that every change is a first one. */
const PAUSE = 600;
/** What takes longer has failed, in milliseconds. */
const PATIENCE = 300_000;
/** After which a member has nothing more to do, in milliseconds. */
const IDLE = 30_000;

/** Three members and 100 000 files: when the others see what one does, and how all answer throughout. */
export async function shareGroup(): Promise<Row[]> {
  const folder = await temporaryFolder();
  const shared = join(folder.path, "many");
  fillFolders(shared, MANY);
  const members = await threeMembers(folder.path);
  const [origin, ...others] = members as [Member, ...Member[]];
  const phases = new Phases(members, new Visitors(members, "Ana/many", MANY));
  const rows: Row[] = [];

  let began = performance.now();
  await origin.api("/api/v1/shares", { method: "POST", body: { path: shared } });
  const listed = others.map(async (viewer) => {
    await awaited("all files are listed", async () => (await filesIn(viewer, "Ana", "many")) === MANY);
    return performance.now() - began;
  });
  const visible = Math.max(...(await Promise.all(listed)));
  rows.push(
    row(`first listing of ${MANY} files, to visible on the two other members`, seconds(visible), await phases.end()),
  );

  await awaited("all is hashed", async () => (await shareOf(origin, "many"))?.state === "ready");
  const hashed = performance.now() - began;
  await awaited("all is known", () => haveAll(origin, others));
  const known = performance.now() - began;
  rows.push(
    row(
      `contents of ${MANY} files, shared to hashed / to known to the two others`,
      `${seconds(hashed)} / ${seconds(known)}`,
      await phases.end(),
    ),
  );
  await awaited("all have written their image", async () => (await leastOf(members, "imagesSaved")) > 0);
  rows.push(row(`while each writes its image of ${MANY} entries`, await phases.end(), ""));
  for (const viewer of others) await listsAll(viewer, "Ana/many", MANY);
  await phases.end();

  const took: number[] = [];
  for (let change = 0; change < CHANGES; change++) {
    await sleep(PAUSE);
    const name = `change ${change}.txt`;
    began = performance.now();
    await writeFile(join(shared, name), `change ${change}\n`);
    const seen = async (viewer: Member) =>
      (await pageOf(viewer, "Ana/many"))?.items.some((item) => item.name === name && item.contentId !== null) === true;
    await Promise.all(others.map((viewer) => awaited(`${name} is listed`, () => seen(viewer))));
    took.push(performance.now() - began);
  }
  rows.push(
    row(
      `change visible on all of 3 members beside ${MANY} files, ${CHANGES} changes`,
      ranks(took, 0.5, 0.95),
      await phases.end(),
    ),
  );

  began = performance.now();
  const created = join(shared, "created");
  mkdirSync(created);
  for (let sub = 0; sub < CREATED / EACH_FOLDER; sub++) mkdirSync(join(created, `album ${sub}`));
  for (let index = 0; index < CREATED; index++) {
    writeFileSync(join(created, folderOf(index), `file ${index}`), Buffer.alloc(4_096, `${index} `));
    // Requests go on meanwhile.
    if (index % 100 === 0) await sleep(0);
  }
  const making = performance.now() - began;
  await Promise.all(others.map((viewer) => listsAll(viewer, "Ana/many/created", CREATED)));
  rows.push(
    row(
      `${CREATED} files of 4 KiB beside them, created to listed everywhere with contents`,
      seconds(performance.now() - began),
      `creating them took ${seconds(making)}; ${await phases.end()}`,
    ),
  );

  await phases.close();
  await sleep(IDLE);
  rows.push(
    row(
      `resident memory of each, idle, ${MANY + CREATED} files of one of them`,
      await memory(members, "now"),
      `at its most ${await memory(members, "most")}`,
    ),
  );
  const suspected = await suspicions(members);
  const wrong = suspected.length === 0 ? {} : { failed: true as const };
  rows.push({ ...row("members suspected in all this", suspected.join(", ") || "none", ""), ...wrong });
  for (const member of members) await member.stop();
  await folder.remove();
  return rows;
}

const row = (what: string, ours: string, beside: string): Row => ({ what, ours, beside });
const seconds = (ms: number) => `${(ms / 1_000).toFixed(2)} s`;
const awaited = (what: string, holds: () => Promise<boolean>) => until(what, holds, PATIENCE);

function ranks(times: readonly number[], ...parts: number[]): string {
  return parts.map((part) => `p${Math.round(part * 100)} ${percentile(times, part).toFixed(0)} ms`).join(", ");
}

async function threeMembers(dir: string): Promise<Member[]> {
  const start = (at: number, name: string, ...args: string[]) =>
    Member.start("bundle", `127.0.0.${25 + at}`, join(dir, `data ${name}`), ["--name", name, ...args]);
  const first = await start(0, "Ana", "--group", "Bench");
  const invite = (await first.cli("invite")).trim();
  return [first, await start(1, "Bob", "--invite", invite), await start(2, "Cleo", "--invite", invite)];
}

async function shareOf(member: Member, name: string): Promise<ShareView | undefined> {
  return (await member.api<StatusView>("/api/v1/status")).shares.find((share) => share.name === name);
}

async function leastOf(members: readonly Member[], counter: string): Promise<number> {
  const all = await Promise.all(members.map((member) => member.api<StatusView>("/api/v1/status")));
  return Math.min(...all.map(({ counters }) => counters[counter] ?? 0));
}

/** Whether the others have had every change of the first one's list. */
async function haveAll(origin: Member, others: readonly Member[]): Promise<boolean> {
  const { counters } = await origin.api<StatusView>("/api/v1/status");
  return (await leastOf(others, "entriesReceived")) >= (counters.changesCommitted ?? Number.POSITIVE_INFINITY);
}

/** Until every folder's files are listed with their contents. */
async function listsAll(viewer: Member, path: string, files: number): Promise<void> {
  for (let index = 0; index < files; index += EACH_FOLDER) {
    const at = `${path}/${folderOf(index)}`;
    await awaited(`${at} is listed with its contents`, () => listsContents(viewer, at, EACH_FOLDER));
  }
}

async function memory(members: readonly Member[], which: "now" | "most"): Promise<string> {
  const all = await Promise.all(members.map(residentMemory));
  return `${all.map((one) => one[which]).join(", ")} MiB`;
}

/** How members answered, and how late their event loops were, from one phase's end to the next. */
class Phases {
  readonly #members: readonly Member[];
  readonly #visitors: Visitors;
  #before: Promise<Delays[]>;

  constructor(members: readonly Member[], visitors: Visitors) {
    this.#members = members;
    this.#visitors = visitors;
    this.#before = this.#read();
  }

  async end(): Promise<string> {
    const now = await this.#read();
    const before = await this.#before;
    this.#before = Promise.resolve(now);
    const since = now.map((delays, at) => delaysSince(before[at] ?? delays, delays));
    const within = (part: number) => since.map((delays) => delayWithin(delays, part)).join(", ");
    const { folder, search, health } = this.#visitors.take();
    const asked = [
      `folder ${ranks(folder, 0.5, 0.99)}`,
      `search ${ranks(search, 0.5, 0.99)}`,
      `plain ${ranks(health, 0.5, 0.99)}`,
    ];
    return `event loops within ${within(0.99)} ms (p99), ${within(1)} ms (max); ${asked.join("; ")}`;
  }

  async close(): Promise<void> {
    await this.#visitors.stop();
    if (this.#visitors.failure !== null) throw this.#visitors.failure;
  }

  #read(): Promise<Delays[]> {
    return Promise.all(this.#members.map(readDelays));
  }
}
