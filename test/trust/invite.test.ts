import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { GroupShareError } from "../../src/shared/errors.ts";
import { newGroup, readInvite, UNTOLD, writeInvite } from "../../src/trust/mod.ts";

const group = newGroup("Friends & Família 🦊");
const addresses = ["192.168.1.20:7946", "[fe80::1]:7946"];
const invite = writeInvite({ group, addresses });

function refusal(text: string): string {
  try {
    readInvite(text);
  } catch (thrown) {
    assert.ok(thrown instanceof GroupShareError);
    assert.equal(thrown.code, "usage");
    assert.ok(thrown.hint);
    return thrown.message;
  }
  assert.fail("it was read");
}

test("an invite is one line that carries group, secret and addresses, and not who was removed", () => {
  assert.match(invite, /^groupshare:[A-Za-z0-9_-]+$/);
  const read = readInvite(invite);
  assert.deepEqual({ ...read.group }, { ...group, ...UNTOLD });
  assert.deepEqual(read.addresses, addresses);
});

test("an invite survives line breaks and spaces of whatever carried it", () => {
  assert.equal(readInvite(`  ${invite.slice(0, 30)}\r\n > `.replace(" > ", " ") + invite.slice(30)).group.id, group.id);
});

test("any one character mistyped is noticed", () => {
  fc.assert(
    fc.property(fc.integer({ min: 11, max: invite.length - 1 }), fc.constantFrom(..."aZ09_-"), (at, character) => {
      fc.pre(invite[at] !== character);
      // The bits of the last character that carry nothing may differ.
      fc.pre(at < invite.length - 1);
      assert.match(refusal(invite.slice(0, at) + character + invite.slice(at + 1)), /mistyped/);
    }),
  );
});

test("an invite that was cut off, is something else, or holds a strange character is named as that", () => {
  assert.match(refusal(invite.slice(0, -3)), /missing or mistyped/);
  assert.match(refusal("groupshare:"), /missing or mistyped/);
  assert.match(refusal("magnet:?xt=urn"), /does not start with "groupshare:"/);
  assert.match(refusal(""), /does not start/);
  assert.match(refusal(`${invite}!`), /holds "!"/);
  assert.match(refusal(`groupshare:${"A".repeat(9000)}`), /longer than/);
});

test("any text at all is read or refused, never more", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => refusal(`groupshare:${text}`) !== ""));
});

test("no more than eight addresses are carried", () => {
  const many = Array.from({ length: 20 }, (_, index) => `10.0.0.${index}:7946`);
  assert.equal(readInvite(writeInvite({ group, addresses: many })).addresses.length, 8);
});
