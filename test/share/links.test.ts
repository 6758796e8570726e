import assert from "node:assert/strict";
import { appendFileSync, linkSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { RuleSet } from "../../src/share/rules.ts";
import { Bench } from "./harness.ts";

async function shared(t: TestContext) {
  const bench = await Bench.open(t);
  mkdirSync(bench.path("in/odd"), { recursive: true });
  for (const path of ["top", "odd/file"]) writeFileSync(bench.path("in", path), path);
  const id = await bench.add(bench.path("in"));
  await bench.state(id, "ready");
  const lists = (...paths: string[]) =>
    bench.catalog.until(`it lists ${paths}`, () => [...bench.kept(id).rows.keys()].sort().join() === paths.join());
  return { bench, id, at: (path: string) => bench.path("in", path), lists };
}

test("a link to a folder, be it the share's own, is left out, and nothing else", async (t) => {
  const { bench, id, at, lists } = await shared(t);
  const links = { self: "../in", loop: ".", "odd/up": "..", beside: "odd", a: "b", b: "a", out: "/etc/passwd" };
  for (const [path, target] of Object.entries(links)) symlinkSync(target, at(path));
  writeFileSync(at("later"), "listed after them");
  await lists("later", "odd", "odd/file", "top");
  await bench.settled(id);
  assert.equal(bench.status(id).error, null);
  await bench.shares.stop();
  await bench.start();
  await bench.state(id, "ready");
  await bench.settled(id);
  assert.deepEqual([bench.status(id).error, bench.status(id).files], [null, 3]);
});

test("a file that was listed before it got a second name follows what is written under that, also in another folder", async (t) => {
  const { bench, id, at, lists } = await shared(t);
  linkSync(at("top"), at("odd/second"));
  await lists("odd", "odd/file", "odd/second", "top");
  appendFileSync(at("odd/second"), " written under the other name");
  await bench.settled(id, 4_000);
  linkSync(at("odd/file"), at("third"));
  appendFileSync(at("third"), " at once");
  await bench.settled(id, 4_000);
  const { handle, size } = await bench.shares.openFile(id, "top");
  await handle.close();
  assert.equal(bench.kept(id).rows.get("top")?.size, size);
});

test("a path that cannot be told by rules is left out, and no other", () => {
  const rules = RuleSet.defaults(false);
  for (const path of ["", "../up", "/rooted"]) assert.equal(rules.ignores(path, false), true, path);
  assert.deepEqual([rules.ignores("file", false), rules.broken], [false, null]);
});

test("a link that led nowhere is listed once it leads to a file, whatever it led to before", async (t) => {
  const { at, lists } = await shared(t);
  symlinkSync("later", at("link"));
  symlinkSync("odd/file", at("to file"));
  symlinkSync("mark", at("to folder"));
  mkdirSync(at("mark"));
  await lists("mark", "odd", "odd/file", "to file", "top");
  writeFileSync(at("later"), "now it is there");
  await lists("later", "link", "mark", "odd", "odd/file", "to file", "top");
  renameSync(at("odd"), at("other"));
  await lists("later", "link", "mark", "other", "other/file", "top");
  renameSync(at("other"), at("odd"));
  await lists("later", "link", "mark", "odd", "odd/file", "to file", "top");
  renameSync(at("mark"), at("odd/mark"));
  renameSync(at("later"), at("mark"));
  await lists("mark", "odd", "odd/file", "odd/mark", "to file", "to folder", "top");
});
