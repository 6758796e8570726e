import assert from "node:assert/strict";
import { test } from "node:test";
import { HOST, json, ORIGIN, site, TOKEN } from "./site.ts";

test("a name that another site lets point here is refused, whatever it asks for and whoever it is", async () => {
  const { app, browser } = site();
  const { cookie, token } = await browser();
  const hosts = ["evil.example:7380", "127.0.0.1.evil.example:7380", "localhost.evil.example:7380", "127.1:7380"];
  const odd = ["0x7f.0.0.1:7380", "2130706433:7380", "localhost.:7380", "[::1:7380", "::1:7380", "127.0.0.1:7381"];
  for (const host of [...hosts, ...odd, "127.0.0.1:7380@evil.example", "127.0.0.1:7380,evil.example"]) {
    for (const headers of [{ cookie, "x-groupshare-token": token }, { authorization: `Bearer ${TOKEN}` }]) {
      for (const path of ["/", "/api/v1/members", "/files/a", "/events", "/login"]) {
        assert.equal((await app.request(path, { headers: { host, ...headers } })).status, 403, `${host} ${path}`);
      }
    }
  }
});

test("an IP address is no name that a site could let point here, and those given are known", async () => {
  const { app } = site({ hosts: ["NAS.example", "proxy.example:8443"] });
  for (const host of ["192.168.1.20:7380", "[fe80::1]:7380", "nas.example:7380", "proxy.example:8443"]) {
    assert.equal((await app.request("/healthz", { headers: { host } })).status, 200, host);
  }
  for (const host of ["192.168.1.20", "nas.example", "nas.example:80", "proxy.example:7380"]) {
    assert.equal((await app.request("/healthz", { headers: { host } })).status, 403, host);
  }
});

test("forms and fetches of another site change nothing, however they are dressed", async () => {
  const { app, browser, needs } = site();
  const { cookie, token } = await browser();
  const bodies: [string, string][] = [
    ["application/x-www-form-urlencoded", "action=leave"],
    ["multipart/form-data; boundary=x", "--x--"],
    ["text/plain", JSON.stringify({ action: "start", name: "Mine" })],
    ["application/json", JSON.stringify({ action: "start", name: "Mine" })],
  ];
  const foreign: Record<string, string>[] = [
    { origin: "http://evil.example" },
    { origin: "http://evil.example", "sec-fetch-site": "cross-site", "x-groupshare-token": token },
    { origin: "null", "x-groupshare-token": token },
    { origin: `${ORIGIN}.evil.example`, "x-groupshare-token": token },
    { origin: ORIGIN.replace("http:", "https:"), "x-groupshare-token": token },
    { origin: ORIGIN },
    {},
  ];
  for (const [type, body] of bodies) {
    for (const more of foreign) {
      for (const path of ["/api/v1/group", "/act/leave", "/act/get", "/pane/tree", "/logout"]) {
        const headers = { host: HOST, cookie, "content-type": type, ...more };
        assert.equal((await app.request(path, { method: "POST", body, headers })).status, 403, `${path} ${type}`);
      }
    }
  }
  assert.deepEqual(needs.calls, []);
  assert.equal((await app.request("/", { headers: { host: HOST, cookie } })).status, 200, "nor is it logged out");
});

test("JSON that is sent as a text is refused even from the page itself", async () => {
  const { browser } = site();
  const { ask } = await browser();
  const order = json({ action: "start", name: "Mine" });
  assert.equal((await ask("/api/v1/group", { ...order, headers: { "content-type": "text/plain" } })).status, 400);
});

test("a cross-origin stream of news or read of a file is refused by its origin where the browser tells no site", async () => {
  const { app, browser } = site();
  const { cookie } = await browser();
  for (const path of ["/events", "/api/v1/events", "/files/a/b", "/archive/a", "/api/v1/files", "/pane/members"]) {
    for (const origin of ["http://evil.example", "http://127.0.0.1:8080", "null"]) {
      const response = await app.request(path, { headers: { host: HOST, cookie, origin } });
      assert.equal(response.status, 403, `${path} ${origin}`);
      assert.equal(response.headers.get("access-control-allow-origin"), null);
    }
  }
});

test("news and panes need the page's token, so that no other port's page can have them asked for blindly", async () => {
  const { app, browser } = site();
  const { cookie, token } = await browser();
  for (const path of ["/events", "/pane/members", "/pane/invite"]) {
    assert.equal((await app.request(path, { headers: { host: HOST, cookie } })).status, 403, path);
    const good = await app.request(path, { headers: { host: HOST, cookie, "x-groupshare-token": token } });
    assert.equal(good.status, 200, path);
    await good.body?.cancel();
  }
});

test("what is read by GET is for this origin alone, so that no other page can embed it", async () => {
  const { asScript, needs } = site();
  needs.addMember("Ana", { Docs: { "a.png": 10 } });
  for (const path of ["/files/Ana/Docs/a.png", "/archive/Ana/Docs", "/api/v1/members"]) {
    const response = await asScript(path);
    assert.equal(response.headers.get("cross-origin-resource-policy"), "same-origin", path);
    await response.body?.cancel();
  }
});

test("a link from another site leads to the page, for who is logged in and without telling who is", async () => {
  const { app, browser } = site();
  const { cookie } = await browser();
  const headers = { host: HOST, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
  const answers = [{ "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site", cookie }].map(async (more) => {
    const response = await app.request("/", { headers: { ...headers, ...more } });
    assert.equal(response.status, 200);
    return response.text();
  });
  const [stranger, mine] = await Promise.all(answers);
  assert.equal(stranger, mine);
  assert.match(mine ?? "", /http-equiv="refresh" content="0; url=\/"/);
});

test("guesses of cookie and token are nobody's, near ones too", async () => {
  const { app, browser } = site();
  const { cookie } = await browser();
  const [name = "", value = ""] = cookie.split("=");
  const near = value.slice(0, -1) + (value.endsWith("A") ? "B" : "A");
  for (const guess of [near, value.slice(0, -1), `${value}A`, value.toUpperCase(), "", "A".repeat(100_000)]) {
    const asked = await app.request("/api/v1/members", { headers: { host: HOST, cookie: `${name}=${guess}` } });
    assert.equal(asked.status, 401, guess.slice(0, 50));
  }
  for (const guess of [TOKEN.slice(0, -1), `${TOKEN}x`, TOKEN.toUpperCase(), "x".repeat(100_000)]) {
    const headers = { host: HOST, cookie, authorization: `Bearer ${guess}` };
    assert.equal((await app.request("/api/v1/members", { headers })).status, 401, "and a session does not mend it");
  }
});

test("how long a guess of the token takes does not tell how near it is", async () => {
  // Compared by hashes of fixed length: what differs at the first character and at the last is equally far.
  const { app } = site();
  const ask = async (guess: string): Promise<number> => {
    const start = performance.now();
    await app.request("/api/v1/members", { headers: { host: HOST, authorization: `Bearer ${guess}` } });
    return performance.now() - start;
  };
  const far = `X${TOKEN.slice(1)}`;
  const near = `${TOKEN.slice(0, -1)}X`;
  const times = { far: [] as number[], near: [] as number[] };
  for (let round = 0; round < 300; round++) {
    times.far.push(await ask(far));
    times.near.push(await ask(near));
  }
  const median = (list: number[]) => list.sort((a, b) => a - b)[list.length >> 1] ?? 0;
  const [a, b] = [median(times.far), median(times.near)];
  assert.ok(Math.max(a, b) < 4 * Math.min(a, b), `far ${a} ms, near ${b} ms`);
});

test("whatever shows a secret is kept by no cache", async () => {
  const { asScript, asStranger, browser, loginLink } = site();
  const { ask } = await browser();
  const { pathname, search } = new URL(loginLink());
  for (const [response, what] of [
    [await ask("/pane/invite"), "the invite and its QR code"],
    [await ask("/"), "the page"],
    [await asStranger(pathname + search), "the one-time link"],
    [await asScript("/api/v1/group", json({ action: "invite" })), "the invite of the API"],
    [await asScript("/api/v1/keyring"), "the keys"],
    [await asScript("/api/v1/login-link", { method: "POST" }), "a link made"],
    [await asStranger("/"), "the door"],
  ] as const) {
    assert.equal(response.headers.get("cache-control"), "no-store", what);
  }
});
