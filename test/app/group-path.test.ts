import assert from "node:assert/strict";
import { test } from "node:test";
import { pathNameOf, resolvePath } from "../../src/app/group-path.ts";

const ana = { id: "a".repeat(64), name: "Ana", wireName: "ana-aaaaaaaaaaaaaaaa" };
const other = { id: "b".repeat(64), name: "Ana", wireName: "ana-bbbbbbbbbbbbbbbb" };
const nas = { id: "c".repeat(64), name: "NAS", wireName: "nas-cccccccccccccccc" };
const shares = async (member: string) => (member === nas.id ? [{ id: "5".repeat(16), name: "Films" }] : []);
const resolve = (path: string) => resolvePath(path, [ana, other, nas], shares);

test("a path names the group, a member, a share, or what is in it", async () => {
  assert.deepEqual(await resolve(""), { kind: "group" });
  assert.deepEqual(await resolve("NAS/"), { kind: "member", member: nas });
  const ref = { member: nas.id, share: "5".repeat(16), path: "" };
  assert.deepEqual(await resolve("NAS/Films"), { kind: "entry", member: nas, share: "Films", ref });
  const below = await resolve("nas-cccccccccccccccc/Films/a/b c");
  assert.equal(below.kind === "entry" && below.ref.path, "a/b c");
});

test("a display name of two members is ambiguous and names both; a wire name never is", async () => {
  await assert.rejects(resolve("Ana"), { code: "ambiguous", candidates: [ana.wireName, other.wireName] });
  assert.deepEqual(await resolve(other.wireName), { kind: "member", member: other });
});

test("an unknown member or share is not found, and the error says what is there", async () => {
  await assert.rejects(resolve("Bob/x"), { code: "not-found", hint: /"Ana", "Ana", "NAS"/ });
  await assert.rejects(resolve("NAS/films"), { code: "not-found", hint: /"Films"/ });
});

test("members are written by display name only while it is theirs alone", () => {
  assert.equal(pathNameOf(nas, [ana, other, nas]), "NAS");
  assert.equal(pathNameOf(ana, [ana, other, nas]), ana.wireName);
  assert.equal(pathNameOf(ana, [ana, { ...nas, wireName: "Ana" }]), ana.wireName);
});
