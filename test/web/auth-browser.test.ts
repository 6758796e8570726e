import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, type TestContext, test } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { GroupShareError } from "../../src/shared/errors.ts";
import { Password } from "../../src/web/mod.ts";
import { launchChromium, noBrowser } from "../support/chromium.ts";
import { fillSample } from "./sample.ts";
import { served } from "./served.ts";

const RIGHT = "correct horse battery";
const options = { skip: noBrowser, timeout: 60_000 };

let browser: Browser;
before(async () => {
  if (noBrowser === false) browser = await launchChromium();
});
after(() => browser?.close());

/** What a web site can try against the page at `target`; how each try went. As text, so that no build tool touches it. */
const ATTACK = `async (target) => {
  const outcomes = [];
  const ask = async (what, act) => outcomes.push(what + ": " + (await act().then(String, () => "failed")));
  const blind = { method: "POST", mode: "no-cors", credentials: "include" };
  for (const path of ["/", "/api/v1/members", "/files/NAS/Backup/notes.md", "/pane/invite"]) {
    await ask(path, async () => (await fetch(target + path, { credentials: "include" })).text());
  }
  await ask("text", async () => (await fetch(target + "/api/v1/group", { ...blind, body: '{"action":"leave"}' })).type);
  const password = new URLSearchParams({ password: "correct horse battery" });
  await ask("login", async () => (await fetch(target + "/login", { ...blind, body: password })).type);
  await ask("events", () => new Promise((resolve) => {
    const source = new EventSource(target + "/api/v1/events", { withCredentials: true });
    source.onopen = () => resolve("open");
    source.onerror = () => resolve("failed");
  }));
  await ask("blind events", async () => (await fetch(target + "/events", { mode: "no-cors", credentials: "include" })).type);
  await ask("image", () => new Promise((resolve) => {
    const image = new Image();
    image.onload = () => resolve("shown");
    image.onerror = () => resolve("failed");
    image.src = target + "/static/x/favicon.svg";
  }));
  const frame = document.createElement("iframe");
  frame.src = target;
  const loaded = new Promise((resolve) => (frame.onload = resolve));
  document.body.append(frame);
  await loaded;
  return outcomes;
}`;

/** A new browser profile, and what the policy refused in any of its pages. */
async function profile(t: TestContext, more: { javaScriptEnabled?: boolean } = {}) {
  const context = await browser.newContext({ reducedMotion: "reduce", ...more });
  context.setDefaultTimeout(10_000);
  t.after(() => context.close());
  const refused: string[] = [];
  context.on("console", (message) => {
    if (/Content Security Policy/.test(message.text())) refused.push(`${message.page()?.url()}: ${message.text()}`);
  });
  return { context, refused };
}

type Served = Awaited<ReturnType<typeof served>>;

async function letIn(site: Served, context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.goto(site.loginLink());
  await page.locator('.top [hx-get="/pane/logout"][data-htmx-powered]').waitFor();
  return page;
}

async function group(t: TestContext, more: Parameters<typeof served>[1] = {}): Promise<Served> {
  const site = await served(undefined, more);
  t.after(() => site.close());
  fillSample(site.needs);
  return site;
}

test("two members' pages on one host do not log each other out of a browser", options, async (t) => {
  const [ana, ben] = [await group(t), await group(t)];
  const { context } = await profile(t);
  const pages = [await letIn(ana, context), await letIn(ben, context)];
  for (const page of pages) {
    await page.reload();
    await page.locator("h1", { hasText: "Family" }).waitFor();
  }
  const [first, second] = pages as [Page, Page];
  await first.locator('.top [hx-get="/pane/logout"]').click();
  await first.locator("#dialog .primary").click();
  await first.getByText("This page belongs to one person").waitFor();
  await second.reload();
  await second.locator("h1", { hasText: "Family" }).waitFor();
});

test("logging out in one tab shows the door in all of them", options, async (t) => {
  const site = await group(t);
  const { context } = await profile(t);
  const first = await letIn(site, context);
  const second = await context.newPage();
  await second.goto(site.origin());
  await second.locator("h1", { hasText: "Family" }).waitFor();
  await first.locator('.top [hx-get="/pane/logout"]').click();
  await first.locator("#dialog .primary").click();
  for (const page of [first, second]) await page.getByText("This page belongs to one person").waitFor();
});

test("a page that was open before its browser was let in anew goes on", options, async (t) => {
  const site = await group(t);
  const { context } = await profile(t);
  const first = await letIn(site, context);
  await letIn(site, context);
  await first.locator('.top [hx-get="/pane/shares"]').click();
  await first.locator("dialog[open] h2").waitFor();
});

test("the password is typed, refused and taken", options, async (t) => {
  const site = await group(t, { password: await Password.of(RIGHT, null) });
  const { context } = await profile(t);
  const page = await context.newPage();
  await page.goto(site.origin());
  for (const text of ["wrong", RIGHT]) {
    await page.getByLabel("Password").fill(text);
    await page.keyboard.press("Enter");
    if (text === "wrong") await page.getByText("This is not the password").waitFor();
  }
  await page.locator("h1", { hasText: "Family" }).waitFor();
  assert.equal(page.url(), `${site.origin()}/`);
});

test(
  "a browser that lost what the page keeps is shown the way in, and goes on when another tab takes it",
  options,
  async (t) => {
    const site = await group(t);
    const { context } = await profile(t);
    const page = await letIn(site, context);
    await page.evaluate(() => localStorage.clear());
    await page.reload();
    await page.getByText("groupshare open").waitFor();
    assert.doesNotMatch(await page.content(), /Family|NAS/);
    const token = "a".repeat(64);
    await page.evaluate((wrong) => localStorage.setItem("groupshare-token", wrong), token);
    await page.goto(site.origin());
    await page.getByText("groupshare open").waitFor();
    await page.waitForFunction(() => localStorage.length === 0);
    await letIn(site, context);
    await page.locator("h1", { hasText: "Family" }).waitFor();
  },
);

test("what the page keeps is gone after logging out, and so is its cookie", options, async (t) => {
  const site = await group(t);
  const { context } = await profile(t);
  const page = await letIn(site, context);
  await page.locator('.top [hx-get="/pane/logout"]').click();
  await page.locator("#dialog .primary").click();
  await page.getByText("This page belongs to one person").waitFor();
  await page.waitForFunction(() => localStorage.length === 0);
  assert.deepEqual(await context.cookies(), []);
});

test("a page that stays open asks for its links anew long before they end", options, async (t) => {
  const site = await group(t);
  const { context } = await profile(t);
  await context.clock.install();
  const page = await letIn(site, context);
  await page.goto(`${site.origin()}/?path=${encodeURIComponent("NAS/Backup")}`);
  await page.locator(".row", { hasText: "notes.md" }).waitFor();
  // Marks what comes in its place.
  const stale = "/archive/NAS/Backup?ticket=old";
  await page.locator(".folder-head a[download]").evaluate((link, href) => link.setAttribute("href", href), stale);
  const rows = page.waitForResponse((response) => response.url().includes("/pane/page?"));
  await context.clock.fastForward(6 * 3_600_000 + 20_000);
  assert.ok((await rows).ok());
  await page.locator(`.folder-head a[download]:not([href="${stale}"])`).waitFor();
  await page.locator(".row", { hasText: "notes.md" }).waitFor();
  assert.equal(await page.locator(".folder-head").count(), 1);
});

test("without JavaScript the password is asked for, and then the page says what it lacks", options, async (t) => {
  const site = await group(t, { password: await Password.of(RIGHT, null) });
  const { context } = await profile(t, { javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(site.origin());
  for (const text of ["wrong", RIGHT]) {
    await page.getByLabel("Password").fill(text);
    await page.keyboard.press("Enter");
    if (text === "wrong") await page.getByText("This is not the password").waitFor();
  }
  await page.locator("h1", { hasText: "Opening" }).waitFor();
  assert.match(await page.content(), /<noscript>.*needs JavaScript/s);
  await page.goto(site.origin());
  assert.match(await page.content(), /<noscript>.*needs JavaScript/s);
  assert.doesNotMatch(await page.content(), /Family|NAS/);
});

test("no page needs anything that the policy refuses", options, async (t) => {
  const site = await group(t, { password: await Password.of(RIGHT, null) });
  const { context, refused } = await profile(t);
  const stranger = await context.newPage();
  for (const path of ["/", "/door", "/nowhere", "/api/v1/members", "/files/x", "/open?key=x"]) {
    await stranger.goto(site.origin() + path);
  }
  await stranger.getByLabel("Password").fill("wrong");
  await stranger.keyboard.press("Enter");
  await stranger.getByText("This is not the password").waitFor();

  const page = await letIn(site, context);
  for (const dialog of ["shares", "leave", "logout", "invite"]) {
    await page.locator(`.top [hx-get="/pane/${dialog}"]`).click();
    await page.locator("dialog[open] h2").waitFor();
    await page.locator("#dialog [data-close]").first().click();
  }
  for (const path of ["/?path=NAS/Logs", "/?path=NAS/none", "/?path=@all", "/nowhere"]) {
    await page.goto(site.origin() + path);
    await page.waitForLoadState();
  }
  site.needs.setGroup(null);
  await page.goto(site.origin());
  await page.getByText("Welcome to GroupShare").waitFor();
  site.needs.stopped = new GroupShareError("conflict", "Cannot go on: it runs elsewhere");
  await page.reload();
  await page.getByText("GroupShare has stopped here").waitFor();
  assert.deepEqual(refused, []);
  // That refusals are heard at all.
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "document.title = 'inline'";
    document.body.append(script);
  });
  assert.notEqual(await page.title(), "inline");
  assert.equal(refused.length, 1);
});

test("a web site in the same browser reads nothing and changes nothing", options, async (t) => {
  const site = await group(t, { password: await Password.of(RIGHT, null) });
  const attacker = createServer((_request, response) => {
    response.setHeader("content-type", "text/html").end("<!doctype html><title>evil</title>");
  });
  t.after(() => attacker.closeAllConnections());
  t.after(() => attacker.close());
  await new Promise<void>((resolve) => attacker.listen(0, "127.0.0.1", resolve));
  const { port } = attacker.address() as AddressInfo;
  const { context } = await profile(t);
  await letIn(site, context);
  const listening = site.needs.listeners;
  // The same site on another port, which gets the cookie sent, and another site.
  for (const host of ["127.0.0.1", "localhost"]) {
    const evil = await context.newPage();
    await evil.goto(`http://${host}:${port}/`);
    const got: string[] = await evil.evaluate(`(${ATTACK})(${JSON.stringify(site.origin())})`);
    for (const outcome of got) assert.match(outcome, /: (?:failed|opaque)$/, host);
    const framed = await evil
      .frames()[1]
      ?.content()
      .catch(() => "");
    assert.doesNotMatch(framed ?? "", /GroupShare|Family/);
    // A form of its own leads there by its person's click, with the cookie where it is the same site.
    await evil.setContent(`<form method="post" action="${site.origin()}/act/leave"><button>Win</button></form>`);
    await evil.getByRole("button").click();
    await evil.waitForURL(`${site.origin()}/act/leave`);
    assert.match((await evil.textContent("body")) ?? "", /Cannot take this from another site's page|no valid token/);
    await evil.close();
  }
  assert.deepEqual(site.needs.calls, []);
  assert.ok(site.needs.group() !== null);
  assert.equal(site.needs.listeners, listening, "no stream was opened");
});
