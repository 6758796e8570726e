import assert from "node:assert/strict";
import { test } from "node:test";
import type { Encoded, PacketMessage } from "../../src/membership/core/message.ts";
import { BroadcastQueue } from "../../src/membership/core/queue.ts";
import { encodeMessage } from "../../src/membership/wire/codec.ts";
import { accuse, alive, listed, meta, OneMember } from "./one-member.ts";

/* SWIM-WIRE §5.1, Dissemination. */

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

test("of four user messages of 18 bytes three go into 80: the byte before each makes their overhead 3", () => {
  const queue = new BroadcastQueue();
  for (let i = 0; i < 4; i++) {
    const message = { kind: "user", bytes: new Uint8Array(18).fill(i) } as const;
    queue.put({ message, bytes: encodeMessage(message) }, { name: null });
  }
  assert.equal(queue.draw({ bytes: 80, parts: 9 }, 9).parts.length, 3);
  assert.equal(queue.draw({ bytes: 84, parts: 9 }, 9).parts.length, 4);
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

test("four messages of 18 bytes, each sent twice: three, three, two, none", () => {
  const queue = new BroadcastQueue();
  for (let i = 0; i < 4; i++) queue.put(news(i, 18), { name: `m${i}` });
  const drawn = [1, 2, 3, 4].map(() => queue.draw({ bytes: 79, parts: 9 }, 2).parts.length);
  assert.deepEqual(drawn, [3, 3, 2, 0]);
  assert.equal(queue.bytes, 0);
});

test("a pruned queue forgets what was sent most often, and tells so", () => {
  const queue = new BroadcastQueue();
  for (let i = 0; i < 4; i++) queue.put(news(i, 10 + i), { name: `m${i}`, tag: `tag ${i}` });
  queue.draw({ bytes: 40, parts: 2 }, 9);
  const finished: string[] = [];
  queue.prune(2, finished);
  assert.deepEqual(finished.sort(), ["tag 2", "tag 3"]);
  assert.equal(queue.size, 2);
});

test("news too long for the room left does not keep the rest waiting", () => {
  const queue = new BroadcastQueue();
  queue.put(news(1, 5_000), { name: null });
  queue.put(news(2, 10), { name: null });
  assert.deepEqual(marks(queue.draw({ bytes: 1_000, parts: 9 }, 4)), [2]);
});

test("a round of gossip goes to three others, the dead of late among them, those who left never", () => {
  const one = new OneMember();
  one.hear(...[1, 2, 3, 4, 5].map((index) => alive(index)));
  one.drain();
  one.hear(accuse("dead", 2), accuse("dead", 3, 5, "m3"));
  one.fire("gossip");
  assert.equal(one.sent.length, 3);
  const told = new Set<number>();
  for (let round = 0; round < 40; round++) {
    one.hear(alive(1, 6 + round));
    one.fire("gossip");
    for (const [to] of one.sent) told.add(to);
  }
  assert.deepEqual([...told].sort(), [1, 2, 4, 5]);
  one.pass(31_000);
  one.hear(alive(1, 99));
  one.drain();
  assert.ok(
    one.sent.every(([to]) => to !== 2),
    "not for longer than half a minute",
  );
});

test("news rides on pings, acks and nacks", () => {
  const one = new OneMember();
  one.hear(alive(1), alive(2));
  one.hear({ kind: "ping", seq: 3, node: "m0", replyTo: null, source: "" });
  const [, messages] = one.sent[0] ?? [0, []];
  assert.deepEqual(
    messages.map(({ kind }) => kind),
    ["ack", "alive", "alive", "alive"],
  );
});

const user = (length: number, mark = 0): PacketMessage & { kind: "user" } => {
  const bytes = new Uint8Array(length);
  bytes[0] = mark;
  return { kind: "user", bytes };
};

test("half of each packet belongs to user messages while news of members waits", () => {
  const one = new OneMember();
  one.hear(...Array.from({ length: 60 }, (_, i) => alive(i + 1, 5, { meta: new Uint8Array(200) })));
  for (let i = 0; i < 5; i++) one.feed({ kind: "broadcast", message: user(250, i) });
  one.fire("gossip");
  for (const [, messages] of one.sent) {
    assert.equal(messages.filter(({ kind }) => kind === "user").length, 2);
    assert.equal(messages.filter(({ kind }) => kind === "alive").length, 3);
  }
});

test("a user message too long for any packet is refused, and does not wait for ever", () => {
  const one = new OneMember();
  one.hear(alive(1));
  one.feed({ kind: "broadcast", message: user(1_191) });
  assert.equal(one.swim.load.riders, 0);
  assert.equal(one.wishes("note")[0]?.level, "warn");
  one.feed({ kind: "broadcast", message: user(1_190) });
  assert.ok(one.sent.some(([, messages]) => messages.some(({ kind }) => kind === "user")));
});

test("a message to one member goes to it alone, in a packet of its own, with a checksum", () => {
  const one = new OneMember();
  one.hear(alive(1), alive(2));
  const message = user(2_000);
  one.feed({ kind: "tell", to: "m2", message });
  assert.deepEqual(one.sent, [[2, [message]]]);
  assert.equal(one.wishes("send")[0]?.crc, true);
  one.feed({ kind: "tell", to: "m9", message });
  assert.deepEqual(one.sent, []);
});

test("a message that must arrive goes over a stream, and is done when it is written", () => {
  const one = new OneMember();
  one.hear(alive(1));
  const message = user(100_000);
  const [dial] = one.feed({ kind: "deliver", request: 7, to: "m1", message });
  assert.ok(dial?.kind === "dial");
  const { stream } = dial;
  assert.deepEqual(one.feed({ kind: "connected", stream }), [
    { kind: "say", stream, message },
    { kind: "delivered", request: 7, failed: null },
  ]);
  assert.deepEqual(one.feed({ kind: "failed", stream, why: "it hung up" }), [], "that is how the other ends it");
  one.feed({ kind: "deliver", request: 8, to: "m1", message });
  one.feed({ kind: "failed", stream: stream + 1, why: "nobody listens there" });
  assert.deepEqual(one.effects, [{ kind: "delivered", request: 8, failed: "nobody listens there" }]);
  assert.match(JSON.stringify(one.feed({ kind: "deliver", request: 9, to: "m9", message })), /not known/);
});

test("what arrives for what rides on the protocol is told; over a stream, nothing is nothing", () => {
  const one = new OneMember();
  assert.deepEqual(one.hear(user(0)), [{ kind: "heard", message: user(0) }]);
  const heard = one.feed({ kind: "asked", stream: -1, message: user(3) });
  assert.deepEqual(heard, [
    { kind: "hang-up", stream: -1 },
    { kind: "heard", message: user(3) },
  ]);
  assert.deepEqual(one.feed({ kind: "asked", stream: -2, message: user(0) }), [{ kind: "hang-up", stream: -2 }]);
});

test("a swap of lists goes to a random member that is alive, more rarely in a large group", () => {
  const one = new OneMember();
  one.hear(...Array.from({ length: 40 }, (_, i) => alive(i + 1)));
  one.hear(...Array.from({ length: 39 }, (_, i) => accuse("suspect", i + 1)));
  one.drain();
  one.fire("push-pull");
  assert.deepEqual(
    one.wishes("dial").map(({ to }) => to.host[3]),
    [40],
  );
  assert.deepEqual(
    one.wishes("wake").map(({ afterMs }) => afterMs),
    [60_000],
  );
});

test("a list is answered with this member's own, before the other's is taken in; both add what rides on it", () => {
  const joins: boolean[] = [];
  const localState = (join: boolean): Uint8Array => {
    joins.push(join);
    return Uint8Array.of(1, 2, 3);
  };
  const one = new OneMember({ config: { localState } });
  const userState = Uint8Array.of(9);
  one.feed({
    kind: "asked",
    stream: -1,
    message: { kind: "push-pull", join: true, states: [listed(1, "alive")], userState },
  });
  const [said] = one.wishes("say");
  assert.ok(said?.message.kind === "push-pull");
  assert.deepEqual(
    said.message.states.map(({ name }) => name),
    ["m0"],
  );
  assert.equal(said.message.join, true);
  assert.deepEqual(said.message.userState, Uint8Array.of(1, 2, 3));
  assert.deepEqual(one.wishes("heard-state"), [{ kind: "heard-state", join: true, userState }]);
  assert.equal(one.state(1), "alive");
  assert.deepEqual(joins, [true]);
  one.fire("push-pull");
  one.feed({ kind: "connected", stream: one.wishes("dial")[0]?.stream ?? 0 });
  assert.deepEqual(joins, [true, false]);
});

test("lists that cannot be swapped three times in a row are worth a warning", () => {
  const one = new OneMember();
  one.hear(alive(1));
  const warnings = [1, 2, 3, 4].map(() => {
    one.fire("push-pull");
    one.feed({ kind: "failed", stream: one.wishes("dial")[0]?.stream ?? 0, why: "no answer in time" });
    return one.wishes("note").filter(({ level }) => level === "warn").length;
  });
  assert.deepEqual(warnings, [0, 0, 1, 0]);
});

test("an accusation that confirms another is passed on as well, unless it is heard twice", () => {
  const one = new OneMember();
  one.hear(...[1, 2, 3, 4, 5].map((index) => alive(index, 5, { meta })));
  one.hear(accuse("suspect", 1, 5, "m2"));
  one.drain();
  one.hear(accuse("suspect", 1, 5, "m3"));
  one.fire("gossip");
  assert.deepEqual(one.sent[0]?.[1], [accuse("suspect", 1, 5, "m3")]);
  one.drain();
  one.hear(accuse("suspect", 1, 5, "m3"));
  assert.equal(one.swim.load.news, 0);
});
