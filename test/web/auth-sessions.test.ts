import assert from "node:assert/strict";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { silentLog } from "../../src/shared/log.ts";
import { Sessions } from "../../src/web/mod.ts";
import { temporaryFolder } from "../support/folders.ts";
import { form, ORIGIN, site } from "./site.ts";

const DAY = 24 * 3_600_000;

/** Sessions in a file, and a clock that stands still until it is moved. */
async function inFile() {
  const folder = await temporaryFolder();
  const time = { now: Date.UTC(2026, 4, 3) };
  const path = join(folder.path, "sessions.json");
  const clock = { now: () => time.now, wall: () => time.now };
  return { path, time, open: () => Sessions.open(path, clock, silentLog), remove: folder.remove };
}

test("who is logged in stays so over a restart, with the same token", async () => {
  const { open, remove } = await inFile();
  const before = await open();
  const cookie = before.begin("link");
  const token = before.find(cookie)?.token;
  await before.settled();
  assert.equal((await open()).find(cookie)?.token, token);
  await remove();
});

test("the file of the sessions is for its user alone, and lets nobody in", async () => {
  const { path, open, remove } = await inFile();
  const sessions = await open();
  const cookie = sessions.begin("link");
  const token = sessions.find(cookie)?.token ?? "";
  await sessions.settled();
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  const text = await readFile(path, "utf8");
  for (const secret of [cookie, token, Buffer.from(cookie, "base64url").toString("hex")]) {
    assert.ok(!text.includes(secret));
  }
  for (const stored of text.match(/[\w-]{40,}/g) ?? []) assert.equal(sessions.find(stored), null);
  await remove();
});

test("the token needs what only this program has: the same cookie has another where its key is another", async () => {
  const [one, two] = [await inFile(), await inFile()];
  const first = await one.open();
  const cookie = first.begin("link");
  await first.settled();
  const stored = JSON.parse(await readFile(one.path, "utf8"));
  await writeFile(two.path, JSON.stringify({ ...stored, key: "0".repeat(64) }));
  const token = (await two.open()).find(cookie)?.token ?? "";
  assert.match(token, /^[0-9a-f]{64}$/);
  assert.notEqual(token, first.find(cookie)?.token);
  await writeFile(two.path, JSON.stringify({ ...stored, key: undefined }));
  assert.equal((await two.open()).find(cookie), null, "and without a key it is nobody's");
  for (const { remove } of [one, two]) await remove();
});

test("a session that is not used for a month ends, also while the program is not running", async () => {
  const { time, open, remove } = await inFile();
  const before = await open();
  const [used, unused] = [before.begin("link"), before.begin("link")];
  time.now += 20 * DAY;
  assert.ok(before.find(used));
  await before.settled();
  time.now += 20 * DAY;
  const after = await open();
  assert.ok(after.find(used), "its use was written down");
  assert.equal(after.find(unused), null);
  await after.settled();
  await remove();
});

test("a thousand sessions are kept as 256, those used last", async () => {
  const { open, remove } = await inFile();
  const sessions = await open();
  const first = sessions.begin("link");
  const cookies = Array.from({ length: 1_000 }, () => {
    sessions.find(first);
    return sessions.begin("link");
  });
  assert.equal(sessions.size, 256);
  assert.ok(sessions.find(first));
  assert.equal(sessions.find(cookies[0] ?? ""), null);
  await sessions.settled();
  assert.equal((await open()).size, 256);
  await remove();
});

test("a damaged file is set aside, and everybody logs in anew", async () => {
  const { path, open, remove } = await inFile();
  for (const damage of ["{", '{"sessions":[{"id":"../x"}]}', "[]"]) {
    await writeFile(path, damage);
    assert.equal((await open()).size, 0);
  }
  await remove();
});

test("another password ends the sessions that the old one opened, and no others", async () => {
  const { open, remove } = await inFile();
  const digest = (digit: string) => ({ salt: digit.repeat(32), hash: digit.repeat(64) });
  const before = await open();
  before.usePassword(digest("a"));
  const [typed, linked] = [before.begin("password"), before.begin("link")];
  await before.settled();
  const same = await open();
  same.usePassword(digest("a"));
  assert.ok(same.find(typed));
  await same.settled();
  const changed = await open();
  changed.usePassword(digest("b"));
  assert.equal(changed.find(typed), null);
  assert.ok(changed.find(linked));
  await changed.settled();
  await remove();
});

test("logging out ends the session for all its tabs at once, and their streams; others stay", async () => {
  const { browser } = site();
  const [mine, other] = [await browser(), await browser()];
  const streams = await Promise.all([mine.ask("/events"), mine.ask("/api/v1/events"), other.ask("/events")]);
  const readers = streams.map(({ body }) => body?.getReader());
  for (const reader of readers) await reader?.read();
  const answer = await mine.ask("/logout", { method: "POST" });
  assert.equal(answer.headers.get("hx-redirect"), "/door", "where the token is forgotten");
  assert.match(answer.headers.get("set-cookie") ?? "", /^groupshare-7380=; Max-Age=0/);
  for (const reader of readers.slice(0, 2)) assert.equal((await reader?.read())?.done, true);
  assert.equal((await mine.ask("/")).status, 401);
  assert.equal((await other.ask("/")).status, 200);
  await readers[2]?.cancel();
});

test("logging out everywhere ends every session, and the links that were not used yet", async () => {
  const { asStranger, browser, loginLink } = site();
  const [mine, other] = [await browser(), await browser()];
  const { search } = new URL(loginLink());
  await mine.ask("/logout", form([["everywhere", "1"]]));
  for (const { ask } of [mine, other]) assert.equal((await ask("/")).status, 401);
  assert.equal((await asStranger(`/open${search}`)).headers.get("set-cookie"), null);
});

test("a script with the token logs everybody out; a stranger, or another site's page, nobody", async () => {
  const { app, asScript, asStranger, browser } = site();
  const { ask, cookie } = await browser();
  assert.equal((await asStranger("/logout", { method: "POST" })).status, 401);
  for (const headers of [
    { cookie, origin: ORIGIN },
    { cookie, origin: "http://evil.example" },
  ]) {
    const forged = await app.request("/logout", { method: "POST", headers: { host: "127.0.0.1:7380", ...headers } });
    assert.equal(forged.status, 403);
  }
  assert.equal((await ask("/")).status, 200);
  assert.equal((await asScript("/logout", { method: "POST" })).status, 200);
  assert.equal((await ask("/")).status, 401);
});
