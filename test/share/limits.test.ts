import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { lacks } from "../support/need.ts";
import { Bench, inDeno } from "./harness.ts";

const run = promisify(execFile);
const NOBODY = 65_534;
const SCRIPT = fileURLToPath(new URL("./under-limits.ts", import.meta.url));
const command = inDeno
  ? [process.execPath, "run", "-A", "--no-check", SCRIPT]
  : [process.execPath, "--no-maglev-osr", "--import", "tsx", SCRIPT];

interface Told {
  readonly error: string | null;
  readonly files: number;
  readonly skipped: number;
}

function folder(t: TestContext, fill: (at: string) => void): string {
  const at = mkdtempSync(join(tmpdir(), "limits-"));
  t.after(() => rmSync(at, { recursive: true, force: true }));
  mkdirSync(join(at, "in"));
  fill(join(at, "in"));
  return join(at, "in");
}

test("where no more folders can be watched, the share says so and finds changes by looking again", {
  skip: lacks("unshare"),
}, async (t) => {
  const at = folder(t, (root) => {
    for (let i = 0; i < 30; i++) {
      mkdirSync(`${root}/${i}`);
      writeFileSync(`${root}/${i}/f`, "x");
    }
  });
  const limited = 'echo 10 > /proc/sys/user/max_inotify_watches && exec "$@"';
  const asRoot = ["--user", "--map-root-user", "sh", "-c"];
  const able = await run("unshare", [...asRoot, limited, "sh", "true"]).catch(() => null);
  if (able === null) return t.skip("this user may not make a namespace with a limit of its own");
  const { stdout } = await run("unshare", [...asRoot, limited, "sh", ...command, at, "29/new"]);
  const told = JSON.parse(stdout) as Told;
  assert.match(told.error ?? "", /changes show late: the system's limit of watched folders is reached/);
  assert.equal(told.files, 31);
});

test("folders and files that may not be read are counted and told, and the rest is shared", async (t) => {
  const root = process.getuid?.() === 0;
  const at = folder(t, (inside) => {
    for (const name of ["open", "closed"]) {
      mkdirSync(`${inside}/${name}`);
      writeFileSync(`${inside}/${name}/f`, "x");
    }
    writeFileSync(`${inside}/unreadable`, "x");
    if (root)
      for (const path of ["/..", "", ...readdirSync(inside).map((name) => `/${name}`)])
        chownSync(inside + path, NOBODY, NOBODY);
    chmodSync(`${inside}/closed`, 0);
    chmodSync(`${inside}/unreadable`, 0);
  });
  const as = root ? { uid: NOBODY, gid: NOBODY, env: { ...process.env, HOME: at } } : {};
  // Deno throws at once where it may not start a program.
  const started = async () => run(command[0] as string, [...command.slice(1), at, "open/new"], as);
  const told = await started().then(
    ({ stdout }) => JSON.parse(stdout) as Told,
    (thrown: Error) => thrown,
  );
  if (told instanceof Error && root && /EACCES|EPERM|Cannot find module|denied/i.test(told.message)) {
    return t.skip("another user may not read this program");
  }
  if (told instanceof Error) throw told;
  assert.match(told.error ?? "", /1 files cannot be read: .*EACCES|permission denied/i);
  assert.deepEqual([told.files, told.skipped], [3, 1]);
});

test("thousands of files that are moved with their folder keep their contents, and none is read", async (t) => {
  const bench = await Bench.open(t);
  for (let sub = 0; sub < 40; sub++) {
    mkdirSync(bench.path(`in/old/${sub}`), { recursive: true });
    for (let i = 0; i < 100; i++) writeFileSync(bench.path(`in/old/${sub}/${i}`), `${sub} ${i}`);
  }
  mkdirSync(bench.path("in/far/away"), { recursive: true });
  const id = await bench.add(bench.path("in"));
  await bench.state(id, "ready");
  const read = bench.shares.counters().filesHashed;
  const moves = ["in/renamed", "in/far/away/moved"];
  let from = "in/old";
  for (const to of moves) {
    const told = bench.catalog.changes.length;
    renameSync(bench.path(from), bench.path(to));
    const last = `${to.slice(3)}/39/99`;
    await bench.catalog.until("it is told where it is now", () => bench.kept(id).rows.has(last));
    await bench.settled(id);
    const files = bench.catalog.changes.slice(told).filter(({ change }) => change.kind === "file");
    assert.equal(files.length, 4_000, "each once, and at once with its content");
    from = to;
  }
  assert.equal(bench.shares.counters().filesHashed, read);
});
