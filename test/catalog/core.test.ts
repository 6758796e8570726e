import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { type Header, isComplete, planFor, serveFrom } from "../../src/catalog/core/answer.ts";
import { cut } from "../../src/catalog/core/cut.ts";
import {
  absurdlyLarge,
  absurdlyLong,
  type Found,
  lostHistory,
  provesLoss,
  worthRenewing,
} from "../../src/catalog/core/history.ts";
import { backoff, chooseSource, isBehind, jitter } from "../../src/catalog/core/schedule.ts";
import { isWholeValue } from "../../src/catalog/core/shape.ts";
import { seeded } from "../../src/shared/random.ts";

test("cutting keeps order, loses nothing, and keeps within its bounds unless one change alone does not", () => {
  const property = fc.property(
    fc.array(fc.integer({ min: 1, max: 50 })),
    fc.integer({ min: 1, max: 8 }),
    (lengths, most) => {
      const parts = cut(lengths, 40, most);
      assert.deepEqual(
        parts.flatMap(([start, end]) => lengths.slice(start, end)),
        lengths,
      );
      for (const [start, end] of parts) {
        const bytes = lengths.slice(start, end).reduce((sum, length) => sum + length, 0);
        assert.ok(end > start && end - start <= most && (bytes <= 40 || end - start === 1));
      }
    },
  );
  fc.assert(property);
});

const at = (epoch: string, sequence: number) => ({ epoch, sequence, bytes: sequence * 10 });

const STARTS: [string, Found, RegExp | null][] = [
  ["nothing there", { file: "none", journal: null, mark: null, image: null }, /new/],
  ["only an image", { file: "none", journal: null, mark: null, image: at("e", 3) }, /missing/],
  ["only a note", { file: "none", journal: null, mark: at("e", 3), image: null }, /missing/],
  ["a clean stop", { file: "whole", journal: at("e", 3), mark: at("e", 3), image: at("e", 3) }, null],
  ["a crash", { file: "whole", journal: at("e", 3), mark: null, image: at("e", 1) }, null],
  ["a crash without an image", { file: "whole", journal: at("e", 3), mark: null, image: null }, null],
  ["a crash, image of an older epoch", { file: "whole", journal: at("f", 3), mark: null, image: at("e", 9) }, null],
  ["a torn end", { file: "torn", journal: at("e", 3), mark: null, image: null }, /within a frame/],
  ["damage", { file: "hurt", journal: at("e", 3), mark: null, image: null }, /damaged/],
  ["fewer frames than at the stop", { file: "whole", journal: at("e", 2), mark: at("e", 3), image: null }, /last stop/],
  [
    "another journal than at the stop",
    { file: "whole", journal: at("f", 3), mark: at("e", 3), image: null },
    /last stop/,
  ],
  ["fewer frames than the image", { file: "whole", journal: at("e", 2), mark: null, image: at("e", 3) }, /older/],
];

test("a start keeps its epoch only where the history is surely whole", () => {
  for (const [what, found, why] of STARTS) {
    const lost = lostHistory(found);
    if (why === null) assert.equal(lost, null, what);
    else assert.match(lost ?? "", why, what);
  }
});

test("only a later number of the same epoch proves that something was lost", () => {
  assert.equal(provesLoss(at("e", 3), at("e", 4)), true);
  assert.equal(provesLoss(at("e", 3), at("e", 3)), false);
  assert.equal(provesLoss(at("e", 3), at("f", 9)), false);
});

test("an origin renews its list long before others find it absurd", () => {
  for (const entries of [0, 1, 1_000, 1_000_000]) {
    const most = 16 * entries + 1_000_000;
    assert.equal(absurdlyLong(most, entries), false);
    assert.equal(absurdlyLong(most + 1, entries), true);
    assert.equal(worthRenewing(most / 4 + 1, entries, 0), true);
    assert.equal(worthRenewing(2 * entries + 1_000, entries, 0), false);
    const bytes = 16_384 * entries + (64 << 20);
    assert.equal(absurdlyLarge(bytes, entries), false);
    assert.equal(absurdlyLarge(bytes + 1, entries), true);
    assert.equal(worthRenewing(2 * entries + 1, entries, bytes / 4 + 1), true);
    assert.equal(worthRenewing(2 * entries + 1, entries, bytes / 4), false);
    // Written anew, it would be as long.
    assert.equal(worthRenewing(2 * entries, entries, bytes), false);
  }
});

const header = (more: Partial<Header>): Header => {
  return { format: 1, member: "m", epoch: "e", floor: 0, from: 1, to: 9, key: new Uint8Array(), ...more };
};

test("an answer goes where it fits what is there, and nowhere else", () => {
  const live = { epoch: "e", sequence: 5 };
  const none = { live: null, staged: null };
  assert.deepEqual(planFor(none, "e", header({}), true), { kind: "whole" });
  assert.deepEqual(planFor({ live, staged: null }, "e", header({ from: 6 }), false), { kind: "append", to: "live" });
  assert.deepEqual(planFor({ live, staged: null }, "e", header({ from: 6, to: 5 }), false), { kind: "nothing" });
  assert.deepEqual(planFor({ live, staged: null }, "e", header({ floor: 6 }), true), { kind: "whole" });
  assert.equal(planFor({ live, staged: null }, "e", header({ from: 8 }), true).kind, "refuse");
  const staged = { epoch: "f", sequence: 3 };
  assert.deepEqual(planFor({ live, staged }, "f", header({ epoch: "f", from: 4 }), false), {
    kind: "append",
    to: "staged",
  });
  assert.deepEqual(planFor({ live, staged }, "f", header({ epoch: "f" }), false), { kind: "whole" });
  assert.equal(planFor({ live, staged }, "f", header({}), false).kind, "refuse", "a relay's old epoch");
  assert.deepEqual(planFor(none, "f", header({}), true), { kind: "whole" }, "the origin's own epoch");
  assert.equal(planFor(none, "e", header({ from: 9, to: 2 }), true).kind, "refuse");
});

test("a whole list is shown when it is as long as announced, or when its origin says that it ends there", () => {
  const announced = { epoch: "e", sequence: 9 };
  assert.equal(isComplete({ epoch: "e", sequence: 9 }, { to: 9 }, announced, false), true);
  assert.equal(isComplete({ epoch: "e", sequence: 7 }, { to: 7 }, announced, false), false);
  assert.equal(isComplete({ epoch: "e", sequence: 7 }, { to: 7 }, announced, true), true);
  assert.equal(isComplete({ epoch: "e", sequence: 7 }, { to: 9 }, announced, true), false);
});

test("a server goes on where the asker stands, or from the first change", () => {
  const own = { epoch: "e", sequence: 9 };
  assert.equal(serveFrom(own, 0, { epoch: "e", since: 4 }), 5);
  assert.equal(serveFrom(own, 0, { epoch: "e", since: 99 }), 10);
  assert.equal(serveFrom(own, 0, { epoch: "f", since: 4 }), 1);
  assert.equal(serveFrom(own, 6, { epoch: "e", since: 5 }), 1);
  assert.equal(serveFrom(own, 0, { epoch: null, since: 0 }), 1);
});

test("pulls wait little in a small group, and longer after each failure, within bounds", () => {
  const random = seeded(7);
  for (let i = 0; i < 200; i++) {
    assert.ok(jitter(random, 3) <= 12);
    assert.ok(jitter(random, 10_000) <= 2_000);
    const [first, later, last] = [backoff(random, 1), backoff(random, 4), backoff(random, 1_000)];
    assert.ok(first >= 125 && first <= 250 && later >= 1_000 && later <= 2_000 && last >= 15_000 && last <= 30_000);
  }
  assert.equal(chooseSource(random, "origin", ["a", "b"], 0), "origin");
  assert.match(chooseSource(random, "origin", ["a", "b"], 1), /^[ab]$/);
  assert.equal(chooseSource(random, "origin", [], 1), "origin");
  assert.equal(isBehind(null, { epoch: "e", sequence: 0 }), false);
  assert.equal(isBehind({ epoch: "e", sequence: 4 }, { epoch: "e", sequence: 3 }), false);
  assert.equal(isBehind({ epoch: "e", sequence: 4 }, { epoch: "f", sequence: 0 }), true);
});

test("every msgpack value is a whole one, and none that is cut or followed by more", () => {
  const value = fc.anything({
    maxDepth: 3,
    values: [
      fc.string(),
      fc.integer(),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.uint8Array({ maxLength: 300 }),
    ],
  });
  const property = fc.property(value, fc.nat(), (any, where) => {
    const bytes = encode(any);
    assert.ok(isWholeValue(bytes, 12));
    assert.ok(!isWholeValue(bytes.slice(0, where % bytes.length), 12));
    assert.ok(!isWholeValue(new Uint8Array([...bytes, 0]), 12));
  });
  fc.assert(property, { numRuns: 300 });
  assert.ok(!isWholeValue(new Uint8Array([0xdd, 0xff, 0xff, 0xff, 0xff]), 12));
  assert.ok(!isWholeValue(new Uint8Array(1_000).fill(0x91), 12), "too deep");
});

test("a long value is found whole every time, however hot the loop that reads it", () => {
  const bytes = encode(
    Array.from({ length: 5_000 }, (_, i) => ({ k: "f", s: new Uint8Array(8), p: `f${i}`, m: 2_000 })),
  );
  for (let i = 0; i < 20; i++) assert.ok(isWholeValue(bytes, 6));
});
