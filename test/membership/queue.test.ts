import assert from "node:assert/strict";
import { test } from "node:test";
import type { Encoded } from "../../src/membership/core/message.ts";
import { BroadcastQueue } from "../../src/membership/core/queue.ts";

/** News of so many bytes, told apart by its first. */
const news = (mark: number, length: number): Encoded => {
  const bytes = new Uint8Array(length);
  bytes[0] = mark;
  return { message: { kind: "user", bytes }, bytes };
};
const marks = ({ parts }: { parts: Encoded[] }): (number | undefined)[] => parts.map(({ bytes }) => bytes[0]);

test("news of a name takes the place of older news of it, and tells its tag", () => {
  const queue = new BroadcastQueue();
  assert.deepEqual(queue.put(news(1, 10), { name: "ana", tag: "goodbye" }), []);
  assert.deepEqual(queue.put(news(2, 10), { name: "ben" }), []);
  assert.deepEqual(queue.put(news(3, 10), { name: "ana" }), ["goodbye"]);
  assert.deepEqual(marks(queue.draw({ bytes: 100, parts: 9 }, 4)), [3, 2]);
});

test("accusers of one name stay beside each other, until news of another kind replaces them all", () => {
  const queue = new BroadcastQueue();
  queue.put(news(1, 10), { name: "ana", voice: "ben" });
  queue.put(news(2, 10), { name: "ana", voice: "eve" });
  queue.put(news(3, 10), { name: "ana", voice: "ben" });
  assert.deepEqual(marks(queue.draw({ bytes: 100, parts: 9 }, 4)), [3, 2]);
  queue.put(news(4, 10), { name: "ana" });
  assert.deepEqual(marks(queue.draw({ bytes: 100, parts: 9 }, 4)), [4]);
});

test("as many as fit with their overhead are drawn", () => {
  const queue = new BroadcastQueue();
  for (let i = 0; i < 4; i++) queue.put(news(i, 18), { name: null });
  assert.equal(queue.draw({ bytes: 80, parts: 9 }, 9).parts.length, 4);
  assert.equal(queue.draw({ bytes: 79, parts: 9 }, 9).parts.length, 3);
  assert.equal(queue.draw({ bytes: 80, parts: 2 }, 9).parts.length, 2);
  assert.equal(queue.draw({ bytes: 19, parts: 9 }, 9).parts.length, 0);
});

test("least sent goes first, then longest, then newest; what was sent often enough is finished", () => {
  const queue = new BroadcastQueue();
  queue.put(news(1, 10), { name: null, tag: "one" });
  queue.put(news(2, 20), { name: null });
  queue.put(news(3, 10), { name: null });
  assert.deepEqual(marks(queue.draw({ bytes: 100, parts: 2 }, 2)), [2, 3]);
  assert.deepEqual(marks(queue.draw({ bytes: 100, parts: 2 }, 2)), [1, 2]);
  assert.equal(queue.size, 2);
  const last = queue.draw({ bytes: 100, parts: 9 }, 2);
  assert.deepEqual(marks(last), [3, 1]);
  assert.deepEqual(last.finished, ["one"]);
  assert.equal(queue.size, 0);
});

test("news too long for any packet does not keep the rest waiting", () => {
  const queue = new BroadcastQueue();
  queue.put(news(1, 5_000), { name: null });
  queue.put(news(2, 10), { name: null });
  assert.deepEqual(marks(queue.draw({ bytes: 1_000, parts: 9 }, 4)), [2]);
});
