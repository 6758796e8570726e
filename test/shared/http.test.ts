import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { precondition, rangeHolds } from "../../src/shared/http-conditions.ts";
import { answersRange, parseRange } from "../../src/shared/http-range.ts";

test("a Range header is read as RFC 9110 §14 has it", () => {
  const part = (start: number, end: number) => ({ start, end });
  const table: [header: string | null, size: number, expected: ReturnType<typeof parseRange>][] = [
    [null, 100, "whole"],
    ["", 100, "whole"],
    ["bytes=0-0", 100, part(0, 0)],
    ["bytes=0-", 100, part(0, 99)],
    ["bytes=99-", 100, part(99, 99)],
    ["bytes=100-", 100, "unsatisfiable"],
    ["bytes=10-19", 100, part(10, 19)],
    ["bytes=10-1000", 100, part(10, 99)],
    ["bytes=10-99999999999999999999999", 100, part(10, 99)],
    ["bytes=99999999999999999999999-", 100, "unsatisfiable"],
    ["bytes=100-200", 100, "unsatisfiable"],
    ["bytes=-1", 100, part(99, 99)],
    ["bytes=-100", 100, part(0, 99)],
    ["bytes=-500", 100, part(0, 99)],
    ["bytes=-0", 100, "unsatisfiable"],
    ["BYTES=1-2", 100, part(1, 2)],
    ["bytes = 1-2", 100, part(1, 2)],
    ["bytes= 1-2 ", 100, part(1, 2)],
    ["bytes=1-2,", 100, part(1, 2)],
    ["bytes=5-4", 100, "whole"],
    ["bytes=1-2,4-5", 100, "whole"],
    ["bytes=-", 100, "whole"],
    ["bytes=a-b", 100, "whole"],
    ["bytes=1 - 2", 100, "whole"],
    ["bytes=+1-2", 100, "whole"],
    ["bytes=1.5-2", 100, "whole"],
    ["bytes", 100, "whole"],
    ["items=0-1", 100, "whole"],
    ["bytes=0-0", 0, "whole"],
    ["bytes=-1", 0, "whole"],
  ];
  for (const [header, size, expected] of table) assert.deepEqual(parseRange(header, size), expected, `${header}`);
});

test("whatever a Range header says, what comes of it lies inside the file", () => {
  const header = fc.oneof(fc.string(), fc.stringMatching(/^bytes=[0-9, -]{0,24}$/));
  fc.assert(
    fc.property(header, fc.nat(), (text, size) => {
      const asked = parseRange(text, size);
      if (typeof asked === "string") return;
      assert.ok(asked.start >= 0 && asked.start <= asked.end && asked.end < size);
    }),
  );
});

test("an answer's Content-Range must be what was asked for", () => {
  assert.ok(answersRange("bytes 5-9/10", { start: 5, end: 9 }, 10));
  assert.ok(answersRange("bytes 5-9/*", { start: 5, end: 9 }, 10));
  for (const wrong of [null, "", "bytes 4-9/10", "bytes 5-8/10", "bytes 5-9/11", "bytes */10", "5-9/10"]) {
    assert.ok(!answersRange(wrong, { start: 5, end: 9 }, 10), `${wrong}`);
  }
});

const version = { etag: '"v1"', mtime: Date.parse("2026-11-22T12:00:00.500Z") };
const headers = (given: Record<string, string>) => (name: string) => given[name];
const EARLIER = "Sun, 22 Nov 2026 11:59:59 GMT";
const SAME_SECOND = "Sun, 22 Nov 2026 12:00:00 GMT";

test("conditions are weighed in the order of RFC 9110 §13.2.2", () => {
  const table: [Record<string, string>, 304 | 412 | null][] = [
    [{}, null],
    [{ "if-match": '"v0", "v1"' }, null],
    [{ "if-match": "*" }, null],
    [{ "if-match": '"v0"' }, 412],
    [{ "if-match": 'W/"v1"' }, 412],
    [{ "if-match": '"v1"', "if-unmodified-since": EARLIER }, null],
    [{ "if-unmodified-since": EARLIER }, 412],
    [{ "if-unmodified-since": SAME_SECOND }, null],
    [{ "if-none-match": 'W/"v1"' }, 304],
    [{ "if-none-match": "*" }, 304],
    [{ "if-none-match": '"v0"', "if-modified-since": SAME_SECOND }, null],
    [{ "if-modified-since": SAME_SECOND }, 304],
    [{ "if-modified-since": EARLIER }, null],
    [{ "if-modified-since": "yesterday" }, null],
  ];
  for (const [given, expected] of table)
    assert.equal(precondition(headers(given), version), expected, JSON.stringify(given));
});

test("a part is sent only of the version that If-Range names", () => {
  for (const [value, holds] of [
    ['"v1"', true],
    ['W/"v1"', false],
    ['"v0"', false],
    [SAME_SECOND, true],
    [EARLIER, false],
  ] as const) {
    assert.equal(rangeHolds(headers({ "if-range": value }), version), holds, value);
  }
  assert.ok(rangeHolds(headers({}), version));
});
