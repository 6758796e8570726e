import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { FileView } from "../../src/app/mod.ts";
import { temporaryFolder } from "../support/folders.ts";
import { Member } from "../support/member.ts";
import { until } from "../support/until.ts";
import { percentile } from "./machine.ts";
import type { Row } from "./main.ts";

const CHANGES = 50;
/** Longer than any pause between announcements, so that every change is a first one. */
const PAUSE_MS = 600;

/** Milliseconds from a file being written on one member to its being listed by the two others, with its content. */
export async function latency(): Promise<Row[]> {
  const folder = await temporaryFolder();
  const shared = join(folder.path, "shared");
  await mkdir(shared);
  const args = (name: string) => ["--name", name];
  const origin = await Member.start("bundle", "127.0.0.21", join(folder.path, "a"), [
    ...args("Ana"),
    "--group",
    "Bench",
    "--share",
    shared,
  ]);
  const invite = (await origin.cli("invite")).trim();
  const others: Member[] = [];
  for (const [index, name] of ["Bob", "Cleo"].entries()) {
    others.push(
      await Member.start("bundle", `127.0.0.${22 + index}`, join(folder.path, name), [
        ...args(name),
        "--invite",
        invite,
      ]),
    );
  }
  const lists = async (viewer: Member, name: string) => {
    const { items } = await viewer.api<{ items: FileView[] }>("/api/v1/files?path=Ana%2Fshared");
    return items.some((item) => item.name === name && item.contentId !== null);
  };
  for (const viewer of others) await until("the share is listed", async () => (await lists(viewer, "")) || true);
  const took: number[] = [];
  for (let change = 0; change < CHANGES; change++) {
    await sleep(PAUSE_MS);
    const name = `change ${change}.txt`;
    const began = performance.now();
    await writeFile(join(shared, name), `change ${change}\n`);
    await Promise.all(others.map((viewer) => until(`${name} is listed`, () => lists(viewer, name))));
    took.push(performance.now() - began);
  }
  for (const member of [origin, ...others]) await member.stop();
  await folder.remove();
  const [p50, p95] = [0.5, 0.95].map((share) => Math.round(percentile(took, share)));
  return [
    {
      what: `change visible on all of 3 members, ${CHANGES} changes`,
      ours: `p50 ${p50} ms, p95 ${p95} ms`,
      beside: "",
    },
  ];
}
