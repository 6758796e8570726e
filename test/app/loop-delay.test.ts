import assert from "node:assert/strict";
import { test } from "node:test";
import { LoopDelay } from "../../src/app/loop-delay.ts";
import { until } from "../support/until.ts";

test("an event loop that stood still was late for all that could have come meanwhile, and one that slept was not late", async (t) => {
  let now = 0;
  const delay = new LoopDelay({ wall: () => now, now: () => now });
  t.after(() => delay.stop());
  now = 100 + 350;
  // 350, 250, 150 and 50 ms.
  await until("it looked", () => (delay.counters().loopDelays ?? 0) >= 4);
  const { loopDelays: _, ...late } = delay.counters();
  const expected = {
    loopDelaysOver10Ms: 4,
    loopDelaysOver20Ms: 4,
    loopDelaysOver50Ms: 3,
    loopDelaysOver100Ms: 3,
    loopDelaysOver200Ms: 2,
    loopDelaysOver500Ms: 0,
    loopDelayLongestMs: 350,
  };
  assert.deepEqual(late, expected);
  now += 3_600_000;
  const looks = delay.counters().loopDelays ?? 0;
  await until("it looked again", () => (delay.counters().loopDelays ?? 0) > looks);
  assert.equal(delay.counters().loopDelayLongestMs, 350);
});
