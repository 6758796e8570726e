import assert from "node:assert/strict";
import {
  chmodSync,
  closeSync,
  cpSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { type TestContext, test } from "node:test";
import { hashFile, newBuffer } from "../../src/share/hash.ts";
import { until } from "../support/until.ts";
import { alone } from "./alone.ts";
import { Bench, inDeno, rootOf } from "./harness.ts";

const BEFORE = "content A";
const AFTER = "content B";

async function shared(t: TestContext) {
  const bench = await Bench.open(t);
  mkdirSync(bench.path("in"));
  const at = (path: string) => bench.path("in", path);
  for (const name of ["f", "g"]) writeFileSync(at(name), BEFORE);
  const id = await bench.add(bench.path("in"));
  await bench.state(id, "ready");
  const read = () => bench.shares.counters().filesHashed;
  const becomes = (path: string, text: string) =>
    bench.catalog.until(`"${path}" is "${text}"`, () => {
      return bench.kept(id).rows.get(path)?.root === rootOf(Buffer.from(text));
    });
  return { bench, id, at, read, becomes };
}

/** Until ctime, as this runtime tells it, is another one than of anything done so far: Deno tells whole seconds. */
async function tick(): Promise<void> {
  const now = Date.now();
  const unit = inDeno ? 1_000 : 5;
  const next = (Math.floor(now / unit) + 1) * unit + 20;
  await new Promise((resolve) => setTimeout(resolve, next - now));
}

/** Other bytes of the same size under the mtime that was there. */
function disguise(path: string, bytes: string | Uint8Array = AFTER): void {
  const { atime, mtime } = statSync(path);
  writeFileSync(path, bytes);
  utimesSync(path, atime, mtime);
}

test("other bytes under the same size and mtime are found by their ctime", async (t) => {
  const { bench, id, at, becomes } = await shared(t);
  utimesSync(at("f"), 1_700_000_000, 1_700_000_000);
  await bench.settled(id);
  await tick();
  disguise(at("f"));
  await becomes("f", AFTER);
  await bench.settled(id);
});

test("the same while nobody looks is found at the next start", async (t) => {
  const { bench, id, at, becomes } = await shared(t);
  utimesSync(at("f"), 1_700_000_000, 1_700_000_000);
  await bench.settled(id);
  await bench.shares.stop();
  await tick();
  disguise(at("f"));
  await bench.start();
  await becomes("f", AFTER);
});

test("within one second Node tells such a change; Deno, whose ctime has whole seconds, does so with the next change", async (t) => {
  const { bench, id, at, read, becomes } = await shared(t);
  utimesSync(at("f"), 1_700_000_000, 1_700_000_000);
  await bench.settled(id);
  await bench.state(id, "ready");
  const sameSecond = (): boolean => {
    const second = () => Math.floor(lstatSync(at("f")).ctimeMs / 1_000);
    chmodSync(at("f"), 0o600);
    const from = second();
    disguise(at("f"));
    return second() === from;
  };
  await tick();
  // Both are seen as one change, so that what is kept is the ctime of the second.
  let again = read() + 1;
  chmodSync(at("f"), 0o640);
  await bench.catalog.until("the chmod has it read again", () => read() >= again);
  again = read();
  if (!sameSecond()) return t.diagnostic("the second was over before the change was made");
  if (!inDeno) return becomes("f", AFTER);
  if (Math.floor(lstatSync(at("f")).ctimeMs / 1_000) !== Math.floor(Date.now() / 1_000)) return;
  writeFileSync(at("marker"), "seen after it");
  await bench.catalog.until("what came later is listed", () => bench.kept(id).rows.has("marker"));
  await tick();
  chmodSync(at("f"), 0o644);
  await becomes("f", AFTER);
});

test("any other mtime, older or newer or before 1970, has the file told and read again", async (t) => {
  const { bench, id, at, read } = await shared(t);
  for (const time of [1_000, 1_600_000_000_123, 4_000_000_000_000, -86_400_000].map((ms) => new Date(ms))) {
    const before = read();
    utimesSync(at("f"), time, time);
    await bench.catalog.until(`the mtime is ${time}`, () => {
      return bench.kept(id).rows.get("f")?.mtime === Number(lstatSync(at("f"), { bigint: true }).mtimeMs);
    });
    await bench.settled(id);
    await bench.catalog.until("it was read once", () => read() === before + 1);
  }
  assert.equal(bench.kept(id).rows.get("f")?.mtime, -86_400_000);
});

test("a file put in another's place with its size and mtime is not taken for it", async (t) => {
  const { bench, id, at, becomes } = await shared(t);
  await tick();
  cpSync(at("f"), bench.path("copy"), { preserveTimestamps: true });
  disguise(bench.path("copy"));
  renameSync(bench.path("copy"), at("f"));
  await becomes("f", AFTER);
  // Two files of one size and mtime that swap their names: each content goes with its inode.
  utimesSync(at("f"), 1_700_000_000, 1_700_000_000);
  utimesSync(at("g"), 1_700_000_000, 1_700_000_000);
  await bench.settled(id);
  await tick();
  renameSync(at("f"), at("tmp"));
  renameSync(at("g"), at("f"));
  renameSync(at("tmp"), at("g"));
  await becomes("f", BEFORE);
  await becomes("g", AFTER);
  await bench.settled(id);
});

test("an inode number that is used again at once does not give a new file the old one's content", async (t) => {
  const { bench, id, at } = await shared(t);
  for (let round = 0; round < 10; round++) {
    rmSync(at("f"));
    writeFileSync(at("f"), `round ${round} `);
    utimesSync(at("f"), 1_700_000_000, 1_700_000_000);
    await bench.settled(id);
    if (inDeno && round === 2) return;
    await tick();
  }
});

test("a content that was read before other bytes came under the same size and mtime is not told, and the file is read again", async (t) => {
  const size = 2 << 20;
  const { root, scanner, next, of } = await alone(t, (at) => {
    writeFileSync(`${at}/f`, new Uint8Array(size));
    utimesSync(`${at}/f`, 1_700_000_000, 1_700_000_000);
  });
  const item = await next();
  const late = await hashFile(item, newBuffer());
  await until("the file is told", () => of("f").length > 0);
  await tick();
  const told = of("f").length;
  disguise(`${root}/f`, new Uint8Array(size).fill(7));
  await until("the change is seen", () => of("f").length > told);
  scanner.hashed(late);
  const again = await next();
  assert.notEqual(again.ctime, item.ctime);
  scanner.hashed(late);
  scanner.hashed(await hashFile(again, newBuffer()));
  await until("its content is told", () => of("f")[0]?.root != null);
  assert.deepEqual(new Set(of("f").map((one) => one.root)), new Set([null, rootOf(new Uint8Array(size).fill(7))]));
});

test("a file that gets other bytes while it is read, and its mtime back, has changed", async (t) => {
  const size = 33 << 20;
  const { root, next } = await alone(t, (at) => {
    writeFileSync(`${at}/f`, "");
    truncateSync(`${at}/f`, size);
    utimesSync(`${at}/f`, 1_700_000_000, 1_700_000_000);
  });
  await tick();
  const item = await next();
  const read = (between?: () => Promise<void>) => hashFile(item, newBuffer(), between);
  assert.equal((await read()).outcome.kind, "hashed");
  const { outcome } = await read(async () => {
    const file = openSync(`${root}/f`, "r+");
    writeSync(file, "other");
    closeSync(file);
    utimesSync(`${root}/f`, 1_700_000_000, 1_700_000_000);
  });
  assert.equal(outcome.kind, "changed");
});
