import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { test } from "node:test";

const PARTS = ["membership", "trust", "peer", "share", "catalog", "transfer", "web"];
const MAY_IMPORT: Record<string, string[]> = {
  cli: ["app", "shared"],
  app: [...PARTS, "platform", "shared"],
  platform: ["shared"],
  shared: [],
  ...Object.fromEntries(PARTS.map((part) => [part, ["shared"]])),
};
/** Floors without a door: any of their files may be entered. */
const FLAT = ["shared", "platform"];
/** Inside a pure core there is no clock and no chance but those that are handed in. */
const IMPURE = /Date\.now|new Date\(\)|Math\.random|performance\.now|from "node:/;

/** What is wrong with one source file, named from src/. */
function violations(file: string, source: string): string[] {
  const [floor = "", room] = file.split("/");
  const wrong: string[] = [];
  if (room === "core" && IMPURE.test(source)) wrong.push(`${file}: impure`);
  for (const [, specifier = ""] of source.matchAll(/(?:from|import\(?)\s*"(\.[^"]+)"/g)) {
    const target = posix.join(posix.dirname(file), specifier);
    const [to = "", inner = ""] = target.split("/");
    const down = MAY_IMPORT[floor]?.includes(to) === true && (FLAT.includes(to) || inner === "mod.ts");
    const home = to === floor && (room !== "core" || inner === "core");
    if (!down && !home) wrong.push(`${file} -> ${target}`);
  }
  return wrong;
}

test("every import goes down a floor, through a door", () => {
  const wrong = readdirSync("src", { recursive: true, encoding: "utf8" })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => /\.tsx?$/.test(name))
    .flatMap((name) => violations(name, readFileSync(`src/${name}`, "utf8")));
  assert.deepEqual(wrong, []);
});

for (const [planted, file, source] of [
  ["a sideways import", "catalog/pull.ts", 'import { x } from "../transfer/mod.ts";'],
  ["an upward import", "share/scan.ts", 'import { x } from "../app/mod.ts";'],
  ["an import past a door", "app/node.ts", 'import { x } from "../share/hash.ts";'],
  ["an import out of a core", "membership/core/swim.ts", 'import { x } from "../transport.ts";'],
  ["a dynamic sideways import", "web/mod.ts", 'await import("../trust/mod.ts");'],
  ["a clock in a core", "catalog/core/log.ts", "const now = Date.now();"],
  ["chance in a core", "membership/core/pick.ts", "Math.random();"],
] as const) {
  test(`${planted} is found`, () => assert.equal(violations(file, source).length, 1));
}
