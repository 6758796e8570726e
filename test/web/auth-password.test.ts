import assert from "node:assert/strict";
import { test } from "node:test";
import { Attempts } from "../../src/web/auth/attempts.ts";
import { Password } from "../../src/web/mod.ts";
import { form, HOST, ORIGIN, type Site, site, tokenIn } from "./site.ts";

const RIGHT = "correct horse battery";
const password = await Password.of(RIGHT, null);

/** Sends the login form as a browser does. */
function logIn(made: Site, text: string, more: Record<string, string> = {}): Promise<Response> {
  const sent = form([["password", text]]);
  return made.asStranger("/login", { ...sent, headers: { ...sent.headers, origin: ORIGIN, ...more } });
}

test("the right password lets a browser in; a wrong one, an empty one and a near one do not", async () => {
  const made = site({ password });
  const answer = await logIn(made, RIGHT);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("cache-control"), "no-store");
  const cookie = answer.headers.get("set-cookie")?.split(";")[0] ?? "";
  assert.match(answer.headers.get("set-cookie") ?? "", /^groupshare-7380=[\w-]{43}; .*HttpOnly; SameSite=Strict/);
  const headers = { cookie, "x-groupshare-token": tokenIn(await answer.text()) };
  assert.match(await (await made.asStranger("/", { headers })).text(), /Family/);
  for (const wrong of ["", RIGHT.slice(0, -1), `${RIGHT} `]) {
    const refused = await logIn(site({ password }), wrong);
    assert.equal(refused.status, 401);
    assert.equal(refused.headers.get("set-cookie"), null);
    const text = await refused.text();
    assert.match(text, /This is not the password/);
    assert.equal(tokenIn(text), "");
  }
});

test("a password is the same however its accents are composed", async () => {
  const composed = await Password.of("naïveté", null);
  assert.equal(await composed.fits("nai\u0308vete\u0301"), true);
});

test("the door asks for the password with a form that needs no script, and is kept by nobody", async () => {
  const response = await site({ password }).asStranger("/");
  assert.equal(response.status, 401);
  assert.equal(response.headers.get("cache-control"), "no-store");
  // With no-referrer, which all else has, browsers send such a form's origin as "null".
  assert.equal(response.headers.get("referrer-policy"), "same-origin");
  const text = await response.text();
  assert.match(text, /<form[^>]* method="post" action="\/login"/);
  assert.match(text, /autocomplete="current-password"/);
  assert.doesNotMatch(text, /<script|Family/);
});

test("with a password set, a one-time link still lets in", async () => {
  const { browser } = site({ password });
  assert.equal((await (await browser()).ask("/")).status, 200);
});

test("without a password nothing that is typed lets in", async () => {
  const made = site();
  const response = await logIn(made, "");
  assert.equal(response.status, 401);
  assert.match(await response.text(), /groupshare open/);
  assert.equal(response.headers.get("set-cookie"), null);
});

test("another site's page cannot log a browser in", async () => {
  const made = site({ password });
  const foreign: Record<string, string>[] = [
    { origin: "http://evil.example" },
    { origin: "null" },
    { origin: "http://127.0.0.1:8080" },
    { origin: ORIGIN, "sec-fetch-site": "cross-site" },
    { origin: ORIGIN, "sec-fetch-site": "same-site" },
  ];
  for (const more of foreign) assert.equal((await logIn(made, RIGHT, more)).status, 403, JSON.stringify(more));
  const bare = form([["password", RIGHT]]);
  assert.equal((await made.app.request("/login", { ...bare, headers: { ...bare.headers, host: HOST } })).status, 403);
});

test("after three wrong passwords each costs a wait, told in seconds and in words; then the right one lets in", async () => {
  const made = site({ password });
  for (let tries = 0; tries < 3; tries++) assert.equal((await logIn(made, "wrong")).status, 401);
  const waits = await logIn(made, RIGHT);
  assert.equal(waits.status, 429);
  assert.equal(waits.headers.get("retry-after"), "1");
  assert.match(await waits.text(), /too many tries\. Wait a second, then try again/);
  made.time.now += 1_000;
  assert.equal((await logIn(made, "wrong")).status, 401);
  assert.equal((await logIn(made, RIGHT)).headers.get("retry-after"), "2");
  made.time.now += 2_000;
  assert.equal((await logIn(made, RIGHT)).status, 200);
  assert.equal((await logIn(made, "wrong")).status, 401, "and all is forgiven");
});

test("waits double up to five minutes, and who tries meanwhile does not make them longer", () => {
  const time = { now: 0 };
  const attempts = new Attempts({ now: () => time.now, wall: () => time.now });
  const waits: number[] = [];
  for (let tries = 0; tries < 14; tries++) {
    assert.equal(attempts.begin("a"), 0);
    attempts.failed("a");
    const wait = attempts.begin("a");
    if (wait === 0) {
      attempts.withdrawn("a");
      continue;
    }
    waits.push(wait / 1_000);
    for (let more = 0; more < 50; more++) assert.ok(attempts.begin("a") <= wait);
    time.now += wait;
  }
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
});

test("many addresses together get no further than thirty tries and one in two seconds after", () => {
  const time = { now: 0 };
  const attempts = new Attempts({ now: () => time.now, wall: () => time.now });
  let tried = 0;
  for (; time.now < 60_000; time.now += 10) {
    const address = `10.0.${(time.now / 10) >> 8}.${(time.now / 10) & 255}`;
    if (attempts.begin(address) > 0) continue;
    tried += 1;
    attempts.failed(address);
  }
  assert.ok(tried <= 30 + 60 / 2, `${tried} tries in a minute`);
});

test("an honest address gets its turn when it was told, while hundreds of others try all the time", () => {
  const time = { now: 0 };
  const attempts = new Attempts({ now: () => time.now, wall: () => time.now });
  const flood = () => {
    for (let host = 0; host < 200; host++)
      if (attempts.begin(`10.0.0.${host}`) === 0) attempts.failed(`10.0.0.${host}`);
  };
  flood();
  const wait = attempts.begin("192.168.1.2");
  assert.ok(wait > 0 && wait <= 2_000 * 200, `${wait} ms`);
  for (const end = time.now + wait; time.now < end; time.now += 500) flood();
  flood();
  assert.equal(attempts.begin("192.168.1.2"), 0);
  attempts.succeeded("192.168.1.2");
  flood();
  assert.equal(attempts.begin("192.168.1.2"), 0, "and waits for nobody the next time");
});

test("all addresses of one IPv6 /64 are one host, which keeps nobody else waiting", () => {
  const attempts = new Attempts({ now: () => 0, wall: () => 0 });
  let tried = 0;
  for (let at = 0; at < 5_000; at++) {
    const address = `2001:db8::${at.toString(16)}`;
    if (attempts.begin(address) > 0) continue;
    tried += 1;
    attempts.failed(address);
  }
  assert.equal(tried, 3);
  assert.equal(attempts.begin("2001:db8:0:1::1"), 0, "the next /64");
  assert.equal(attempts.begin("192.0.2.8"), 0);
  assert.equal(attempts.begin("::ffff:192.0.2.9"), 0);
  assert.ok(attempts.begin("192.0.2.9") > 0, "an IPv4 address is the same in IPv6's clothes");
});

test("who was let in before is forgotten for no number of others, and no turn is promised beyond ten minutes", () => {
  const time = { now: 0 };
  const attempts = new Attempts({ now: () => time.now, wall: () => time.now });
  assert.equal(attempts.begin("192.0.2.7"), 0);
  attempts.succeeded("192.0.2.7");
  const flood = () => {
    for (let at = 0; at < 10_000; at++) {
      const address = `2001:db8:${at.toString(16)}::1`;
      if (attempts.begin(address) === 0) attempts.failed(address);
    }
  };
  flood();
  assert.equal(attempts.begin("192.0.2.7"), 0);
  attempts.failed("192.0.2.7");
  const wait = attempts.begin("192.0.2.8");
  assert.ok(wait <= 10 * 60_000 + 2_000, `${wait} ms`);
  time.now += wait;
  assert.equal(attempts.begin("192.0.2.8"), 0, "once the flood has ended");
});

test("one address has one try under way, and tries that nobody looked at cost nothing", () => {
  const attempts = new Attempts({ now: () => 0, wall: () => 0 });
  assert.equal(attempts.begin("a"), 0);
  assert.ok(attempts.begin("a") > 0);
  attempts.withdrawn("a");
  for (let tries = 0; tries < 100; tries++) {
    assert.equal(attempts.begin("a"), 0);
    attempts.withdrawn("a");
  }
});

test("who came in its turn, and was not looked at, does not go to the end of those who wait", () => {
  const time = { now: 0 };
  const attempts = new Attempts({ now: () => time.now, wall: () => time.now });
  for (let host = 0; host < 100; host++) attempts.begin(`192.0.2.${host}`);
  const wait = attempts.begin("198.51.100.1");
  assert.ok(wait > 60_000);
  for (let host = 0; host < 100; host++) attempts.begin(`203.0.113.${host}`);
  time.now += wait;
  for (let tries = 0; tries < 5; tries++) {
    assert.equal(attempts.begin("198.51.100.1"), 0);
    attempts.withdrawn("198.51.100.1");
  }
});

test("passwords are computed one at a time, and only so many wait", async () => {
  const tries = await Promise.all(Array.from({ length: 24 }, () => password.fits("wrong")));
  assert.ok(tries.filter((outcome) => outcome === "busy").length >= 24 - 10);
  assert.ok(tries.every((outcome) => outcome === "busy" || outcome === false));
  assert.equal(await password.fits(RIGHT), true);
});

test("a form longer than any password is refused before it is taken apart, and costs no turn", async () => {
  const made = site({ password });
  const headers = { ...form([]).headers, origin: ORIGIN };
  const body = "a&".repeat(500_000);
  const declared = { method: "POST", body, headers: { ...headers, "content-length": String(body.length) } };
  const chunked = { method: "POST", body: new Blob([body]).stream(), duplex: "half", headers } as RequestInit;
  const began = performance.now();
  for (const sent of [declared, chunked]) assert.equal((await made.asStranger("/login", sent)).status, 413);
  assert.ok(performance.now() - began < 2_000);
  assert.equal((await logIn(made, RIGHT)).status, 200);
});
