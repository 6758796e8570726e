import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { utf8Length } from "../../src/shared/names.ts";
import { backoff } from "../../src/transfer/core/backoff.ts";
import { forgettable } from "../../src/transfer/core/forget.ts";
import { numbered, partName, targetName } from "../../src/transfer/core/names.ts";
import { type Listed, place } from "../../src/transfer/core/plan.ts";
import { Rate } from "../../src/transfer/core/rate.ts";
import { after, type Event, isFinished, type State } from "../../src/transfer/core/states.ts";

test("no event brings a finished download back to work, but resuming a failed one", () => {
  const events: Event[] = ["start", "finish", "starve", "fail", "retry", "pause", "resume", "cancel", "reopen"];
  const states: State[] = ["queued", "downloading", "paused", "waiting", "done", "failed", "cancelled"];
  for (const state of states.filter(isFinished)) {
    for (const event of events) {
      const next = after(state, event);
      const allowed = state === "failed" ? [null, "failed", "queued", "cancelled"] : [null, state];
      assert.ok(allowed.includes(next), `${state} + ${event} = ${next}`);
    }
  }
  assert.equal(after("downloading", "reopen"), "queued");
  assert.equal(after("paused", "reopen"), "paused");
  assert.equal(after("paused", "starve"), null);
  assert.equal(after("waiting", "retry"), "queued");
});

test("a taken name is numbered before its ending, within what a file system takes", () => {
  assert.equal(numbered("photo.jpg", 1, "file"), "photo.jpg");
  assert.equal(numbered("photo.jpg", 2, "file"), "photo (2).jpg");
  assert.equal(numbered("photo", 3, "file"), "photo (3)");
  assert.equal(numbered(".profile", 2, "file"), ".profile (2)");
  assert.equal(numbered("v1.2", 2, "folder"), "v1.2 (2)");
  assert.equal(numbered("no ending. Just a sentence", 2, "file"), "no ending. Just a sentence (2)");
});

test("no name that is made is too long, half a character, or a part file's", () => {
  const component = fc
    .string({ unit: "grapheme", minLength: 1, maxLength: 120 })
    .filter((text) => utf8Length(text) <= 255);
  fc.assert(
    fc.property(
      component,
      fc.integer({ min: 2, max: 999 }),
      fc.constantFrom("", ".groupshare-part"),
      (text, number, end) => {
        const name = targetName(`${text.slice(0, 60)}${end}`.toWellFormed(), false);
        assert.ok(!name.endsWith(".groupshare-part"));
        for (const made of [
          numbered(name, number, "file"),
          partName(name, null),
          partName(name, "0123456789abcdef-99"),
        ]) {
          assert.ok(utf8Length(made) <= 255 && made.isWellFormed(), made);
        }
        assert.ok(partName(name, null).endsWith(".groupshare-part"));
      },
    ),
  );
});

test("no entry is placed outside of the download's folder", () => {
  const listed = (path: string): Listed => ({ path, kind: "file", size: 1, mtime: 0, root: null });
  for (const path of [
    "../x",
    "docs/../x",
    "/etc/passwd",
    "docs//x",
    "docs/./x",
    "docs",
    "docsx/y",
    "other/x",
    "docs/a\0b",
    "docs/..",
    "",
  ]) {
    assert.equal(place("docs", listed(path), false).kind, "refused", path);
  }
  const component = fc.oneof(fc.constantFrom("..", ".", "", "a", "docs", "CON", "x:y", "..\\..\\z", "C:"), fc.string());
  fc.assert(
    fc.property(fc.array(component, { maxLength: 6 }), fc.boolean(), (components, windows) => {
      const placed = place("docs", listed(components.join("/")), windows);
      if (placed.kind !== "file") return;
      for (const name of [...placed.file.at, placed.file.name]) {
        assert.ok(name !== "" && name !== "." && name !== ".." && !name.includes("/"));
        if (windows) assert.ok(!/[\\:]/.test(name));
      }
    }),
  );
  const placed = place("docs", listed("docs/a/b.txt"), false);
  assert.deepEqual(placed.kind === "file" && [placed.file.at, placed.file.name], [["a"], "b.txt"]);
});

test("a rate is right after a second and fades to nothing in a pause", () => {
  const rate = new Rate(0);
  for (let now = 10; now <= 1_000; now += 10) rate.add(1_000, now);
  assert.ok(Math.abs(rate.read(1_000) - 100_000) < 2_000, `${rate.read(1_000)}`);
  assert.ok(rate.read(2_500) < 60_000);
  assert.ok(rate.read(60_000) < 10);
});

test("tries grow rarer, from about a second to about half a minute", () => {
  assert.ok(backoff(1, 0.5) === 1_000 && backoff(2, 0.5) === 2_000 && backoff(50, 0.5) === 30_000);
  assert.ok(backoff(3, 0) < backoff(3, 0.99));
});

test("finished downloads are forgotten oldest first, but not those that somebody may still wait for", () => {
  const MINUTE = 60_000;
  const ended = (count: number, from: number, batch = "") =>
    Array.from({ length: count }, (_, i) => ({ id: `${batch}${from + i}`, ended: from + i, batch }));
  const going = (batch: string) => ({ id: `${batch} going`, ended: null, batch });
  const now = 100 * MINUTE;
  const forgotten = (downloads: Parameters<typeof forgettable>[0]) => forgettable(downloads, now).length;

  assert.equal(forgotten(ended(200, 1)), 0);
  assert.deepEqual(forgettable(ended(203, 1), now), ["1", "2", "3"]);
  assert.deepEqual(forgettable(ended(203, 1).reverse(), now), ["1", "2", "3"], "in the order in which they ended");
  assert.equal(forgotten(ended(500, now - 5 * MINUTE)), 0, "all ended lately");
  assert.equal(forgotten([...ended(500, 1), ...ended(500, now - 5 * MINUTE)]), 500);
  assert.equal(forgotten([...ended(500, 1, "a"), going("a")]), 0, "one that was asked for with them goes on");
  assert.equal(forgotten([...ended(500, 1, "a"), going("b")]), 300);
  assert.equal(forgotten([...ended(10_300, 1, "a"), going("a")]), 300, "whatever else, at most so many");
});
