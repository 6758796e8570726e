import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, type TestContext, test } from "node:test";
import type { Browser } from "playwright-core";
import { launchChromium, noBrowser } from "../support/chromium.ts";
import { until } from "../support/until.ts";
import { fillSample } from "./sample.ts";
import { served } from "./served.ts";

let browser: Browser;
before(async () => {
  if (noBrowser === false) browser = await launchChromium();
});
after(() => browser?.close());

/** A web server of somebody else, and where it is. */
async function elsewhere(t: TestContext, host: string, answer: Parameters<typeof createServer>[1]): Promise<string> {
  const server: Server = createServer(answer);
  t.after(() => server.closeAllConnections());
  t.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return `http://${host}:${(server.address() as AddressInfo).port}/`;
}

test("another user's server on this host is sent the page's cookie, and gets nothing with it", {
  skip: noBrowser,
  timeout: 60_000,
}, async (t) => {
  const site = await served();
  t.after(() => site.close());
  fillSample(site.needs);
  const stolen = { cookie: "" };
  // A link from another site leads to the thief, whose page then goes on within its own site, with the cookie.
  const thief = await elsewhere(t, "127.0.0.1", ({ headers }, response) => {
    stolen.cookie ||= headers.cookie ?? "";
    response.setHeader("content-type", "text/html");
    response.end("<!doctype html><script>if (!location.search) location.href = '/?again'</script>");
  });
  const lure = await elsewhere(t, "127.0.0.2", (_request, response) => {
    response.setHeader("content-type", "text/html").end(`<!doctype html><a href="${thief}">Win</a>`);
  });
  const context = await browser.newContext({ reducedMotion: "reduce" });
  t.after(() => context.close());
  const page = await context.newPage();
  await page.goto(site.loginLink());
  await page.locator("h1", { hasText: "Family" }).waitFor();
  const token = await page.evaluate(() => localStorage.getItem("groupshare-token"));
  assert.match(token ?? "", /^[0-9a-f]{64}$/);
  const victim = await context.newPage();
  await victim.goto(lure);
  await victim.locator("a").click();
  await until("the thief has the cookie", async () => stolen.cookie !== "");
  assert.match(stolen.cookie, /^groupshare-\d+=[\w-]{43}/);
  await victim.waitForURL(`${thief}?again`);
  assert.equal(await victim.evaluate(() => localStorage.length), 0, "its own storage is another");

  // Now the thief is any program, which says what it likes.
  const [listeners, invite] = [site.needs.listeners, await site.needs.invite()];
  const calls = site.needs.calls.length;
  const guesses = [undefined, "", "x", "0".repeat(64), stolen.cookie.split("=")[1]];
  const ways = [
    ["GET", "/"],
    ["GET", "/?path="],
    ["GET", "/?path=&q=e"],
    ["HEAD", "/"],
    ["GET", "/door"],
    ["GET", "/open"],
    ["GET", "/login"],
    ["GET", "/nowhere"],
    ...["files", "members", "transfers", "shares", "invite", "top?group=", "search?q=e", "history", "group"].map(
      (pane) => ["GET", `/pane/${pane}`] as const,
    ),
    ["POST", "/pane/tree"],
    ["GET", "/events"],
    ...["members", "files", "search?q=e", "downloads", "shares", "group", "keyring", "status", "history", "events"].map(
      (what) => ["GET", `/api/v1/${what}`] as const,
    ),
    ["POST", "/api/v1/group"],
    ["POST", "/api/v1/login-link"],
    ["POST", "/act/leave"],
    ["POST", "/logout"],
    ["GET", "/files/NAS/Backup/notes.md"],
    ["GET", "/files/NAS/Backup/notes.md?download&ticket=0.0000000000000000000000"],
    ["HEAD", "/files/NAS/Backup/notes.md"],
    ["GET", "/archive/NAS/Backup"],
    ["GET", "/%66iles/NAS/Backup/notes.md"],
    ["GET", "/%70ane/members"],
  ] as const;
  for (const [method, path] of ways) {
    for (const guess of guesses) {
      const headers: Record<string, string> = {
        cookie: stolen.cookie,
        origin: site.origin(),
        "content-type": "application/json",
        "sec-fetch-site": "same-origin",
        "hx-request": "true",
        ...(guess === undefined ? {} : { "x-groupshare-token": guess }),
      };
      const body = method === "POST" ? '{"action":"invite"}' : null;
      const answer = await fetch(site.origin() + path, { method, body, headers, redirect: "manual" });
      // What is told of an address that cannot be holds nothing but that.
      const text = (await answer.text()).replace(path, "");
      const what = `${method} ${path} with ${guess}: ${answer.status} ${text.slice(0, 300)}`;
      assert.ok(!text.includes(token ?? "") && !text.includes(invite), what);
      assert.doesNotMatch(text, /Family|NAS|Ana|laptop|Ben|Chlo|Backup|notes|Films|Sintel|srv|127\.0\.0\.1:79/, what);
      assert.equal(answer.headers.get("set-cookie"), null, what);
      const open = /^\/(?:$|\?|door|open|login|nowhere)/.test(path);
      assert.ok(open || (answer.status >= 400 && answer.status < 500), what);
    }
  }
  assert.equal(site.needs.calls.length, calls, "nothing was changed");
  assert.equal(site.needs.listeners, listeners, "no stream was opened");
  assert.ok(site.needs.group() !== null);

  // The page itself goes on, links to bytes and all.
  await page.goto(`${site.origin()}/?path=${encodeURIComponent("NAS/Backup")}`);
  const saved = page.waitForEvent("download");
  await page.getByRole("link", { name: "Save notes.md in the browser" }).click();
  assert.equal((await saved).suggestedFilename(), "notes.md");
});
