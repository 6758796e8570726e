import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Change } from "../../src/shared/entry.ts";
import { Model } from "./model.ts";
import { everything, type Member, members, until } from "./support.ts";

// Few names, so that they meet: as file and as folder, above and below each other. Byte order is not UTF-16 order.
const name = fc.constantFrom("a", "b", "B", "é", "z.txt", "😀", "\uff5e", "a b");
const path = fc.oneof(
  { weight: 20, arbitrary: fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join("/")) },
  { weight: 1, arbitrary: fc.constantFrom("", "..", "a/../b", "/a", "a/", "x".repeat(256), "\ud800") },
);
const mtime = fc.integer({ min: -5, max: 2 ** 43 });
const size = fc.oneof(fc.nat(5), fc.constantFrom(2 ** 31, 2 ** 40));

type Bare = Change extends infer C ? (C extends Change ? Omit<C, "share"> : never) : never;

const change: fc.Arbitrary<Bare> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ path, mtime }).map((folder): Bare => ({ kind: "folder", ...folder })) },
  {
    weight: 20,
    arbitrary: fc.record({ path, size, mtime, hashed: fc.boolean() }).map(({ path, size, mtime, hashed }): Bare => {
      const root = hashed && size > 0 ? "cd".repeat(32) : null;
      return { kind: "file", path, size, mtime, root, stat: { inode: "1:2", ctime: 5 } };
    }),
  },
  { weight: 8, arbitrary: path.map((path): Bare => ({ kind: "gone", path })) },
  {
    weight: 2,
    arbitrary: fc.constantFrom("One", "Two", "bad/name").map((name): Bare => ({ kind: "share", name, online: true })),
  },
  { weight: 1, arbitrary: fc.constant<Bare>({ kind: "unshare" }) },
);

/** What happens: a batch is committed, the follower catches up, or the origin starts a new epoch or again from disk. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.array(change, { minLength: 1, maxLength: 30 }) },
  { weight: 3, arbitrary: fc.constant("follow" as const) },
  { weight: 1, arbitrary: fc.constant("epoch" as const) },
);

test("any sequence of changes ends in equal lists, and equal to what a simple model says", async (t) => {
  const [origin, follower] = await members(t, 2);
  assert.ok(origin && follower);
  const follow = async (): Promise<void> => {
    follower.meet(origin);
    const { epoch, sequence } = origin.catalog.own;
    await until("the follower stands where the origin does", () => {
      const standing = follower.catalog.standing(origin.id);
      return sequence === 0 || (standing?.epoch === epoch && standing.sequence === sequence);
    });
  };
  let runs = 0;
  const property = fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
    const share = (++runs).toString(16).padStart(16, "0");
    const model = new Model();
    const commit = async (changes: readonly Bare[]): Promise<void> => {
      const batch = changes.map((bare) => ({ ...bare, share }) as Change);
      for (const change of batch) model.change(change);
      await origin.catalog.commit(batch);
    };
    await commit([{ kind: "share", name: "Start", online: true }]);
    for (const step of steps) {
      if (step === "follow") await follow();
      else if (step === "epoch") await renew(origin);
      else await commit(step);
    }
    await follow();
    const expected = model.entries();
    assert.deepEqual(await everything(origin.catalog, origin.id, share), expected);
    assert.deepEqual(await everything(follower.catalog, origin.id, share), expected);
    await commit([{ kind: "unshare" }]);
    assert.equal(origin.catalog.own.entries, 0);
  });
  await fc.assert(property, { numRuns: 60 });
  for (const member of [origin, follower]) {
    await member.stop();
    await member.start();
  }
  assert.deepEqual(await origin.catalog.shares(origin.id), []);
});

/** A new epoch, as when the group knows more of a list than its origin. */
async function renew({ catalog }: Member): Promise<void> {
  const { epoch, sequence } = catalog.own;
  await catalog.heardOfSelf({ epoch, sequence: sequence + 1 });
}
