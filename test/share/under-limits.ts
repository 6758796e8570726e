/** Shares a folder in a process of its own, adds a file deep in it, and prints as JSON what is told of it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { Bench } from "./harness.ts";

const [folder = "", deep = ""] = process.argv.slice(2);
const closing: (() => Promise<void>)[] = [];
const t = { after: (close: () => Promise<void>) => closing.push(close) } as unknown as TestContext;
const bench = await Bench.open(t, { timing: { rescan: 300 } });
const id = await bench.add(folder);
await bench.state(id, "ready");
const { error } = bench.status(id);
writeFileSync(join(folder, deep), "late");
await bench.catalog.until("a change below is found", () => bench.kept(id).rows.has(deep));
await bench.state(id, "ready");
console.log(JSON.stringify({ error, ...bench.shares.counters(), files: bench.status(id).files }));
for (const close of closing) await close();
process.exit(0);
