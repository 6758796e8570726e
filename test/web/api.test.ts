import assert from "node:assert/strict";
import { test } from "node:test";
import { json, site } from "./site.ts";

interface List<T> {
  items: T[];
  next: string | null;
}
type Problem = { status: number; code: string; detail: string; hint?: string; candidates?: string[] };
const read = async <T>(response: Response): Promise<T> => (await response.json()) as T;

test("members are listed with the fields that scripts rely on, those gone only when asked for", async () => {
  const { needs, asScript } = site();
  const ana = needs.addMember("Ana", { Docs: { "a.txt": 5 } }, { self: true });
  needs.addMember("Bea", {}, { state: "dead" });
  const here = await read<List<Record<string, unknown>>>(await asScript("/api/v1/members"));
  assert.deepEqual(
    here.items.map(({ name }) => name),
    ["Ana"],
  );
  assert.equal(here.next, null);
  for (const field of ["name", "wireName", "id", "state", "self", "address", "rttMs", "files", "bytes", "version"]) {
    assert.ok(field in (here.items[0] ?? {}), field);
  }
  const all = await read<List<{ name: string }>>(await asScript("/api/v1/members?state=all"));
  assert.equal(all.items.length, 2);
  assert.equal((await asScript("/api/v1/members?state=some")).status, 400);
  assert.equal(ana.self, true);
});

test("a list comes in pages whose cursors lead through all of it, each item once", async () => {
  const { needs, asScript } = site();
  for (let i = 0; i < 7; i++) needs.addMember(`Member ${i}`, {});
  const seen: string[] = [];
  let after = "";
  for (let page = 0; page < 4; page++) {
    const list = await read<List<{ wireName: string }>>(
      await asScript(`/api/v1/members?limit=2${after && `&after=${encodeURIComponent(after)}`}`),
    );
    assert.ok(list.items.length <= 2);
    seen.push(...list.items.map(({ wireName }) => wireName));
    if (list.next === null) break;
    after = list.next;
  }
  assert.equal(new Set(seen).size, 7);
  assert.equal(seen.length, 7);
});

test("a folder is listed with itself and its total, folders first", async () => {
  const { needs, asScript } = site();
  needs.addMember("Ana", { Docs: { "z.txt": 3, a: { "b.txt": 2 } } });
  const list = await read<
    List<{ name: string; kind: string; path: string }> & { total: number; folder: { size: number } }
  >(await asScript("/api/v1/files?path=Ana/Docs"));
  assert.deepEqual(
    list.items.map(({ name, kind }) => `${name} ${kind}`),
    ["a folder", "z.txt file"],
  );
  assert.equal(list.items[1]?.path, "Ana/Docs/z.txt");
  assert.equal(list.total, 2);
  assert.equal(list.folder.size, 5);
  const root = await read<List<{ name: string }>>(await asScript("/api/v1/files"));
  assert.deepEqual(
    root.items.map(({ name }) => name),
    ["Ana"],
  );
});

test("what is not there is a 404 problem with a code, and a hint only where there is one", async () => {
  const { asScript } = site();
  const response = await asScript("/api/v1/files?path=Nobody/x");
  assert.equal(response.status, 404);
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  const problem = await read<Problem & { title: string; type: string }>(response);
  assert.equal(problem.code, "not-found");
  assert.equal(problem.status, 404);
  assert.equal(problem.title, "Not Found");
  assert.match(problem.detail, /^Cannot find "Nobody": /);
  assert.equal("hint" in problem, false);
});

test("paths that climb, hold nothing or are too long are refused before anybody is asked", async () => {
  const { asScript } = site();
  for (const path of ["..", "a/../b", "a//b", "./a", "a\0b", `a/${"x".repeat(300)}`, "x/".repeat(2_100)]) {
    const response = await asScript(`/api/v1/files?path=${encodeURIComponent(path)}`);
    assert.equal(response.status, 400, path.slice(0, 20));
  }
});

test("limits outside the range and cursors from nowhere are refused", async () => {
  const { asScript } = site();
  for (const query of ["limit=0", "limit=1001", "limit=x", "limit=1.5", "after=nowhere"]) {
    assert.equal((await asScript(`/api/v1/members?${query}`)).status, 400, query);
  }
});

test("downloads are ordered, changed and cancelled", async () => {
  const { needs, asScript } = site();
  needs.addMember("Ana", { Docs: { "a.txt": 5 } });
  const added = await asScript("/api/v1/downloads", json({ paths: ["Ana/Docs/a.txt", "/Ana/Docs/"], into: "/tmp/x" }));
  assert.equal(added.status, 201);
  assert.deepEqual(needs.calls, ["download Ana/Docs/a.txt Ana/Docs into /tmp/x"]);
  const list = await read<List<{ id: string; state: string }>>(await asScript("/api/v1/downloads"));
  assert.equal(list.items.length, 2);
  const id = list.items[0]?.id;
  const paused = await asScript(`/api/v1/downloads/${id}`, json({ action: "pause" }, "PATCH"));
  assert.equal((await read<{ state: string }>(paused)).state, "paused");
  const cancelled = await asScript(`/api/v1/downloads/${id}`, { method: "DELETE" });
  assert.equal((await read<{ state: string }>(cancelled)).state, "cancelled");
  assert.equal((await asScript("/api/v1/downloads/nothing", { method: "DELETE" })).status, 404);
});

test("a download that has ended is taken off the list, alone or with all others that have", async () => {
  const { needs, asScript } = site();
  needs.addMember("Ana", { a: 1, b: 2, c: 3, d: 4 });
  await asScript("/api/v1/downloads", json({ paths: ["Ana/a", "Ana/b", "Ana/c", "Ana/d"] }));
  const states = ["done", "failed", "cancelled", "paused"] as const;
  needs.setDownloads(needs.downloads().map((download, at) => ({ ...download, state: states[at] ?? "done" })));
  const ids = () => needs.downloads().map(({ id }) => id);
  const first = await asScript("/api/v1/downloads/d1", { method: "DELETE" });
  assert.equal((await read<{ state: string }>(first)).state, "done");
  assert.deepEqual(ids(), ["d2", "d3", "d4"]);
  const all = await asScript("/api/v1/downloads", { method: "DELETE" });
  assert.deepEqual(await read(all), { cleared: 2 });
  assert.deepEqual(ids(), ["d4"]);
});

test("hashing rests and goes on when it is asked to", async () => {
  const { asScript } = site();
  await asScript("/api/v1/shares", json({ path: "/srv/music" }));
  for (const action of ["pause", "resume"]) {
    const answer = await asScript("/api/v1/shares", json({ action }, "PATCH"));
    const [share] = (await read<List<{ paused: boolean }>>(answer)).items;
    assert.equal(share?.paused, action === "pause");
  }
  assert.equal((await asScript("/api/v1/shares", json({ action: "dance" }, "PATCH"))).status, 400);
});

test("a known address asked by a wrong method says which are right", async () => {
  const { needs, asScript, asStranger } = site();
  needs.addMember("Ana", { a: 1 });
  const right = {
    "/": "GET, HEAD",
    "/healthz": "GET, HEAD",
    "/api/v1/members": "GET, HEAD",
    "/api/v1/downloads": "GET, HEAD, POST, DELETE",
    "/api/v1/downloads/d1": "PATCH, DELETE",
    "/act/get": "POST",
    "/files/Ana/a": "GET, HEAD",
    "/archive/Ana": "GET, HEAD",
  };
  for (const [path, allow] of Object.entries(right)) {
    for (const method of ["OPTIONS", "PUT", "PROPFIND"]) {
      const response = await asScript(path, { method });
      assert.equal(response.status, 405, `${method} ${path}`);
      assert.equal(response.headers.get("allow"), allow);
      assert.match((await read<Problem>(response)).detail, /^Cannot /);
    }
  }
  assert.equal((await asScript("/api/v1/downloads/d1")).status, 405);
  assert.equal((await asScript("/api/v1/nothing", { method: "PUT" })).status, 404);
  assert.equal((await asScript("/static/x/none.css")).status, 404);
  assert.equal((await asStranger("/api/v1/members", { method: "PUT" })).status, 401);
});

test("shares are added, listed and removed", async () => {
  const { asScript } = site();
  const added = await asScript("/api/v1/shares", json({ path: "/srv/music" }));
  assert.equal(added.status, 201);
  const { id, name } = await read<{ id: string; name: string }>(added);
  assert.equal(name, "music");
  assert.equal((await asScript(`/api/v1/shares/${id}`, { method: "DELETE" })).status, 204);
  assert.deepEqual((await read<List<unknown>>(await asScript("/api/v1/shares"))).items, []);
  const refused = await asScript("/api/v1/shares", json({ path: "music" }));
  assert.equal(refused.status, 404);
  assert.match((await read<Problem>(refused)).hint ?? "", /whole path/);
});

test("the group is shown, left, started, joined, and invites to it are made", async () => {
  const { asScript } = site();
  const group = async () => (await read<{ group: { name: string } | null }>(await asScript("/api/v1/group"))).group;
  assert.equal((await group())?.name, "Family");
  const invite = await asScript("/api/v1/group", json({ action: "invite" }));
  assert.match((await read<{ invite: string }>(invite)).invite, /^groupshare:/);
  assert.equal(invite.headers.get("cache-control"), "no-store");
  await asScript("/api/v1/group", json({ action: "leave" }));
  assert.equal(await group(), null);
  assert.equal((await asScript("/api/v1/group", json({ action: "start", name: "Band" }))).status, 201);
  assert.equal((await group())?.name, "Band");
  assert.equal((await asScript("/api/v1/group", json({ action: "join", invite: "groupshare:x" }))).status, 200);
  assert.equal((await asScript("/api/v1/group", json({ action: "join", invite: "x" }))).status, 400);
});

test("a body that is no JSON, of another type, too long or of another shape is refused in words", async () => {
  const { asScript } = site();
  const bad: [RequestInit, number][] = [
    [{ method: "POST", body: "{", headers: { "content-type": "application/json" } }, 400],
    [{ method: "POST", body: "{}", headers: { "content-type": "text/plain" } }, 400],
    [json({ action: "dance" }), 400],
    [json({ action: "start" }), 400],
    [json({ action: "start", name: "x".repeat(2 << 20) }), 413],
    [json(null), 400],
  ];
  for (const [init, status] of bad) {
    const response = await asScript("/api/v1/group", init);
    assert.equal(response.status, status);
    assert.match((await read<Problem>(response)).detail, /^Cannot read the request: /);
  }
});

test("an error from inside tells the asker nothing of its words, and the log all", async () => {
  const told: string[] = [];
  const log = { debug() {}, info() {}, warn() {}, error: (message: string) => void told.push(message) };
  const { needs, asScript } = site({ log });
  needs.status = () => Promise.reject(new Error("secret of the inside"));
  const response = await asScript("/api/v1/status");
  assert.equal(response.status, 500);
  assert.doesNotMatch(await response.text(), /secret/);
  assert.match(told[0] ?? "", /secret of the inside/);
});

test("status says what runs", async () => {
  const { asScript } = site();
  const status = await read<Record<string, unknown>>(await asScript("/api/v1/status"));
  for (const field of ["name", "id", "group", "uptimeMs", "shares", "counters"]) assert.ok(field in status, field);
});

test("an address that is not of the API is a 404 problem", async () => {
  const { asScript } = site();
  const response = await asScript("/api/v1/nothing");
  assert.equal(response.status, 404);
  assert.equal((await read<Problem>(response)).code, "not-found");
});

test("a filter of a search that is left empty is not asked, and one that says something is", async () => {
  const { needs, asScript } = site();
  needs.addMember("Ana", { Docs: { "a.txt": 5 } });
  const wishes: unknown[] = [];
  const search = needs.search.bind(needs);
  needs.search = (wish, signal) => {
    wishes.push(wish);
    return search(wish, signal);
  };
  const empty = ["kind", "type", "min", "max", "from", "to", "member", "lacking"].map((name) => `${name}=`).join("&");
  const found = await read<List<{ name: string }>>(await asScript(`/api/v1/search?q=a.txt&${empty}`));
  assert.deepEqual(
    found.items.map(({ name }) => name),
    ["a.txt"],
  );
  await asScript("/api/v1/search?q=a.txt&min=0&max=%20&to=2026-01-02&member=Ana");
  const plain = { text: "a.txt", after: null, limit: 100 };
  assert.deepEqual(wishes, [plain, { ...plain, min: 0, to: Date.UTC(2026, 0, 2), member: "Ana" }]);
  for (const wrong of ["max=x", "min=-1", "from=yesterday", "kind=x", "lacking=0"]) {
    assert.equal((await asScript(`/api/v1/search?q=a&${wrong}`)).status, 400, wrong);
  }
});
