import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { test } from "node:test";
import type { ShareView } from "../../src/app/mod.ts";
import { progress, remarks } from "../../src/cli/hashing.ts";
import { toNodeOptions } from "../../src/cli/node-options.ts";
import { bytes, safe, table } from "../../src/cli/print.ts";
import { gatherValues } from "../../src/cli/settings.ts";
import { splitEndpoint } from "../../src/shared/endpoint.ts";
import { temporaryFolder } from "../support/folders.ts";

test("flags win over the environment, that over the configuration file", async () => {
  const folder = await temporaryFolder();
  const config = join(folder.path, "groupshare.toml");
  await writeFile(config, 'name = "file"\ngroup = "file"\nheadless = true\nui = false\nshare = ["A=/a", "/b"]\n');
  const environment = {
    GROUPSHARE_CONFIG: config,
    GROUPSHARE_NAME: "environment",
    GROUPSHARE_OPEN: "0",
    GROUPSHARE_GROUP: "environment",
  };
  const values = await gatherValues({ name: "flag" }, environment);
  assert.equal(values.name, "flag");
  assert.equal(values.group, "environment");
  assert.equal(values.open, false);
  assert.equal(values.headless, true);
  const options = await toNodeOptions(values);
  assert.equal(options.ui, null);
  assert.deepEqual(options.shares, [
    { name: "A", path: resolve("/a") },
    { name: null, path: resolve("/b") },
  ]);
  await folder.remove();
});

for (const [what, text] of [
  ["an unknown setting", "nmae = 1"],
  ["a number for a text", "name = 1"],
  ["a text for a switch", 'headless = "yes"'],
  ["what is no TOML", "name ="],
] as const) {
  test(`${what} in the configuration file is refused, naming the file`, async () => {
    const folder = await temporaryFolder();
    const config = join(folder.path, "groupshare.toml");
    await writeFile(config, text);
    await assert.rejects(gatherValues({ config }, {}), { code: "usage", message: /groupshare\.toml/ });
    await folder.remove();
  });
}

for (const [flag, value] of [
  ["name", "a/b"],
  ["group", "@all"],
  ["gossip", "7946"],
  ["peer", "host:99999"],
  ["ui", ":7380"],
  ["advertise", "a b"],
  ["ui-cert", "cert.pem"],
  ["ui-key", "key.pem"],
  ["log-level", "loud"],
  ["entries", "many"],
] as const) {
  test(`--${flag} ${value} is refused, naming the flag and what to do`, async () => {
    await assert.rejects(toNodeOptions({ [flag]: value }), (error: Error & { code: string; hint: string }) => {
      assert.equal(error.code, "usage");
      assert.ok(error.message.includes(`--${flag}`) && error.hint.length > 0, error.message);
      return true;
    });
  });
}

test("addresses are read with and without port, of both families", () => {
  assert.deepEqual(splitEndpoint("nas"), { host: "nas", port: null });
  assert.deepEqual(splitEndpoint("10.0.0.1:80"), { host: "10.0.0.1", port: 80 });
  assert.deepEqual(splitEndpoint("[fe80::1%eth0]:80"), { host: "fe80::1%eth0", port: 80 });
  assert.deepEqual(splitEndpoint("[::1]"), { host: "::1", port: null });
  assert.deepEqual(splitEndpoint("::1"), { host: "::1", port: null });
  for (const wrong of ["", "a b", "a:b:c", "a:b", "[::1", "[nas]:1", "a:99999"])
    assert.equal(splitEndpoint(wrong), null, wrong);
});

test("how far the hashing of a share is says what is left, or that it rests", () => {
  const share = { state: "hashing", hashed: 3, files: 9, hashedBytes: 1e9, bytes: 4e9, paused: false } as ShareView;
  const left = (remainingMs: number | null, more = {}) => progress({ ...share, remainingMs, ...more });
  const all = "hashing, 3 of 9 files, 1.0 GB of 4.0 GB";
  assert.equal(left(null), all);
  assert.equal(left(12_001), `${all}, 13 s left`);
  assert.equal(left(3_541_000), `${all}, 1 h 0 min left`);
  assert.equal(left(7_500_000, { paused: true }), `${all}, paused`);
  assert.equal(left(0, { state: "ready" }), "ready");
});

test("what a share does not offer is counted beside what is wrong with it, and not told where there is none", () => {
  const words = (skipped: number, error: string | null) => remarks({ skipped, error } as ShareView);
  assert.equal(words(0, null), "");
  assert.equal(words(1, null), "1 thing is not offered");
  assert.equal(words(3, "no such folder"), "3 things are not offered; no such folder");
});

test("sizes are short, and what a terminal would take for commands is written out", () => {
  assert.deepEqual([0, 999, 1_000, 1_234_567, 99_900_000, 5e15].map(bytes), [
    "0 B",
    "999 B",
    "1.0 kB",
    "1.2 MB",
    "100 MB",
    "5.0 PB",
  ]);
  assert.equal(safe("a\u001b[31mb\nc\u202ed"), "a\\u001b[31mb\\u000ac\\u202ed");
  assert.equal(
    table(
      ["N", "S"],
      [
        ["a\nb", "1"],
        ["c", "10"],
      ],
      ["S"],
    ).split("\n").length,
    3,
  );
});
