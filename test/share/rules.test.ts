import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { RuleSet } from "../../src/share/rules.ts";
import { lacks } from "../support/need.ts";
import { Bench } from "./harness.ts";

const RULES = ".groupshareignore";

function write(root: string, files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

/** A share of these files, listed and hashed. */
async function shared(t: TestContext, files: Record<string, string>, hidden?: boolean) {
  const bench = await Bench.open(t);
  const at = (path: string) => bench.path("in", path);
  mkdirSync(bench.path("in"));
  write(bench.path("in"), files);
  const { id } = await bench.shares.add({
    path: bench.path("in"),
    name: null,
    fixed: false,
    ...(hidden === undefined ? {} : { hidden }),
  });
  await bench.state(id, "ready");
  const listed = () =>
    [...bench.kept(id).rows]
      .filter(([, { kind }]) => kind === "file")
      .map(([path]) => path)
      .sort()
      .join(" ");
  const lists = (paths: string, ms = 1_000) =>
    bench.catalog.until(`it lists "${paths}", not "${listed()}"`, () => listed() === paths, 4 * ms);
  return { bench, id, at, listed, lists };
}

test("rules hold in their folder and below it; a deeper one wins, and a later one", async (t) => {
  const { listed } = await shared(t, {
    [RULES]: "*.log\n!keep.log\n/top\nsub/deep/*.tmp\nbuild/\n",
    "a.log": "",
    "keep.log": "",
    top: "",
    "sub/top": "",
    build: "a file of that name",
    "sub/build/x": "",
    "sub/deep/a.tmp": "",
    "sub/deep/er/a.tmp": "",
    [`sub/${RULES}`]: "!a.log\ntop\n# nothing\n\n",
    "sub/a.log": "",
    "sub/b.log": "",
    "sub/deep/top": "",
    [`sub/deep/${RULES}`]: "!top\n",
  });
  assert.equal(listed(), "build keep.log sub/a.log sub/deep/er/a.tmp sub/deep/top");
});

test("a rule file in UTF-16, as Windows writes it, holds; one that is no text leaves out all, and says so", async (t) => {
  const { bench, id, at, lists } = await shared(t, { a: "", "in/private": "", "in/b": "" });
  await lists("a in/b in/private");
  const text = "private\r\n";
  const little = Buffer.from(`\ufeff${text}`, "utf16le");
  const rows: [string, Uint8Array, string][] = [
    ["UTF-16, low byte first", little, "a in/b"],
    ["UTF-16 without its mark", little.subarray(2), "a"],
    ["UTF-16, high byte first", Buffer.from(little).swap16(), "a in/b"],
    ["UTF-16 cut within a character", little.subarray(0, -1), "a"],
    ["UTF-8 with a mark", Buffer.from(`\ufeff${text}`), "a in/b"],
    ["Latin-1", Buffer.from("priv\xe9\n", "latin1"), "a"],
  ];
  for (const [what, bytes, listed] of rows) {
    writeFileSync(at(`in/${RULES}`), bytes);
    await lists(listed).catch((thrown: unknown) => assert.fail(`${what}: ${thrown}`));
    const why = listed === "a" ? `left out what is there: "in/${RULES}" is not UTF-8` : null;
    await bench.catalog.until(`${what}: ${why}, not ${bench.status(id).error}`, () => bench.status(id).error === why);
  }
});

test("changing, adding, moving and removing a rule file takes effect within a second, and nothing is hashed again", async (t) => {
  const files = { "a/b/c/1.x": "1", "a/b/c/2.y": "2", "a/b/3.x": "3", "4.x": "4" };
  const { bench, id, at, lists } = await shared(t, files);
  const all = "4.x a/b/3.x a/b/c/1.x a/b/c/2.y";
  const read = bench.shares.counters().filesHashed;
  await lists(all);
  write(at(""), { [`a/b/${RULES}`]: "*.x\n" });
  await lists("4.x a/b/c/2.y");
  write(at(""), { [`a/b/${RULES}`]: "*.y\n" });
  await lists("4.x a/b/3.x a/b/c/1.x");
  write(at(""), { [`a/b/c/${RULES}`]: "!2.y\n" });
  await lists(all);
  write(at(""), { [RULES]: "a\n" });
  await lists("4.x");
  rmSync(at(RULES));
  await lists(all);
  renameSync(at(`a/b/${RULES}`), at(RULES));
  rmSync(at(`a/b/c/${RULES}`));
  await lists("4.x a/b/3.x a/b/c/1.x");
  renameSync(at(RULES), at("rules"));
  await lists("4.x a/b/3.x a/b/c/1.x a/b/c/2.y rules");
  await bench.state(id, "ready");
  assert.equal(bench.shares.counters().filesHashed, read + 1, "the former rule file alone");
  write(at(""), { [`a/b/c/${RULES}`]: "*\n", "a/b/c/new": "not to be seen" });
  await lists("4.x a/b/3.x rules");
});

test("what rules leave out is not opened either, nor by a link", async (t) => {
  const { bench, id, at, lists } = await shared(t, { "f.txt": "x", "g.md": "y", "sub/.env": "secret" });
  symlinkSync("f.txt", at("link.md"));
  symlinkSync("sub/.env", at("env.md"));
  await lists("f.txt g.md link.md");
  write(at(""), { [RULES]: "*.txt\n" });
  await lists("g.md");
  for (const path of ["f.txt", "sub/.env"]) {
    await assert.rejects(bench.shares.openFile(id, path), /no such file/, path);
  }
  for (const path of ["link.md", "env.md"]) await assert.rejects(bench.shares.openFile(id, path), /leads out/, path);
  await (await bench.shares.openFile(id, "g.md")).handle.close();
});

test("hidden files are left out unless they are chosen, and the choice can be changed and is remembered", async (t) => {
  const { bench, id, at, lists } = await shared(t, { ".env": "s", ".config/f": "f", ".git/g": "g", h: "h" });
  await lists("h");
  assert.equal(bench.status(id).hidden, false);
  await bench.shares.add({ path: at(""), name: null, fixed: false, hidden: true });
  await lists(".config/f .env h");
  await bench.shares.stop();
  await bench.start();
  await bench.state(id, "ready");
  assert.equal(bench.status(id).hidden, true);
  await bench.shares.add({ path: at(""), name: null, fixed: false });
  assert.equal(bench.status(id).hidden, true, "not said is as before");
  await lists(".config/f .env h");
  await bench.shares.add({ path: at(""), name: null, fixed: false, hidden: false });
  await lists("h");
});

test("the share's own rule file takes a default back, one deeper in a foreign checkout does not", async (t) => {
  const { at, lists } = await shared(t, {
    "node_modules/m": "m",
    ".profile": "p",
    "foreign/.git/config": "token",
    "foreign/.env": "secret",
    "foreign/node_modules/n": "n",
    [`foreign/${RULES}`]: "!.git\n!.env\n!.*\n!node_modules\n",
  });
  await lists("");
  write(at(""), { [RULES]: "!node_modules\n!.profile\n" });
  await lists(".profile foreign/node_modules/n node_modules/m");
});

test("a rule file that cannot be used hides its folder and says so, until it is mended", async (t) => {
  const { bench, id, at, lists } = await shared(t, { f: "f", "sub/g": "g" });
  const bad: [string, RegExp][] = [
    ["x\n".repeat(1_001), /more than 1000 rules/],
    ["#".repeat(70_000), /larger than 65536 bytes/],
    ["a".repeat(2_000), /more than 1024 characters/],
    ["ok\n**/a/**/a/**/a/**/a", /more than 3 times "\*\*" in line 2/],
  ];
  for (const [text, words] of bad) {
    write(at(""), { [`sub/${RULES}`]: text });
    await lists("f");
    await bench.catalog.until(`it says ${words}`, () => words.test(bench.status(id).error ?? ""));
    rmSync(at(`sub/${RULES}`));
    await lists("f sub/g");
    await bench.catalog.until("nothing is wrong any more", () => bench.status(id).error === null);
  }
  // As git does: what is no plain file says nothing.
  symlinkSync("../f", at(`sub/${RULES}`));
  write(at(""), { "sub/f": "" });
  await lists("f sub/f sub/g");
});

test("patterns made to take for ever are told in time, and rules that are slow all the same hide what they hold for", () => {
  const long = "a".repeat(250);
  const deep = `${"a/".repeat(60)}a`;
  const hostile = [
    "*a".repeat(100),
    "?*".repeat(100),
    `${"*[ab]".repeat(50)}c`,
    "**/a/**/a/**/b",
    "**/*a*b/**/*a*c/**/d",
  ];
  for (const pattern of hostile) {
    const set = RuleSet.defaults(false).with("", [`${pattern}x`], "s", null);
    const began = performance.now();
    for (const path of [long, `${long}/${long}/${long}`, deep]) set.ignores(path, false);
    assert.ok(performance.now() - began < 400, `${pattern}: ${performance.now() - began} ms`);
  }
  const slow = RuleSet.defaults(false).with("", Array(66).fill("**/a/**/a/**/ab"), "s", null);
  const began = performance.now();
  let asked = 0;
  while (slow.broken === null && asked < 100_000) slow.ignores(`${deep}${asked++}`, false);
  assert.match(slow.broken ?? "", /too long/);
  assert.ok(performance.now() - began < 40_000, `${performance.now() - began} ms`);
  assert.equal(slow.ignores("anything", false), true);
});

test("the verdicts are those of git, for any rules in any folders", { skip: lacks("git") }, (t) => {
  const dir = mkdtempSync(join(tmpdir(), "rules-"));
  t.after(() => rmSync(dir, { recursive: true }));
  execFileSync("git", ["init", "-q", dir], { stdio: "ignore" });
  const names = ["a", "b", "ab", "a b"];
  const folders = ["", ...names, ...names.flatMap((name) => ["a", "b"].map((below) => `${name}/${below}`))];
  const files = folders.flatMap((folder) =>
    ["f", "a.f", "b"].map((name) => (folder === "" ? name : `${folder}/${name}`)),
  );
  const paths = files.filter((path) => !folders.includes(path));
  for (const path of paths) write(dir, { [path]: "" });
  const part = fc.constantFrom("a", "b", "f", "*", "?", "a*", "*.f", "[ab]", "[!a]", "\\a", "**", "a b", "a?b", "*b");
  const line = fc
    .tuple(
      fc.constantFrom("", "", "!"),
      fc.constantFrom("", "/"),
      fc.array(part, { minLength: 1, maxLength: 3 }),
      fc.constantFrom("", "", "/", " "),
    )
    .map(([not, start, parts, end]) => `${not}${start}${parts.join("/")}${end}`);
  const file = fc.array(line, { maxLength: 4 });
  const rules = fc.record({ "": file, a: file, "a/b": file, "a b": file });
  fc.assert(
    fc.property(rules, (lines) => {
      const sets = new Map<string, RuleSet>();
      for (const folder of ["", ...folders.slice(1)]) {
        const above = folder.includes("/") ? folder.slice(0, folder.lastIndexOf("/")) : "";
        const base = folder === "" ? RuleSet.defaults(true) : (sets.get(above) as RuleSet);
        const own = (lines as Record<string, string[]>)[folder];
        if (own !== undefined) writeFileSync(join(dir, folder, ".gitignore"), `${own.join("\n")}\n`);
        sets.set(folder, own === undefined ? base : base.with(folder, own, "s", null));
      }
      const offered = (path: string, folder: boolean): boolean => {
        const above = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
        return (above === "" || offered(above, true)) && !(sets.get(above) as RuleSet).ignores(path, folder);
      };
      const git = execFileSync("git", ["ls-files", "-o", "-z", "--exclude-standard"], { cwd: dir })
        .toString()
        .split("\0");
      const expected = git.filter((path) => path !== "" && !path.endsWith(".gitignore")).sort();
      assert.deepEqual(paths.filter((path) => offered(path, false)).sort(), expected);
    }),
    { numRuns: 60 },
  );
});
