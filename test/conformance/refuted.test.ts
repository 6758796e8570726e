import assert from "node:assert/strict";
import { test } from "node:test";
import { accuse, alive, OneMember } from "./one-member.ts";

/* What is told of what a member says of itself; SWIM-WIRE §3.8. */

test("a suspicion that is denied is told as that, once; what a member says of itself unasked is not", () => {
  const one = new OneMember();
  one.hear(alive(1), alive(2));
  const incarnation = (): number => one.swim.member("m0")?.incarnation ?? 0;
  const first = incarnation();
  one.feed({ kind: "meta", meta: Uint8Array.of(9) });
  assert.deepEqual(one.wishes("refuted"), []);
  one.pass(5_000);
  one.feed({ kind: "lag", ms: 5_000 });
  assert.equal(incarnation(), first + 2, "it comes back with something newer");
  assert.deepEqual(one.wishes("refuted"), [], "nobody had accused it");
  for (const kind of ["suspect", "dead"] as const) {
    one.hear(accuse(kind, 0, incarnation()));
    assert.equal(one.wishes("refuted").length, 1);
  }
  one.hear(accuse("suspect", 0, first));
  assert.deepEqual(one.wishes("refuted"), [], "an old accusation is none");
});
