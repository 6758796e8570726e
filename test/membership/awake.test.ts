import assert from "node:assert/strict";
import { test } from "node:test";
import { Watch, wakefulClock } from "../../src/membership/awake.ts";
import { systemClock } from "../../src/shared/clock.ts";

/** What waits for a watch, with something that keeps the process: a watch does not. */
async function watched(start: (done: () => void) => void): Promise<void> {
  const kept = setInterval(() => undefined, 1_000);
  await new Promise<void>(start);
  clearInterval(kept);
}

/** A machine's two clocks: one that people set, one that stands still while the machine sleeps. */
function clocks() {
  const at = { wall: 1_700_000_000_000, now: 5_000 };
  const pass = (wall: number, now: number): void => {
    at.wall += wall;
    at.now += now;
  };
  return { pass, clock: wakefulClock({ wall: () => at.wall, now: () => at.now }) };
}

test("time slept counts, though the monotonic clock stood still", () => {
  const { pass, clock } = clocks();
  pass(1_000, 1_000);
  assert.equal(clock.now(), 6_000);
  pass(3_600_000, 20);
  assert.equal(clock.now(), 6_000 + 3_600_000);
  pass(50, 50);
  assert.equal(clock.now(), 6_050 + 3_600_000);
});

test("a clock that is set back, or drifts, changes nothing", () => {
  const { pass, clock } = clocks();
  for (let i = 0; i < 100; i++) {
    pass(101, 100);
    clock.now();
  }
  assert.equal(clock.now(), 15_000);
  pass(-86_400_000, 100);
  assert.equal(clock.now(), 15_100);
});

test("a busy stretch is told as a lag of its length, and is no sleep", async () => {
  const lags: number[] = [];
  let woke = false;
  await watched((resolve) => {
    const watch = new Watch(systemClock, {
      lag: (ms) => lags.push(ms),
      woke: () => {
        woke = true;
      },
      beat: () => {
        watch.stop();
        resolve();
      },
    });
    setTimeout(() => {
      for (const start = performance.now(); performance.now() - start < 800; );
    }, 50);
  });
  // It began 200 ms before the beat was due.
  assert.equal(lags.length, 1);
  assert.ok((lags[0] ?? 0) > 500 && (lags[0] ?? 0) < 1_500, `${lags}`);
  assert.ok(!woke);
});

test("a jump of the clock that counts sleep is told as a lag, then as waking up", async () => {
  let ahead = 0;
  const heard: [string, number][] = [];
  await watched((resolve) => {
    const watch = new Watch(
      { wall: () => Date.now() + ahead, now: () => performance.now() + ahead },
      {
        lag: (ms) => heard.push(["lag", Math.round(ms / 10_000)]),
        woke: (ms) => heard.push(["woke", Math.round(ms / 10_000)]),
        beat: () => {
          watch.stop();
          resolve();
        },
      },
    );
    ahead = 60_000;
  });
  assert.deepEqual(heard, [
    ["lag", 6],
    ["woke", 6],
  ]);
});
