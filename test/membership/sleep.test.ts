import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../src/shared/clock.ts";
import { until as eventually } from "../support/until.ts";
import { Members, seedOf, seen, until } from "./member.ts";

test("a machine that wakes after an hour, its monotonic clock having stood still, accuses nobody", {
  timeout: 30_000,
}, async (t) => {
  const members = await Members.of(t);
  let ahead = 0;
  const woken = await members.open("Ana", { clock: { now: systemClock.now, wall: () => Date.now() + ahead } });
  const others = [await members.open("Ben"), await members.open("Eve")];
  for (const other of others) await other.join([seedOf(woken)]);
  const all = [woken, ...others];
  await Promise.all(all.map((member) => until(member, () => member.members().length === 3)));
  const events: string[] = [];
  for (const member of all) {
    member.on("changed", ({ name }, _before, event) => {
      if (event === "suspected" || event === "died") events.push(`${name} ${event}`);
    });
  }
  const before = seen(woken, "Ana")?.incarnation ?? 0;
  ahead = 3_600_000;
  // It says at once that it is alive after all: the others may have buried it.
  for (const other of others) {
    await eventually("Ana says that she is alive", () => (seen(other, "Ana")?.incarnation ?? 0) > before);
  }
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  assert.deepEqual(events, []);
  for (const member of all) assert.ok(member.members().every(({ state }) => state === "alive"));
  const since = seen(woken, "Ben")?.since ?? 0;
  assert.ok(Math.abs(since - Date.now()) < 10_000, "since when Ben is alive is told by the clock of that time");
});
