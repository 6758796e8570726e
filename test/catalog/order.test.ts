import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compareBytes } from "../../src/catalog/core/name-order.ts";
import { compareSpots, inOrder, spot } from "../../src/catalog/order.ts";
import { Smallest } from "../../src/catalog/store/smallest.ts";
import { seeded } from "../../src/shared/random.ts";
import { file, folder, type Member, members, SHARE, share } from "./support.ts";

const asFile = (name: string) => ({ kind: 1, name });
const name = fc.string({
  unit: fc.oneof(
    fc.constantFrom("a", "A", "Ä", "ä", "0", "1", "2", "9", "10", ".", " ", "é", "\uff5e", "😀", "\ud7ff", "\ue000"),
    fc.string({ unit: "binary", maxLength: 1 }),
  ),
});

test("names are ordered as people do: without case and marks, numbers by what they count", () => {
  const names = [
    "IMG_2.jpg",
    "Zebra",
    "10",
    "Ärger",
    "2",
    "apple",
    "IMG_10.jpg",
    "arm",
    "img_1.jpg",
    "01",
    "1",
    "1.5",
    "a",
  ];
  assert.deepEqual(inOrder(names, asFile), [
    "01",
    "1",
    "1.5",
    "2",
    "10",
    "a",
    "apple",
    "Ärger",
    "arm",
    "img_1.jpg",
    "IMG_2.jpg",
    "IMG_10.jpg",
    "Zebra",
  ]);
  const long = "9".repeat(200);
  assert.deepEqual(inOrder([`${long}9`, long, `1${"0".repeat(200)}`], asFile), [
    long,
    `1${"0".repeat(200)}`,
    `${long}9`,
  ]);
});

test("the order is one: no name is before and after another, and none is equal to another", () => {
  const sign = (a: string, b: string) => Math.sign(compareSpots(spot(1, a), spot(1, b)));
  fc.assert(
    fc.property(name, name, name, (a, b, c) => {
      assert.equal(sign(a, b), -sign(b, a) + 0);
      assert.equal(sign(a, b) === 0, a === b);
      if (sign(a, b) < 0 && sign(b, c) < 0) assert.equal(sign(a, c), -1);
    }),
  );
});

test("names that are alike compare as their bytes do", () => {
  fc.assert(
    fc.property(name, name, (a, b) => {
      assert.equal(Math.sign(compareBytes(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});

test("the smallest of many are kept, in whatever order they come", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50)), fc.integer({ min: 1, max: 20 }), (values, most) => {
      const smallest = new Smallest(most, (a, b) => a - b);
      for (const value of values) if (smallest.takes(value)) smallest.offer(value);
      assert.deepEqual(smallest.list(), values.toSorted((a, b) => a - b).slice(0, most));
    }),
  );
});

async function pages({ id, catalog }: Member, path: string, limit: number, lacking = false): Promise<string[]> {
  const names: string[] = [];
  for (let after: string | null = null, more = true; more; more = after !== null) {
    const page = await catalog.list({ member: id, share: SHARE, path }, { after, limit, lacking });
    names.push(...page.items.map(({ kind, name }) => `${kind} ${name}`));
    assert.ok(page.items.length === limit || page.next === null);
    after = page.next;
  }
  return names;
}

test("a large folder is paged in the order of a small one, whatever came and went in it before", async (t) => {
  const [a] = await members(t, 1);
  assert.ok(a);
  const random = seeded(5);
  // Alike but for case and marks, in no order.
  const names = Array.from(
    { length: 1_500 },
    (_, i) => `${["IMG_", "img_", "Ímg_", "x"][i % 4]}${(i * 7) % 400} ${i % 3}`,
  );
  const made = [...new Set(names)];
  const isFolder = (at: number): boolean => at % 5 === 0;
  await a.catalog.commit([
    share(),
    ...made.map((name, at) => (isFolder(at) ? folder(`d/${name}`) : file(`d/${name}`))),
  ]);
  const kept = new Set(made.keys());
  for (const at of made.keys()) {
    if (random.next() < 0.1) kept.delete(at);
  }
  const gone = made.flatMap((name, at) =>
    kept.has(at) ? [] : [{ kind: "gone" as const, share: SHARE, path: `d/${name}` }],
  );
  await a.catalog.commit(gone);
  const items = [...kept].map((at) => ({ kind: isFolder(at) ? 0 : 1, name: made[at] ?? "" }));
  assert.ok(items.length > 1_000, `${items.length} are more than are sorted as they are read`);
  const expected = inOrder(items, (item) => item).map(({ kind, name }) => `${kind === 0 ? "folder" : "file"} ${name}`);
  // A search waits until the columns are filled.
  await a.catalog.search({ text: "", after: null, limit: 1 });
  for (const limit of [1_000, 170]) assert.deepEqual(await pages(a, "d", limit), expected);
  const { total } = await a.catalog.list({ member: a.id, share: SHARE, path: "d" }, { after: null, limit: 1 });
  assert.equal(total, expected.length);
  const all = await a.catalog.merged.list("Music", "d", { after: null, limit: 200 });
  assert.deepEqual(
    all.items.map(({ kind, name }) => `${kind} ${name}`),
    expected.slice(0, 200),
  );
});
