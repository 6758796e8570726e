import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type FileFacts, judge, type Look } from "../../src/share/core/compare.ts";
import { Dirty } from "../../src/share/core/dirty.ts";
import { Inodes } from "../../src/share/core/inodes.ts";
import { HashQueue } from "../../src/share/core/queue.ts";
import { isRespelt, wasRespelt } from "../../src/share/core/respelt.ts";
import { type FileNode, type FolderNode, pathOf, Tree } from "../../src/share/core/tree.ts";

const LOOK: Look = { size: 5, mtime: 1_700_000_000_123, ctime: 1_700_000_000_456, inode: "1:2", birth: 9 };

test("a file is told changed, kept, to be verified or the same by its stat alone", () => {
  const rows: [string, Partial<FileFacts>, ReturnType<typeof judge>, madeUp?: true][] = [
    ["nothing differs", {}, "same"],
    ["the size", { size: 6 }, "changed"],
    ["the mtime, by a millisecond", { mtime: LOOK.mtime + 1 }, "changed"],
    ["its stat was lost", { inode: null, ctime: 0 }, "kept"],
    ["only the ctime: chmod, rename, or an mtime set back", { ctime: 1_700_000_000_457 }, "verify"],
    ["a ctime stored by Deno, in whole seconds", { ctime: 1_700_000_000_000 }, "same"],
    ["a ctime stored by Deno, of another second", { ctime: 1_699_999_999_000 }, "verify"],
    ["only the inode: one of an archive's files put in another's place, with its folder", { inode: "1:3" }, "verify"],
    ["only the inode, where numbers are made up: a network drive mounted again", { inode: "1:3" }, "kept", true],
    ["only the device: drives are numbered as they come", { inode: "9:2" }, "kept"],
    ["device and inode", { inode: "9:3" }, "verify"],
    ["device and inode, where numbers are made up", { inode: "9:3" }, "kept", true],
    ["inode and ctime: replaced by a copy of the same size and mtime", { inode: "1:3", ctime: 1 }, "verify"],
    ["the birth: an inode number used again", { birth: 8 }, "verify"],
    ["inode and birth: replaced within a second that Deno cannot tell apart", { inode: "1:3", birth: 8 }, "verify"],
    ["a birth that is only the ctime again", { birth: LOOK.ctime - 1, ctime: LOOK.ctime - 1 }, "verify"],
    ["the birth is not known", { birth: 0 }, "same"],
  ];
  for (const [what, known, verdict, madeUp] of rows) {
    assert.equal(
      judge({ ...LOOK, ...known }, LOOK, () => madeUp === undefined),
      verdict,
      what,
    );
  }
});

test("what waits to be hashed comes small first, each once, and not at all when it is gone or known by then", () => {
  const tree = new Tree();
  const queue = new HashQueue<string>();
  const sizes = [25_000_000, 10, 0, 70_000, 12, 5_000_000];
  const nodes = sizes.map((size, at) => {
    const node = tree.file(tree.top, `${at}`);
    tree.describe(node, { ...LOOK, size }, null);
    queue.add("s", node);
    queue.add("s", node);
    return node;
  });
  const verify = tree.file(tree.top, "verify");
  tree.describe(verify, { ...LOOK, size: 1 }, "ab".repeat(32));
  verify.verify = true;
  queue.add("s", verify);
  tree.remove(nodes[3] as FileNode, () => undefined);
  const sizesOf = (taken: { node: FileNode }[]) => taken.map(({ node }) => node.size);
  assert.deepEqual(sizesOf(queue.take(64, 1_000_000)), [10, 12, 5_000_000]);
  assert.deepEqual(sizesOf(queue.take(64, 26_000_000)), [25_000_000, 1]);
  assert.deepEqual(queue.take(64, 1), []);
});

test("what is reported is collected by folder, in bounded memory", () => {
  const dirty = new Dirty();
  dirty.add("a/b/c");
  dirty.add("a/b/d");
  dirty.add("top");
  for (let i = 0; i < 100; i++) dirty.add(`many/${i}`);
  const { everything, folders } = dirty.take();
  assert.equal(everything, false);
  const listed = [...folders].map(([folder, names]) => [folder, names === "all" ? "all" : [...names]]);
  assert.deepEqual(listed, [
    ["a/b", ["c", "d"]],
    ["", ["top"]],
    ["many", "all"],
  ]);
  assert.ok(dirty.empty);
  for (let i = 0; i < 5_000; i++) dirty.add(`${i}/x`);
  assert.equal(dirty.take().everything, true);
});

test("a file keeps its content over a move only while inode, size, mtime and birth fit, or a ctime told exactly", () => {
  const tree = new Tree();
  const inodes = new Inodes();
  const node = tree.file(tree.top, "a");
  tree.describe(node, LOOK, "ab".repeat(32));
  inodes.set(node);
  assert.deepEqual(inodes.find(LOOK), { root: node.root, sure: true });
  const { root } = node;
  assert.deepEqual(inodes.find({ ...LOOK, birth: 0 }), { root, sure: true }, "a folder above has another name");
  assert.deepEqual(inodes.find({ ...LOOK, birth: 0, ctime: LOOK.ctime + 1 }), { root, sure: false }, "it has");
  const coarse = { ...LOOK, birth: 0, ctime: 1_700_000_000_000, inode: "1:4" };
  const told = tree.file(tree.top, "coarse");
  tree.describe(told, coarse, root);
  inodes.set(told);
  assert.deepEqual(inodes.find(coarse), { root, sure: false }, "a ctime in whole seconds");
  for (const other of [{ birth: 8 }, { size: 4 }, { mtime: 1 }, { inode: "2:2" }]) {
    assert.equal(inodes.find({ ...LOOK, ...other }), null);
  }
  inodes.depart(node, 1_000);
  inodes.purge(1_500, 600);
  assert.notEqual(inodes.find(LOOK), null);
  inodes.purge(1_700, 600);
  assert.equal(inodes.find(LOOK), null);
});

test("a file whose place another one takes keeps its content for where it turns up, while it is remembered", () => {
  const tree = new Tree();
  const inodes = new Inodes();
  const node = tree.file(tree.top, "a");
  const root = "ab".repeat(32);
  tree.describe(node, LOOK, root);
  inodes.set(node);
  inodes.displace(node, 1_000);
  tree.describe(node, { ...LOOK, inode: "1:3" }, "cd".repeat(32));
  inodes.set(node);
  assert.deepEqual(inodes.find(LOOK), { root, sure: true });
  assert.deepEqual(inodes.find({ ...LOOK, inode: "1:3" }), { root: node.root, sure: true });
  inodes.purge(1_700, 600);
  assert.equal(inodes.find(LOOK), null);
  assert.notEqual(inodes.find({ ...LOOK, inode: "1:3" }), null);
});

test("a name that some disk takes for another one, of the same file in the same folder, may be a name that the file has lost", () => {
  const rows: [string, string, boolean][] = [
    ["Photo.JPG", "photo.jpg", true],
    ["caf\u00e9", "cafe\u0301", true],
    ["a", "a", false],
    ["a", "b", false],
  ];
  for (const [one, other, is] of rows) assert.equal(isRespelt(one, other), is, `${one} ${other}`);
  const tree = new Tree();
  const sub = tree.folder(tree.top, "sub");
  const file = (folder: FolderNode, name: string, inode: string) => {
    const node = tree.file(folder, name);
    tree.describe(node, { ...LOOK, inode }, null);
    return node;
  };
  const known = file(tree.top, "a", "1:2");
  assert.equal(wasRespelt(known), false);
  assert.equal(wasRespelt(file(sub, "A", "1:2")), false, "in another folder");
  assert.equal(wasRespelt(file(tree.top, "other", "1:2")), false, "a hard link");
  const upper = file(tree.top, "A", "1:3");
  assert.equal(wasRespelt(upper), false, "another file");
  tree.describe(upper, LOOK, null);
  assert.equal(wasRespelt(upper), true);
  sub.identity = { inode: "1:9", ctime: 1, birth: 1 };
  const other = tree.folder(tree.top, "SUB");
  assert.equal(wasRespelt(other), false, "not looked at yet");
  other.identity = sub.identity;
  assert.equal(wasRespelt(other), true);
});

test("a tree's totals are those of its files, whatever comes and goes", () => {
  const name = fc.constantFrom("a", "b", "c");
  const step = fc.oneof(
    fc.record({
      kind: fc.constant("load" as const),
      path: fc.array(name, { minLength: 1, maxLength: 4 }),
      size: fc.nat(9),
      known: fc.boolean(),
      folder: fc.boolean(),
    }),
    fc.record({ kind: fc.constant("remove" as const), path: fc.array(name, { minLength: 1, maxLength: 4 }) }),
    fc.record({ kind: fc.constant("unreadable" as const), path: fc.array(name, { minLength: 1, maxLength: 4 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const tree = new Tree();
      for (const one of steps) {
        const path = one.path.join("/");
        const node = tree.at(path);
        if (one.kind === "load") {
          const kind = one.folder ? "folder" : "file";
          if (node !== null && node.kind !== kind) tree.remove(node, () => undefined);
          const root = one.known ? "ab".repeat(32) : null;
          tree.load({ path, kind, size: one.size, mtime: 1, root, stat: null });
          const there = tree.at(path);
          assert.equal(there === null ? null : pathOf(there), path);
        } else if (node !== null && node !== tree.top) {
          if (one.kind === "remove") tree.remove(node, () => undefined);
          else if (node.kind === "file") tree.setUnreadable(node);
        }
      }
      const expected = { files: 0, bytes: 0, hashed: 0, hashedBytes: 0, unreadable: 0, unreadableBytes: 0, skipped: 0 };
      const count = (folder: FolderNode) => {
        for (const child of folder.children.values()) {
          assert.equal(child.gone, false);
          if (child.kind === "folder") count(child);
          if (child.kind !== "file") continue;
          expected.files += 1;
          expected.bytes += child.size;
          if (child.root !== null || child.size === 0) {
            expected.hashed += 1;
            expected.hashedBytes += child.size;
          } else if (child.unreadable) {
            expected.unreadable += 1;
            expected.unreadableBytes += child.size;
          }
        }
      };
      count(tree.top);
      assert.deepEqual(tree.totals, expected);
    }),
  );
});
