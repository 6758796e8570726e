import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { VERSION } from "../../src/shared/version.ts";

const manifest = JSON.parse(readFileSync("package.json", "utf8"));
const lock = readFileSync("package-lock.json", "utf8");

test("the program states the version of package.json, and the CHANGELOG has it", () => {
  assert.equal(VERSION, manifest.version);
  assert.match(readFileSync("CHANGELOG.md", "utf8"), new RegExp(`^## ${VERSION.replaceAll(".", "\\.")}`, "m"));
});

test("every dependency is pinned to one exact version", () => {
  const all = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
  for (const [name, version] of Object.entries(all)) assert.match(String(version), /^\d+\.\d+\.\d+$/, name);
});

test("the lock file holds no download addresses", () => {
  assert.doesNotMatch(lock, /"resolved"/);
});
