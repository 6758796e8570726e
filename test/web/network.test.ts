import assert from "node:assert/strict";
import { test } from "node:test";
import { GroupShareError } from "../../src/shared/errors.ts";
import { json, site } from "./site.ts";

const KEY = Buffer.alloc(32, 7).toString("base64");

test("the keyring is shown and changed by those who may, and by nobody else", async () => {
  const made = site();
  const before = await (await made.asScript("/api/v1/keyring")).json();
  assert.deepEqual(before, { primary: made.needs.keys[0], keys: made.needs.keys });
  const { ask } = await made.browser();
  const added = await ask("/api/v1/keyring", json({ action: "add", key: ` ${KEY}\n` }));
  assert.deepEqual(await added.json(), { primary: before.primary, keys: [before.primary, KEY] });
  assert.deepEqual(made.needs.calls, [`add ${KEY}`]);
  for (const init of [{}, json({ action: "add", key: KEY })]) {
    assert.equal((await made.asStranger("/api/v1/keyring", init)).status, 401);
  }
});

for (const wrong of [{ action: "drop", key: KEY }, { action: "add" }, { action: "use", key: "no base64!" }]) {
  test(`a change of the keyring by ${JSON.stringify(wrong)} is refused`, async () => {
    const made = site();
    assert.equal((await made.asScript("/api/v1/keyring", json(wrong))).status, 400);
    assert.deepEqual(made.needs.calls, []);
  });
}

test("groups nearby are a list for scripts, and a hint for who is in no group yet, each once", async () => {
  const made = site();
  made.needs.around = ["1", "2"].map((last) => {
    return { name: "<b>Neighbours</b>", hash: "00112233445566aa", address: `10.0.0.${last}:7946` };
  });
  const listed = await (await made.asScript("/api/v1/nearby")).json();
  assert.deepEqual(listed, { items: made.needs.around, next: null });
  made.needs.setGroup(null);
  const { ask } = await made.browser();
  const page = await (await ask("/")).text();
  assert.equal(page.split("ask a member of it for an invite").length - 1, 1);
  assert.match(page, /&lt;b&gt;Neighbours/);
  made.needs.around = [];
  assert.doesNotMatch(await (await ask("/pane/nearby")).text(), /invite/);
});

test("a member that had to stop says why on its page, and offers no group to go to", async () => {
  const made = site();
  made.needs.setGroup(null);
  made.needs.stopped = new GroupShareError("conflict", "Cannot go on: the same runs at 10.0.0.2:7946", {
    hint: "stop it",
  });
  const { ask } = await made.browser();
  const page = await (await ask("/")).text();
  assert.match(page, /the same runs at 10\.0\.0\.2:7946/);
  assert.match(page, /Stop it/);
  assert.doesNotMatch(page, /Start the group|Join the group/);
});

test("scripts hear what became of a member; pages hear only that there is something new", async () => {
  const made = site();
  const who = { self: false, id: null, name: "oracle", wireName: "oracle", address: "10.0.0.2:7946" };
  const member = { ...who, incarnation: 3, why: null, at: 5 };
  const readers = await Promise.all(
    [await made.asScript("/api/v1/events"), await (await made.browser()).ask("/events")].map(({ body }) =>
      body?.getReader(),
    ),
  );
  made.needs.tell({ kind: "member", event: "suspected", ...member });
  made.needs.tell({ kind: "member", event: "died", ...member });
  made.needs.tell({ kind: "members" });
  const texts = await Promise.all(
    readers.map(async (reader) => {
      let text = "";
      while (reader !== undefined && !text.includes("event: members\n")) {
        text += new TextDecoder().decode((await reader.read()).value);
      }
      await reader?.cancel();
      return text;
    }),
  );
  for (const event of ["suspected", "died"])
    assert.ok(texts[0]?.includes(`"event":"${event}","self":false,"id":null,"name":"oracle"`));
  assert.doesNotMatch(texts[1] ?? "", /event: member\n|oracle/);
  assert.match(texts[1] ?? "", /event: history\n/);
});
