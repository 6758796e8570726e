import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type ErrorCode, GroupShareError } from "../../src/shared/errors.ts";
import { Bench } from "./harness.ts";

async function fails(code: ErrorCode, words: RegExp, act: () => Promise<unknown>): Promise<void> {
  await assert.rejects(act, (thrown: unknown) => {
    assert.ok(thrown instanceof GroupShareError, String(thrown));
    assert.equal(thrown.code, code, thrown.message);
    assert.match(thrown.message, words);
    return true;
  });
}

async function shared(
  t: TestContext,
  fill: (at: string) => void,
): Promise<{ bench: Bench; id: string; at: (path: string) => string }> {
  const bench = await Bench.open(t);
  mkdirSync(bench.path("in"));
  fill(bench.path("in"));
  const id = await bench.add(bench.path("in"));
  await bench.state(id, "ready");
  return { bench, id, at: (path) => bench.path("in", path) };
}

test("folders that are none, twice the same, nested, or under a taken name are each answered in words", async (t) => {
  const bench = await Bench.open(t);
  mkdirSync(bench.path("in/sub"), { recursive: true });
  mkdirSync(bench.path("more/in"), { recursive: true });
  writeFileSync(bench.path("file"), "x");
  const id = await bench.add(bench.path("in"));
  assert.equal(await bench.add(bench.path("in/../in/")), id);
  symlinkSync(bench.path("in"), bench.path("link"));
  assert.equal(await bench.add(bench.path("link")), id);
  await fails("not-found", /no such folder/, () => bench.add(bench.path("nothing")));
  await fails("invalid", /not a folder/, () => bench.add(bench.path("file")));
  await fails("invalid", /slash/, () => bench.add(bench.path("more"), "a/b"));
  await fails("conflict", /overlaps/, () => bench.add(bench.path("in/sub")));
  await fails("conflict", /overlaps/, () => bench.add(bench.dir));
  await fails("conflict", /taken/, () => bench.add(bench.path("more/in"), "in"));
  const other = await bench.add(bench.path("more/in"));
  assert.equal(bench.status(other).name, "in 2");
  assert.deepEqual([bench.status(id).name, bench.status(id).path], ["in", bench.path("in")]);
});

test("a share that is removed is told as no more, and stays away after a restart", async (t) => {
  const { bench, id } = await shared(t, (at) => writeFileSync(`${at}/f`, "x"));
  mkdirSync(bench.path("fixed"));
  const fixed = await bench.add(bench.path("fixed"), null, true);
  await fails("conflict", /flag/, () => bench.shares.remove(fixed));
  await fails("not-found", /no such share/, () => bench.shares.remove("0123456789abcdef"));
  await bench.shares.remove(id);
  assert.equal(bench.catalog.shares.has(id), false);
  await fails("not-found", /no such share/, () => bench.shares.openFile(id, "f"));
  writeFileSync(bench.path("in/g"), "nobody looks");
  await bench.shares.stop();
  await bench.start();
  assert.deepEqual(bench.shares.list(), []);
  assert.equal(bench.catalog.shares.has(id), false);
});

test("default ignores, special files and links out are not listed; links to files inside are files", async (t) => {
  const { bench, id, at } = await shared(t, (root) => {
    mkdirSync(`${root}/.git/objects`, { recursive: true });
    mkdirSync(`${root}/sub/node_modules/x`, { recursive: true });
    writeFileSync(`${root}/.git/config`, "secret");
    writeFileSync(`${root}/sub/node_modules/x/y`, "x");
    writeFileSync(`${root}/film.groupshare-part`, "half");
    writeFileSync(`${root}/sub/real`, "real");
    writeFileSync(`${root}/../outside`, "outside");
    symlinkSync("sub/real", `${root}/inside`);
    symlinkSync("../outside", `${root}/out`);
    symlinkSync(".git/config", `${root}/ignored`);
    symlinkSync("sub", `${root}/folder`);
    symlinkSync("nowhere", `${root}/broken`);
    symlinkSync("loop", `${root}/loop`);
    execFileSync("mkfifo", [`${root}/fifo`]);
    linkSync(`${root}/sub/real`, `${root}/hard`);
  });
  const tree = bench.kept(id).tree();
  assert.deepEqual(Object.keys(tree), ["hard", "inside", "sub/", "sub/real"]);
  assert.equal(new Set([tree.hard, tree.inside, tree["sub/real"]]).size, 1);
  assert.equal(bench.shares.counters().skipped, 6);
  writeFileSync(at("sub/real"), "changed behind the link");
  await bench.catalog.until("the link's content follows", () => {
    const now = bench.kept(id).tree();
    return now.inside === now["sub/real"] && now.inside !== tree.inside;
  });
  rmSync(at("sub/real"));
  await bench.catalog.until("the link leads nowhere", () => Object.keys(bench.kept(id).tree()).join() === "hard,sub/");
});

test("names that are not UTF-8 are counted for their share, not listed; odd ones are exact", async (t) => {
  const odd = ["Q: who.txt", "a\\b", "new\nline", "é", "e\u0301", "\ufffd", "日本語 🦊", "-", "%2e%2e"];
  const { bench, id, at } = await shared(t, (root) => {
    execFileSync(
      "sh",
      ["-c", "touch \"$(printf 'bad\\377name')\"; mkdir \"$(printf 'dir\\376')\"; touch \"$(printf 'dir\\376')/f\""],
      { cwd: root },
    );
    for (const name of odd) writeFileSync(`${root}/${name}`, name);
    mkdirSync(`${root}/../beside`);
    symlinkSync("/etc/passwd", `${root}/../beside/out`);
  });
  assert.deepEqual(Object.keys(bench.kept(id).tree()).sort(), [...odd].sort());
  assert.equal(bench.shares.counters().skipped, 2);
  assert.equal(bench.status(id).skipped, 2);
  const other = await bench.add(bench.path("beside"));
  await bench.state(other, "ready");
  execFileSync(
    "sh",
    ["-c", "rm \"$(printf 'bad\\377name')\"; touch \"$(printf 'other\\377')\" \"$(printf 'third\\377')\""],
    { cwd: at("") },
  );
  writeFileSync(at("last"), "x");
  await bench.catalog.until("the count follows", () => bench.status(id).skipped === 3);
  assert.deepEqual([bench.status(other).skipped, bench.shares.counters().skipped], [1, 4], "each share has its own");
  for (const name of odd) {
    const opened = await bench.shares.openFile(id, name);
    assert.equal((await opened.handle.readFile()).toString(), name);
    await opened.handle.close();
  }
});

test("where this program keeps its own state is never offered, whatever is shared", async (t) => {
  const bench = await Bench.open(t);
  writeFileSync(bench.path("f"), "x");
  mkdirSync(bench.path("state"), { recursive: true });
  writeFileSync(bench.path("state", "api-token"), "secret");
  const id = await bench.add(bench.dir);
  await bench.state(id, "ready");
  assert.deepEqual(Object.keys(bench.kept(id).tree()), ["f"]);
  writeFileSync(bench.path("state", "later"), "secret");
  writeFileSync(bench.path("g"), "x");
  await bench.catalog.until("g is listed", () => bench.kept(id).rows.has("g"));
  assert.equal(bench.kept(id).rows.has("state/later"), false);
  await fails("not-found", /no such file/, () => bench.shares.openFile(id, "state/api-token"));
  symlinkSync("state/api-token", bench.path("link"));
  await fails("denied", /leads out/, () => bench.shares.openFile(id, "link"));
  mkdirSync(bench.path("state/catalog"), { recursive: true });
  symlinkSync(bench.path("state/catalog"), bench.path("way"));
  for (const path of ["state", "state/catalog", "way"]) {
    await fails("denied", /own secrets/, () => bench.add(bench.path(path)));
  }
});

test("a name that begins as drives do elsewhere is one as all others: opened, withheld, and seen to overlap", async (t) => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "share-")));
  t.after(() => rmSync(root, { recursive: true }));
  const bench = await Bench.open(t, { stateFile: join(root, "D: data", "shares.json") });
  for (const folder of ["C:drive", "D: data"]) mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, "C:drive", "f"), "inside");
  writeFileSync(join(root, "D: data", "api-token"), "secret");
  symlinkSync("C:drive/f", join(root, "E:"));
  const id = await bench.add(root);
  await bench.state(id, "ready");
  assert.deepEqual(Object.keys(bench.kept(id).tree()), ["C:drive/", "C:drive/f", "E:"]);
  for (const path of ["C:drive/f", "E:"]) {
    const { handle } = await bench.shares.openFile(id, path);
    assert.equal((await handle.readFile()).toString(), "inside");
    await handle.close();
  }
  await fails("not-found", /no such file/, () => bench.shares.openFile(id, "D: data/api-token"));
  await fails("denied", /own secrets/, () => bench.add(join(root, "D: data")));
  await fails("conflict", /overlaps/, () => bench.add(join(root, "C:drive")));
});

test("what the system shows of itself as files is not shared, wherever it is mounted", {
  skip: process.platform !== "linux",
}, async (t) => {
  const bench = await Bench.open(t);
  for (const path of ["/proc", "/proc/self/fd", "/sys/kernel", "/dev", "/dev/pts"]) {
    if (existsSync(path)) await fails("denied", /the system itself/, () => bench.add(path));
  }
  const elsewhere = bench.path("proc");
  mkdirSync(elsewhere);
  try {
    execFileSync("mount", ["-t", "proc", "groupshare-test", elsewhere], { stdio: "pipe" });
  } catch {
    return t.diagnostic("mounting another /proc takes root");
  }
  try {
    await fails("denied", /the system itself/, () => bench.add(elsewhere));
  } finally {
    execFileSync("umount", [elsewhere]);
  }
});

test("opening a file proves that it is inside the share, also while links are swapped", async (t) => {
  const { bench, id, at } = await shared(t, (root) => {
    mkdirSync(`${root}/.git`);
    mkdirSync(`${root}/sub`);
    writeFileSync(`${root}/.git/config`, "secret");
    writeFileSync(`${root}/sub/f`, "inside");
    mkdirSync(`${root}/../evil`);
    writeFileSync(`${root}/../evil/f`, "outside");
    symlinkSync("../evil/f", `${root}/out`);
    symlinkSync("../evil", `${root}/way`);
    symlinkSync("sub/f", `${root}/in`);
    execFileSync("mkfifo", [`${root}/fifo`]);
  });
  const open = async (path: string) => {
    const { handle, size } = await bench.shares.openFile(id, path);
    const text = (await handle.readFile()).toString();
    await handle.close();
    assert.equal(text.length, size);
    return text;
  };
  assert.equal(await open("sub/f"), "inside");
  assert.equal(await open("in"), "inside");
  await fails("denied", /leads out/, () => open("out"));
  await fails("denied", /leads out/, () => open("way/f"));
  for (const path of ["../evil/f", "sub/../../evil/f", "/etc/passwd", "sub//f", "sub/f\0", "."]) {
    await fails("denied", /Cannot open/, () => open(path));
  }
  for (const path of ["", "sub", "fifo", ".git/config", "nothing", "sub/f/x"]) {
    await fails("not-found", /no such file/, () => open(path));
  }
  let swapping = true;
  const swap = (async () => {
    while (swapping) {
      renameSync(at("sub"), at("sub.away"));
      symlinkSync("../evil", at("sub"));
      await new Promise((resolve) => setImmediate(resolve));
      rmSync(at("sub"));
      renameSync(at("sub.away"), at("sub"));
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  try {
    for (let i = 0; i < 300; i++) {
      const text = await open("sub/f").catch((thrown: unknown) => {
        assert.ok(thrown instanceof GroupShareError, String(thrown));
        return "refused";
      });
      assert.notEqual(text, "outside");
    }
  } finally {
    swapping = false;
    await swap;
  }
});

test("all is listed before it is hashed, in batches, small files first", async (t) => {
  const { bench, id } = await shared(t, (root) => {
    for (let folder = 0; folder < 25; folder++) {
      mkdirSync(`${root}/${folder}`);
      for (let i = 0; i < 100; i++) writeFileSync(`${root}/${folder}/${i}`, `${folder} ${i}`);
    }
    writeFileSync(`${root}/0/large`, new Uint8Array(4 << 20).fill(1));
    writeFileSync(`${root}/24/large`, new Uint8Array(2 << 20).fill(1));
  });
  const files = bench.catalog.changes.flatMap(({ change }) => (change.kind === "file" ? [change] : []));
  assert.equal(files.filter(({ root }) => root === null).length, 2_502);
  const hashed = files.filter(({ root }) => root !== null).map(({ path }) => path);
  assert.equal(hashed.length, 2_502);
  // Two hashers take up to 256 at a time: the last small ones may come in after the first large one.
  const [smaller, larger] = ["24/large", "0/large"].map((path) => hashed.indexOf(path));
  assert.ok(
    smaller !== undefined && larger !== undefined && 2_500 - 256 <= smaller && smaller < larger,
    `${smaller} ${larger}`,
  );
  assert.ok(bench.catalog.batches < 40, `${bench.catalog.batches} batches`);
  await bench.settled(id);
});

test("news of a changed status come at most four times a second", async (t) => {
  const bench = await Bench.open(t);
  let heard = 0;
  bench.shares.on("changed", () => heard++);
  mkdirSync(bench.path("in"));
  const start = performance.now();
  const id = await bench.add(bench.path("in"));
  await bench.state(id, "ready");
  for (let i = 0; i < 8; i++) {
    writeFileSync(bench.path("in", `${i}`), "x");
    await bench.catalog.until(`${i}`, () => bench.kept(id).rows.has(`${i}`));
  }
  const seconds = (performance.now() - start) / 1_000;
  assert.ok(heard >= 2 && heard <= 2 + 4 * seconds, `${heard} in ${seconds} s`);
});
