/** `make bench`: measures the built program and writes docs/results.md. */
import { mkdir, writeFile } from "node:fs/promises";
import { idle as idleSimulated, kills, lifeguard, spread } from "../simulation/figures.ts";
import { hashing } from "./hashing.ts";
import { latency } from "./latency.ts";
import { machine } from "./machine.ts";
import { codec, endings, idle, loss } from "./membership.ts";
import { memory } from "./memory.ts";
import { size } from "./size.ts";
import { start } from "./start.ts";

/** One row of the results: what was measured, what came out, and what it stands beside. */
export interface Row {
  readonly what: string;
  readonly ours: string;
  readonly beside: string;
}

const rows: Row[] = [];
for (const measure of [
  start,
  memory,
  latency,
  hashing,
  size,
  codec,
  endings,
  idle,
  loss,
  kills,
  lifeguard,
  spread,
  idleSimulated,
]) {
  for (const row of await measure()) {
    rows.push(row);
    console.log(`${row.what}: ${row.ours}${row.beside === "" ? "" : ` (${row.beside})`}`);
  }
}

const lines = rows.map(({ what, ours, beside }) => `| ${what} | ${ours} | ${beside} |`);
const page = `# Results

What \`make bench\` measured last, on ${await machine()}. Figures of one machine on one day: compare those of one run.

| what | GroupShare | beside it in the same run |
|---|---|---|
${lines.join("\n")}
`;
await mkdir("docs", { recursive: true });
await writeFile("docs/results.md", page);
