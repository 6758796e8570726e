import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { FileFacts } from "../../src/share/core/compare.ts";
import { type FileNode, Tree } from "../../src/share/core/tree.ts";

/** Devices and numbers on both sides of what fits into one number: those of NTFS and of large disks do not. */
const part = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.constantFrom(2 ** 20 - 1, 2 ** 20, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
);
const whole = fc.maxSafeNat();
const facts: fc.Arbitrary<FileFacts> = fc.record({
  size: fc.integer({ min: 1, max: 2 ** 40 }),
  mtime: fc.integer({ min: -(2 ** 50), max: 2 ** 50 }),
  ctime: whole,
  birth: whole,
  inode: fc.option(fc.tuple(part, part).map(([device, number]) => `${device}:${number}`)),
});
const root = fc.option(
  fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString("hex")),
);

test("a file stays what it was last told to be, whatever becomes of others, and also once it is gone", () => {
  const step = fc.record({ at: fc.nat({ max: 40 }), facts, root, remove: fc.boolean(), mark: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const tree = new Tree();
      const expected = new Map<FileNode, object>();
      const told = ({ size, mtime, ctime, birth, inode, root, verify, reading, gone }: FileNode) => {
        return { size, mtime, ctime, birth, inode, root, verify, reading, gone };
      };
      for (const { at, facts, root, remove, mark } of steps) {
        const there = tree.at(`${at}`);
        const node = there?.kind === "file" ? there : tree.file(tree.top, `${at}`);
        if (remove) tree.remove(node, () => undefined);
        else tree.describe(node, facts, root);
        if (!remove) node.verify = mark;
        if (remove) expected.set(node, { ...(expected.get(node) ?? told(node)), gone: true });
        else expected.set(node, { ...facts, root, verify: mark, reading: false, gone: false });
      }
      for (const [node, as] of expected) assert.deepEqual(told(node), as);
    }),
  );
});
