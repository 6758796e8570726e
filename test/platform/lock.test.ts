import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { type Lock, takeLock, whoRuns } from "../../src/platform/lock.ts";
import { temporaryFolder } from "../support/folders.ts";
import { until } from "../support/until.ts";

const me = { pid: process.pid, ui: "http://127.0.0.1:1" };

async function taken(dataDir: string): Promise<Lock> {
  const lock = await takeLock(dataDir);
  assert.ok(!("pid" in lock), "nobody else has it");
  return lock;
}

for (const [what, below] of [
  ["a data directory", "data"],
  ["one whose path is longer than a socket's can be", "deep/".repeat(30)],
] as const) {
  test(`${what} is held once, told of, and free again after its release`, async () => {
    const folder = await temporaryFolder();
    const dataDir = join(folder.path, below);
    await mkdir(dataDir, { recursive: true });
    assert.equal(await whoRuns(dataDir), null);
    const lock = await taken(dataDir);
    await lock.tell(me);
    assert.deepEqual(await takeLock(dataDir), me);
    assert.deepEqual(await whoRuns(dataDir), me);
    await lock.release();
    assert.equal(await whoRuns(dataDir), null);
    await (await taken(dataDir)).release();
    await folder.remove();
  });
}

test("of many that start at once, just one gets it, also where a dead one left its socket", async () => {
  const folder = await temporaryFolder();
  for (let round = 0; round < 5; round++) {
    const code = `require("node:net").createServer().listen(${JSON.stringify(join(folder.path, "lock.sock"))}, () => console.log("up"))`;
    const dead = spawn(process.execPath, ["Deno" in globalThis ? "eval" : "-e", code], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(dead.stdout, "data");
    dead.kill("SIGKILL");
    await once(dead, "exit");
    const results = await Promise.all(Array.from({ length: 8 }, () => takeLock(folder.path)));
    const locks = results.filter((result): result is Lock => !("pid" in result));
    assert.equal(locks.length, 1);
    await locks[0]?.release();
  }
  await folder.remove();
});

test("who only holds on to the socket keeps nobody from ending", async () => {
  const folder = await temporaryFolder();
  const lock = await taken(folder.path);
  const holder = connect(join(folder.path, "lock.sock"));
  await once(holder, "connect");
  holder.on("error", () => undefined);
  await until("it is released", async () => {
    await lock.release();
    return true;
  });
  await folder.remove();
});
