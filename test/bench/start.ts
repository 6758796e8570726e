import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { temporaryFolder } from "../support/folders.ts";
import { Member, type Program } from "../support/member.ts";
import { percentile } from "./machine.ts";
import type { Row } from "./main.ts";

const RUNS = 5;

/** Milliseconds from the command to a member that is ready and whose page answers. */
async function once(program: Program, dataDir: string): Promise<number> {
  const began = performance.now();
  const member = await Member.start(program, "127.0.0.20", dataDir, ["--group", "Bench"]);
  const response = await fetch(`${member.ready.ui}/healthz`);
  await response.text();
  const took = performance.now() - began;
  await member.stop();
  return took;
}

/** Start to page ready: the file cache emptied before the cold start, where this user may. */
export async function start(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const program of ["bundle", "binary", "deno"] as const) {
    const folder = await temporaryFolder();
    const dropped = dropCaches();
    const cold = await once(program, join(folder.path, "data"));
    const warm: number[] = [];
    for (let run = 0; run < RUNS; run++) warm.push(await once(program, join(folder.path, "data")));
    await folder.remove();
    const ours = `${Math.round(percentile(warm, 0.5))} ms warm (median of ${RUNS}), ${Math.round(cold)} ms ${dropped ? "cold" : "first"}`;
    rows.push({ what: `start to page ready, ${program}`, ours, beside: "" });
  }
  return rows;
}

function dropCaches(): boolean {
  try {
    execFileSync("sh", ["-c", "sync; echo 3 > /proc/sys/vm/drop_caches"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
