import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { admission, groupShareMeta } from "../../src/membership/admission.ts";
import { decodeMeta, decodeTags, encodeMeta } from "../../src/membership/meta.ts";
import { GROUP, idOf, optionsOf } from "./member.ts";

const { meta, wireName } = optionsOf("Ana", "127.0.0.1", "");

test("meta is tags in Serf's form with the fixed letters, and comes back the same", () => {
  const said = { ...meta, addresses: ["10.0.0.1", "fe80::1"], sequence: 2 ** 40, entries: 7, bytes: 2 ** 50 };
  const bytes = encodeMeta(said);
  assert.equal(bytes[0], 0xff);
  assert.deepEqual(Object.fromEntries(decodeTags(bytes)), {
    i: meta.id,
    g: GROUP,
    p: "7948",
    n: "Ana",
    e: "00112233445566aa",
    s: String(2 ** 40),
    c: "7",
    b: String(2 ** 50),
    a: "10.0.0.1,fe80::1",
    x: "1-1",
    v: "0.1.0",
  });
  assert.deepEqual(decodeMeta(bytes), said);
});

test("meta never exceeds 512 bytes: further addresses go first", () => {
  const long = Array.from({ length: 3 }, (_, i) => `${String(i).repeat(100)}.example`);
  const bytes = encodeMeta({ ...meta, name: "ü".repeat(32), addresses: long, version: "0.1.0-nightly" });
  assert.ok(bytes.length <= 512);
  assert.deepEqual(decodeMeta(bytes)?.addresses, long.slice(0, 2));
});

test("whatever bytes a member sends as meta, they are read or refused", () => {
  const valid = encodeMeta(meta);
  const hits = fc.array(fc.tuple(fc.nat({ max: valid.length - 1 }), fc.integer({ min: 0, max: 255 })), {
    maxLength: 5,
  });
  fc.assert(
    fc.property(hits, fc.uint8Array({ maxLength: 100 }), (changes, noise) => {
      const damaged = Uint8Array.from(valid);
      for (const [at, to] of changes) damaged[at] = to;
      decodeMeta(damaged);
      decodeMeta(Uint8Array.of(0xff, ...noise));
    }),
    { numRuns: 2_000 },
  );
  for (const change of [{ id: "x" }, { name: "a/b" }, { peerPort: 70_000 }, { epoch: "" }, { sequence: -1 }]) {
    assert.equal(decodeMeta(encodeMeta({ ...meta, ...change })), null);
  }
});

test("a member whose wire name does not carry its id is none of ours", () => {
  const bytes = encodeMeta(meta);
  assert.equal(groupShareMeta({ name: wireName, meta: bytes })?.id, idOf("Ana"));
  assert.equal(groupShareMeta({ name: "ana-0000000000000000", meta: bytes }), null);
});

test("members of another group, and others under a known name, are not admitted; those of no group are", () => {
  const { admit, veto } = admission(GROUP);
  const vsn = new Uint8Array(6);
  const ours = { name: wireName, meta: encodeMeta(meta), vsn };
  const foreign = { ...ours, meta: encodeMeta({ ...meta, groupId: "f".repeat(32) }) };
  const serf = { name: "oracle", meta: Uint8Array.of(0xff, 0x81, 0xa1, 0x67, 0xa1, 0x78), vsn };
  const node = { address: { host: new Uint8Array(4), port: 1 }, incarnation: 1, state: "alive" } as const;
  const known = { ...ours, ...node, changedAt: 0, rtt: null };
  assert.equal(admit(ours, null), null);
  assert.equal(admit(serf, null), null, "a Serf may have a tag of the same letter");
  assert.match(admit(foreign, null) ?? "", /another group/);
  assert.equal(admit(ours, known), null);
  assert.match(admit({ ...ours, meta: new Uint8Array() }, known) ?? "", /another member/);
  const state = (claimed: typeof ours) => ({ ...claimed, ...node });
  assert.equal(veto([]), null);
  assert.equal(veto([state(serf)]), null);
  assert.equal(veto([state(serf), state(foreign), state(ours)]), null);
  assert.match(veto([state(serf), state(foreign)]) ?? "", /another group/);
});
