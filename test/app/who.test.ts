import assert from "node:assert/strict";
import { test } from "node:test";
import { findWho } from "../../src/app/rotation/who.ts";

const who = (name: string, digit: string, wireName: string | null = null) => ({ id: digit.repeat(64), name, wireName });
const ben = who("Ben", "b", `ben-${"b".repeat(16)}`);
const gone = who("Ben", "c");
const zoe = who("Zoe", "d");

test("a member to be removed is found by wire name, by id, by its id as lists show it, and by a name that it alone has", () => {
  const all = [ben, gone, zoe];
  assert.equal(findWho(`ben-${"b".repeat(16)}`, all), ben);
  assert.equal(findWho("c".repeat(64), all), gone);
  assert.equal(findWho("c".repeat(16), all), gone);
  assert.equal(findWho(`ben-${"c".repeat(16)}`, all), gone, "the wire name of one that is only remembered");
  assert.equal(findWho("Zoe", all), zoe);
});

test("a name that two have, one of them away, is ambiguous: nobody is removed by mistake", () => {
  assert.throws(() => findWho("Ben", [ben, gone]), {
    code: "ambiguous",
    candidates: [`ben-${"b".repeat(16)}`, "c".repeat(64)],
  });
  assert.throws(() => findWho("Ann", [ben, gone]), { code: "not-found" });
  assert.throws(() => findWho("c".repeat(15), [ben, gone]), { code: "not-found" });
});
