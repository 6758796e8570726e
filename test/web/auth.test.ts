import assert from "node:assert/strict";
import { test } from "node:test";
import { HOST, json, ORIGIN, site, TOKEN, tokenIn } from "./site.ts";

test("a request under a name that is not ours is refused, whatever it asks for", async () => {
  const { app } = site();
  for (const host of ["evil.example", "evil.example:7380", "127.0.0.1:9999", "127.0.0.1", ""]) {
    for (const path of ["/", "/healthz", "/api/v1/members", "/files/a", "/open?key=x", "/static/x/app.css"]) {
      const response = await app.request(path, { headers: { host, authorization: `Bearer ${TOKEN}` } });
      assert.equal(response.status, 403, `${host} ${path}`);
    }
  }
});

test("every name of this computer that was given leads to the page", async () => {
  const { app } = site();
  for (const host of [HOST, "localhost:7380", "LOCALHOST:7380", "[::1]:7380"]) {
    assert.equal((await app.request("/healthz", { headers: { host } })).status, 200, host);
  }
});

test("anybody learns that the program is healthy, and nothing else", async () => {
  const { asStranger } = site();
  assert.deepEqual(await (await asStranger("/healthz")).json(), { ok: true });
  for (const path of [
    "/api/v1/members",
    "/api/v1/status",
    "/api/v1/nothing",
    "/files/a/b",
    "/archive/a",
    "/metrics",
    "/events",
  ]) {
    const response = await asStranger(path);
    assert.ok(
      response.status === 401 || (path === "/metrics" && response.status === 404),
      `${path} ${response.status}`,
    );
  }
});

test("without the token the API answers 401 with a problem document and says how to log in", async () => {
  const { asStranger } = site();
  const response = await asStranger("/api/v1/members", { headers: { authorization: "Bearer wrong" } });
  assert.equal(response.status, 401);
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  assert.match(response.headers.get("www-authenticate") ?? "", /^Bearer/);
  const problem = (await response.json()) as Record<string, unknown>;
  assert.equal(problem.code, "denied");
  assert.match(String(problem.hint), /api-token/);
});

test("the page tells a browser that was not let in how to get in, and nothing of the group", async () => {
  const { asStranger, needs } = site();
  needs.addMember("Secret Name", {});
  const response = await asStranger("/");
  assert.equal(response.status, 401);
  const text = await response.text();
  assert.match(text, /groupshare open/);
  assert.doesNotMatch(text, /Secret|Family|<script/);
});

test("a one-time link lets one browser in, once", async () => {
  const { asStranger, loginLink } = site();
  const link = new URL(loginLink());
  assert.equal(link.origin, ORIGIN);
  const first = await asStranger(link.pathname + link.search);
  const cookie = first.headers.get("set-cookie") ?? "";
  assert.match(cookie, /^groupshare-7380=[\w-]{43}; /);
  assert.match(cookie, /HttpOnly/);
  assert.match(cookie, /SameSite=Strict/);
  assert.match(tokenIn(await first.text()), /^[0-9a-f]{64}$/);
  const second = await asStranger(link.pathname + link.search);
  assert.equal(second.headers.get("set-cookie"), null);
  const text = await second.text();
  assert.equal(tokenIn(text), "");
  assert.match(text, /http-equiv="refresh"/, "it may be let in already");
});

test("several links may be out at the same time, and each ends after ten minutes", async () => {
  const { asStranger, loginLink, time } = site();
  const [a, b, late] = [loginLink(), loginLink(), loginLink()].map((link) => new URL(link).search);
  assert.notEqual((await asStranger(`/open${b}`)).headers.get("set-cookie"), null);
  time.now += 9 * 60_000;
  assert.notEqual((await asStranger(`/open${a}`)).headers.get("set-cookie"), null);
  time.now += 61_000;
  assert.equal((await asStranger(`/open${late}`)).headers.get("set-cookie"), null);
});

test("looking at a link with HEAD does not use it up", async () => {
  const { asStranger, loginLink } = site();
  const { search } = new URL(loginLink());
  assert.equal((await asStranger(`/open${search}`, { method: "HEAD" })).headers.get("set-cookie"), null);
  assert.notEqual((await asStranger(`/open${search}`)).headers.get("set-cookie"), null);
});

test("a browser that was let in sees the page, and reads the API with its cookie and token", async () => {
  const { browser } = site();
  const { ask, cookie } = await browser();
  assert.notEqual(cookie, "");
  assert.equal((await ask("/")).status, 200);
  assert.equal((await ask("/api/v1/members")).status, 200);
});

test("a session ends when it is not used for a month", async () => {
  const { browser, time } = site();
  const { ask } = await browser();
  time.now += 29 * 24 * 3_600_000;
  assert.equal((await ask("/")).status, 200);
  time.now += 29 * 24 * 3_600_000;
  assert.equal((await ask("/")).status, 200);
  time.now += 31 * 24 * 3_600_000;
  assert.equal((await ask("/")).status, 401);
});

test("an unsafe request with the cookie needs the exact origin and the page's token", async () => {
  const { app, browser } = site();
  const { cookie, token } = await browser();
  const good = { host: HOST, cookie, origin: ORIGIN, "x-groupshare-token": token };
  const bad: Record<string, string>[] = [
    { ...good, origin: "http://127.0.0.1:8080" },
    { ...good, origin: "http://localhost:7380" },
    { ...good, origin: "null" },
    { ...good, "x-groupshare-token": "x" },
    { ...good, "x-groupshare-token": "" },
    { ...good, "sec-fetch-site": "same-site" },
    { ...good, "sec-fetch-site": "cross-site" },
    { host: HOST, cookie, "x-groupshare-token": token },
    { host: HOST, cookie, origin: ORIGIN },
  ];
  const order = json({ action: "start", name: "Mine" });
  for (const headers of bad) {
    for (const path of ["/api/v1/group", "/act/start"]) {
      const response = await app.request(path, { ...order, headers: { ...order.headers, ...headers } });
      assert.equal(response.status, 403, JSON.stringify(headers));
    }
  }
  const response = await app.request("/api/v1/group", { ...order, headers: { ...order.headers, ...good } });
  assert.equal(response.status, 201);
});

test("another site's page cannot read with the cookie, not even the stream of news", async () => {
  const { app, browser } = site();
  const { cookie } = await browser();
  for (const path of ["/", "/events", "/api/v1/events", "/api/v1/members", "/pane/members", "/files/a"]) {
    const response = await app.request(path, { headers: { host: HOST, cookie, "sec-fetch-site": "cross-site" } });
    assert.equal(response.status, 403, path);
  }
});

test("only the token makes links; a page's session does not", async () => {
  const { asScript, asStranger, browser } = site();
  const made = await asScript("/api/v1/login-link", { method: "POST" });
  assert.equal(made.status, 201);
  const { url } = (await made.json()) as { url: string };
  const { pathname, search } = new URL(url);
  assert.notEqual((await asStranger(pathname + search)).headers.get("set-cookie"), null);
  const { ask } = await browser();
  assert.equal((await ask("/api/v1/login-link", { method: "POST" })).status, 403);
});

test("a guessed cookie is nobody's", async () => {
  const { asStranger } = site();
  const response = await asStranger("/api/v1/members", { headers: { cookie: "groupshare-7380=AAAA" } });
  assert.equal(response.status, 401);
});

test("every answer forbids inline scripts, sniffing and framing", async () => {
  const { asScript, asStranger, browser } = site();
  const { ask } = await browser();
  for (const response of [
    await asStranger("/"),
    await ask("/"),
    await ask("/pane/members"),
    await asScript("/api/v1/members"),
    await asScript("/api/v1/nothing"),
    await asStranger("/static/x/app.css"),
  ]) {
    const policy = response.headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /script-src 'self';/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /unsafe/);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
  }
});

test("the page has no inline script, style or handler of its own", async () => {
  const { browser, needs } = site();
  needs.addMember("Ana", { Docs: { "a.txt": "a" } }, { self: true });
  const { ask } = await browser();
  const text = await (await ask("/?path=Ana/Docs")).text();
  assert.doesNotMatch(text, /<script(?![^>]* src=)[^>]*>/);
  assert.doesNotMatch(text, /<style|\sstyle=|\son[a-z]+=|hx-on|javascript:|"js:/);
});

test("what a page is told is not kept by the browser", async () => {
  const { browser } = site();
  const { ask } = await browser();
  for (const path of ["/", "/pane/invite", "/api/v1/group"]) {
    assert.equal((await ask(path)).headers.get("cache-control"), "no-store", path);
  }
});

test("a pane that is fetched after the session ended sends the browser to the door", async () => {
  const { asStranger } = site();
  const response = await asStranger("/pane/members");
  assert.equal(response.status, 401);
  assert.equal(response.headers.get("hx-redirect"), "/door");
});
