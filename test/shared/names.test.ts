import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { nameRefusal, toName, toWireName, utf8Length, wireNameFits } from "../../src/shared/names.ts";

for (const name of [
  "",
  ".hidden",
  "@all",
  "a/b",
  "a\\b",
  "a\0b",
  "a\nb",
  "e\u0301",
  " a",
  "a ",
  "x".repeat(65),
  "\ud800",
]) {
  test(`${JSON.stringify(name)} cannot name a member or a share`, () => assert.notEqual(nameRefusal(name), null));
}

for (const name of ["Ana", "NAS 2", "élan", "日本", "🦊", "a=b", "<b>", "x".repeat(64)]) {
  test(`${JSON.stringify(name)} can name a member or a share`, () => assert.equal(nameRefusal(name), null));
}

test("any text becomes a name that is allowed", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => nameRefusal(toName(text, "x")) === null),
  );
});

test("lengths are those of UTF-8", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => utf8Length(text) === Buffer.byteLength(text)));
});

test("a wire name is a slug of the display name with the first 16 digits of the member id, and fits no other id", () => {
  const id = "0123456789abcdef".repeat(4);
  assert.equal(toWireName("Ana's NAS!", id), "ana-s-nas-0123456789abcdef");
  assert.equal(toWireName("日本", id), "member-0123456789abcdef");
  assert.ok(wireNameFits(toWireName("Ana", id), id));
  assert.ok(!wireNameFits(toWireName("Ana", id), "f".repeat(64)));
});
