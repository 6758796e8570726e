import assert from "node:assert/strict";
import { test } from "node:test";
import { isUnasked, missed } from "../../src/app/rotation/knowledge.ts";
import { type Knowledge, withMember } from "../../src/trust/mod.ts";
import { begun, sight } from "../trust/knowing.ts";

const DAY = 24 * 3_600_000;
const names = (count: number) => Array.from({ length: count }, (_, at) => `member ${at}`);
/** With a newcomer that is here, and was seen in gossip only. */
const met = (own: Knowledge, now: number): Knowledge => withMember(own, sight("new", now), true, now);

test("who is here and never spoke is asked, as long as few who are around have spoken; those long gone hold no place", () => {
  const few = met(begun(names(63), 10 * DAY), 10 * DAY);
  const many = met(begun(names(64), 10 * DAY), 10 * DAY);
  const gone = met(begun(names(64), 1 * DAY), 10 * DAY);
  const here = new Set([...names(64), "new"]);
  for (const [known, wanted] of [
    [few, true],
    [many, false],
    [gone, true],
  ] as const) {
    assert.equal(isUnasked(known, "new", 10 * DAY), wanted);
    assert.deepEqual(
      missed(known, here, 10 * DAY).first.map(({ id }) => id),
      wanted ? ["new"] : [],
    );
  }
  assert.equal(isUnasked(few, "member 1", 10 * DAY), false, "it has spoken");
});
