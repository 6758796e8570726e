import assert from "node:assert/strict";
import { test } from "node:test";
import { GroupShareError } from "../../src/shared/errors.ts";
import { site } from "./site.ts";

const BEN = "ab".repeat(32);
const EVE = "cd".repeat(32);

function withMembers() {
  const here = site();
  here.needs.secrets = {
    generation: 3,
    roster: [{ id: BEN, name: "<b>Ben</b>", seen: 1, here: true }],
    removed: [{ id: EVE, name: "Eve", at: 1 }],
  };
  return here;
}

const json = (body: unknown) => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

test("the group's dialog names who is known and who was removed, and asks before it does anything", async () => {
  const { browser } = withMembers();
  const text = await (await (await browser()).ask("/pane/group")).text();
  assert.match(text, /&lt;b&gt;Ben&lt;\/b&gt;/);
  assert.doesNotMatch(text, /<b>Ben/);
  assert.match(text, /Eve/);
  assert.match(text, /What it has copied it keeps/);
  for (const action of ["/act/rotate", "/act/remove"]) {
    assert.match(text, new RegExp(`<button[^>]*hx-post="${action}"[^>]*hx-confirm="`), action);
  }
});

test("a member is removed from the page by its id, and is then among the removed", async () => {
  const { needs, browser } = withMembers();
  const { ask } = await browser();
  const form = { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" } };
  const removed = await ask("/act/remove", { ...form, body: `member=${BEN}` });
  assert.equal(removed.status, 200);
  assert.match(await removed.text(), /is not in the group any more/);
  assert.deepEqual(needs.calls, [`remove ${BEN}`]);
  assert.equal((await ask("/act/remove", { ...form, body: "member=Ben" })).status, 400);
  assert.equal((await ask("/act/rotate", form)).status, 200);
  assert.equal(needs.secrets?.generation, 5);
});

test("scripts see generation, roster and removed, and change them", async () => {
  const { asScript } = withMembers();
  const group = async (response: Response) => ((await response.json()) as { group: Record<string, unknown> }).group;
  const before = await group(await asScript("/api/v1/group"));
  assert.deepEqual(
    [before.generation, before.roster, before.removed],
    [3, [{ id: BEN, name: "<b>Ben</b>", seen: 1, here: true }], [{ id: EVE, name: "Eve", at: 1 }]],
  );
  assert.equal((await group(await asScript("/api/v1/group", json({ action: "rotate" })))).generation, 4);
  const after = await group(await asScript("/api/v1/group", json({ action: "remove", member: BEN })));
  assert.deepEqual(after.roster, []);
  assert.equal((await asScript("/api/v1/group", json({ action: "remove", member: "Zoe" }))).status, 404);
  assert.equal((await asScript("/api/v1/group", json({ action: "remove" }))).status, 400);
});

test("a cluster joined by its key has no generations, and says so", async () => {
  const { needs, asScript, browser } = site();
  needs.secrets = null;
  const { group } = (await (await asScript("/api/v1/group")).json()) as { group: Record<string, unknown> };
  assert.deepEqual([group.generation, group.roster, group.removed], [null, [], []]);
  const text = await (await (await browser()).ask("/pane/group")).text();
  assert.match(text, /It has no generations of secrets/);
  assert.doesNotMatch(text, /act\/(rotate|remove)/);
});

test("one that was removed is told so on its page, and can forget the group there", async () => {
  const { needs, browser } = site();
  needs.setGroup(null);
  needs.stopped = new GroupShareError("denied", 'Cannot go on in "Family": this member was removed from the group');
  const text = await (await (await browser()).ask("/")).text();
  assert.match(text, /was removed from the group/);
  assert.match(text, /hx-post="\/act\/leave"/);
});

test("a stopped member's page stays as it says why, and its browser can be logged out there", async () => {
  const { needs, browser } = site();
  needs.setGroup(null);
  for (const code of ["denied", "conflict"] as const) {
    needs.stopped = new GroupShareError(code, "Cannot go on");
    const text = await (await (await browser()).ask("/")).text();
    assert.match(text, /hx-get="\/pane\/logout"/, code);
    assert.doesNotMatch(text, /data-dismiss/);
  }
});
