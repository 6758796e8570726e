import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { StatusView } from "../../src/app/mod.ts";
import { temporaryFolder } from "../support/folders.ts";
import { Member } from "../support/member.ts";
import { until } from "../support/until.ts";
import type { Row } from "./main.ts";

const FILES = 1_000;
const IDLE_MS = 10_000;

/** Resident memory of a member that shares 1 000 files and has had nothing to do for ten seconds. */
export async function memory(): Promise<Row[]> {
  const folder = await temporaryFolder();
  const shared = join(folder.path, "shared");
  await mkdir(shared);
  for (let file = 0; file < FILES; file++)
    await writeFile(join(shared, `file ${file}.txt`), `file ${file}\n`.repeat(100));
  const member = await Member.start("bundle", "127.0.0.20", join(folder.path, "data"), [
    "--group",
    "Bench",
    "--share",
    shared,
  ]);
  await until(
    "all is hashed",
    async () => (await member.api<StatusView>("/api/v1/status")).shares[0]?.hashed === FILES,
    60_000,
  );
  await sleep(IDLE_MS);
  const status = await readFile(`/proc/${member.pid}/status`, "utf8");
  const kilobytes = Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]);
  await member.stop();
  await folder.remove();
  return [
    { what: `resident memory, idle, ${FILES} files shared`, ours: `${Math.round(kilobytes / 1024)} MiB`, beside: "" },
  ];
}
