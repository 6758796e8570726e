/** `make bench [ONLY="program group"]`: measures the built program and writes its sections of docs/results.md. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { idle as idleSimulated, kills, lifeguard, spread } from "../simulation/figures.ts";
import { catalog } from "./catalog.ts";
import { hashing } from "./hashing.ts";
import { latency } from "./latency.ts";
import { machine } from "./machine.ts";
import { codec, endings, idle, loss } from "./membership.ts";
import { memory } from "./memory.ts";
import { share } from "./share.ts";
import { shareGroup } from "./share-group.ts";
import { size } from "./size.ts";
import { start } from "./start.ts";
import { trust } from "./trust.ts";

/** One row of the results: what was measured, what came out, and what it stands beside. */
export interface Row {
  readonly what: string;
  readonly ours: string;
  readonly beside: string;
  /** It must not be so: the row is written like any other, and the whole run fails. */
  readonly failed?: true;
}

type Measure = () => Row[] | Promise<Row[]>;

/** The page's sections, by the names that ONLY takes. */
const SECTIONS: Record<string, { readonly title: string; readonly measures: readonly Measure[] }> = {
  program: { title: "The program", measures: [start, memory, latency, hashing, size] },
  membership: { title: "Membership, on real sockets", measures: [codec, endings, idle, loss] },
  trust: { title: "Trust", measures: [trust] },
  share: { title: "Shares", measures: [share, shareGroup] },
  catalog: { title: "Catalog", measures: [catalog] },
  simulation: { title: "Membership, simulated", measures: [kills, lifeguard, spread, idleSimulated] },
};

const PAGE = "docs/results.md";
const INTRODUCTION = `# Results

What \`make bench\` measured last. Figures of one machine on one day: compare those of one section, which come from one run.
`;

const wanted = (process.env.ONLY ?? "").split(/[\s,]+/).filter((name) => name !== "");
const unknown = wanted.filter((name) => SECTIONS[name] === undefined);
if (unknown.length > 0) {
  throw new Error(`ONLY=${unknown.join(" ")}: no such section; there are ${Object.keys(SECTIONS).join(", ")}`);
}

const page = sections(await readFile(PAGE, "utf8").catch(() => ""));
for (const [name, { title, measures }] of Object.entries(SECTIONS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const rows: Row[] = [];
  for (const measure of measures) {
    for (const row of await measure()) {
      rows.push(row);
      if (row.failed) process.exitCode = 1;
      console.log(`${row.what}: ${row.ours}${row.beside === "" ? "" : ` (${row.beside})`}`);
    }
  }
  page.set(title, await written(title, rows));
  await save();
}

async function written(title: string, rows: readonly Row[]): Promise<string> {
  const lines = rows.map(({ what, ours, beside }) => `| ${what} | ${ours} | ${beside} |`);
  return `## ${title}

On ${await machine()}.

| what | GroupShare | beside it in the same run |
|---|---|---|
${lines.join("\n")}
`;
}

/** What the page has so far, by title. */
function sections(text: string): Map<string, string> {
  const parts = text.split(/^(?=## )/m).filter((part) => part.startsWith("## "));
  return new Map(parts.map((part) => [part.slice(3, part.indexOf("\n")), `${part.trimEnd()}\n`]));
}

async function save(): Promise<void> {
  const parts = Object.values(SECTIONS).flatMap(({ title }) => page.get(title) ?? []);
  await mkdir("docs", { recursive: true });
  await writeFile(PAGE, [INTRODUCTION, ...parts].join("\n"));
}
