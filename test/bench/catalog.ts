import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { file, Member, newIdentity, SHARE } from "../catalog/support.ts";
import { temporaryFolder } from "../support/folders.ts";
import { until } from "../support/until.ts";
import type { Figures } from "./catalog-child.ts";
import { makeList, synthetic } from "./catalog-lists.ts";
import type { Row } from "./main.ts";

const run = promisify(execFile);
const MEMBERS = 20;

/** Searches, images and memory at 100 000 and 1 000 000 entries, and how fast a list comes to others. */
export async function catalog(): Promise<Row[]> {
  return [...(await stored(100_000)), ...(await stored(1_000_000)), ...(await exchanged(100_000))];
}

async function stored(entries: number): Promise<Row[]> {
  const folder = await temporaryFolder();
  const lists: { id: string; epoch: string; sequence: number }[] = [];
  for (let seed = 1; seed <= MEMBERS; seed++) {
    const { id, epoch, sequence } = await makeList(folder.path, entries / MEMBERS, seed);
    lists.push({ id, epoch, sequence });
  }
  const key = newIdentity().privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const child = async (which: string): Promise<string> => {
    const args = ["--no-maglev-osr", "test/bench/catalog-child.ts", folder.path, which, key];
    return (await run(process.execPath, args)).stdout;
  };
  // Once from the journals alone, so that what is measured starts as a member does that ran before.
  await child("[]");
  const stdout = await child(JSON.stringify(lists));
  await folder.remove();
  const figures = JSON.parse(stdout) as Figures;
  const searches = figures.searches.toSorted((a, b) => a - b);
  const p95 = searches[Math.floor(searches.length * 0.95)] ?? 0;
  const at = `${entries.toLocaleString("en").replaceAll(",", " ")} entries of ${MEMBERS} members`;
  const ms = (value: number): string => `${Math.round(value)} ms`;
  return [
    {
      what: `search, first page, p50 / p95, ${at}`,
      ours: `${ms(searches[searches.length >> 1] ?? 0)} / ${ms(p95)}`,
      beside: "FTS4: prefix 116, broad word 247 to 325; LIKE 320",
    },
    { what: `merged folder of all members, first 200, ${at}`, ours: ms(figures.mergedList), beside: "" },
    {
      what: `index image written / longest wait of a question meanwhile, ${at}`,
      ours: `${ms(figures.image)} / ${ms(figures.waited)}`,
      beside: "",
    },
    {
      what: `start from the image / until searched, ${at}`,
      ours: `${ms(figures.started)} / ${ms(figures.filled)}`,
      beside: "",
    },
    { what: `resident memory of the catalog's process, ${at}`, ours: `${figures.resident} MiB`, beside: "" },
  ];
}

/** Two members on real sockets: a first listing, and one change after another. */
async function exchanged(entries: number): Promise<Row[]> {
  const folders = [await temporaryFolder(), await temporaryFolder()];
  const roads = new Map<string, string>();
  const [origin, other] = folders.map(({ path }) => new Member(path, roads));
  if (origin === undefined || other === undefined) return [];
  for (const member of [origin, other]) await (await member.start()).listen();
  const arrived = (): Promise<true> =>
    until(
      "the other has it all",
      () => other.catalog.standing(origin.id)?.sequence === origin.catalog.own.sequence,
      120_000,
    );
  const changes = synthetic(SHARE, "Photos", entries, 1);
  origin.catalog.on("own", () => other.meet(origin));
  const begun = performance.now();
  for (let at = 0; at < changes.length; at += 2_000) await origin.catalog.commit(changes.slice(at, at + 2_000));
  const committed = performance.now() - begun;
  await arrived();
  const listed = performance.now() - begun;
  const times: number[] = [];
  for (let i = 0; i < 50; i++) {
    const at = performance.now();
    await origin.catalog.commit([file(`new ${i}`)]);
    await arrived();
    times.push(performance.now() - at);
  }
  times.sort((a, b) => a - b);
  const bytes = origin.catalog.counters().bytesServed ?? 0;
  for (const member of [origin, other]) await member.stop();
  for (const folder of folders) await folder.remove();
  const rate = Math.round(entries / (listed / 1_000));
  return [
    {
      what: `first listing of ${entries} entries: committed / visible on another member`,
      ours: `${(committed / 1_000).toFixed(1)} s / ${(listed / 1_000).toFixed(1)} s (${rate} entries/s, ${(bytes / 1e6).toFixed(1)} MB before compression)`,
      beside: "",
    },
    {
      what: "one more entry, committed to visible on another, without gossip, p50 / p95",
      ours: `${(times[25] ?? 0).toFixed(0)} ms / ${(times[47] ?? 0).toFixed(0)} ms`,
      beside: "",
    },
  ];
}
