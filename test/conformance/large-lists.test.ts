import assert from "node:assert/strict";
import { test } from "node:test";
import { versionConflict } from "../../src/membership/core/versions.ts";
import { WIRE_LIMITS } from "../../src/membership/wire/limits.ts";
import { encodeStream, StreamReader } from "../../src/membership/wire/stream.ts";
import { wire } from "../simulation/member.ts";
import { listed, meta, OneMember } from "./one-member.ts";

/** One line of a list, for numbers beyond those that an address has room for. */
const line = (index: number) => ({ ...listed(index % 60_000, "alive"), name: `m${index}` });

test("a list of 200 000 alive members is compared and mixed in, as far as there is room, without falling over", () => {
  const one = new OneMember({ config: { admit: () => null, veto: () => null } });
  const states = Array.from({ length: 200_000 }, (_, i) => line(i));
  assert.equal(versionConflict(states), null);
  const odd = { ...line(7), name: "odd", vsn: Uint8Array.of(1, 5, 2, 2, 5, 9) };
  assert.match(versionConflict([...states, odd]) ?? "", /"odd" speaks delegate version 9, not within 2 to 5/);
  one.swap(states);
  assert.equal(one.swim.members().length, 4_096);
  assert.equal(one.state(4_000), "alive");
});

test("the longest list that is read holds up all else for less than half a second", () => {
  const states = Array.from({ length: WIRE_LIMITS.states }, (_, i) => ({ ...line(i), meta: new Uint8Array(300) }));
  const bytes = encodeStream({ kind: "push-pull", join: true, states, userState: meta }, wire, false);
  const reader = new StreamReader(wire, true);
  const began = performance.now();
  const read = reader.push(bytes);
  const took = performance.now() - began;
  assert.ok(typeof read === "object" && "states" in read && read.states.length === WIRE_LIMITS.states);
  assert.ok(took < 4 * 500, `${took} ms`);
});
