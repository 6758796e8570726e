import assert from "node:assert/strict";
import { test } from "node:test";
import { remark, table } from "../../src/cli/print.ts";

test("what cannot be had just now is said behind its name, and nothing where it can", () => {
  const names = [{ name: "Drive/", offline: true as const }, { name: "Music/" }];
  const rows = names.map((item) => ["1 kB", item.name + remark(item)]);
  assert.equal(table(["SIZE", "NAME"], rows), "SIZE  NAME\n1 kB  Drive/  (offline)\n1 kB  Music/");
});
