import assert from "node:assert/strict";
import { test } from "node:test";
import { NewsFeed } from "../../src/app/news.ts";
import { happened } from "../../src/cli/happened.ts";
import type { MemberNews, News } from "../../src/web/needs.ts";
import { inBrowser } from "./in-browser.ts";
import { site } from "./site.ts";

const NOON = Date.UTC(2026, 4, 3, 12);

function news(event: MemberNews["event"], name: string, more: Partial<MemberNews> = {}): MemberNews {
  const who = { self: false, id: null, name, wireName: name.toLowerCase(), address: "10.0.0.2:7946", incarnation: 3 };
  return { kind: "member", event, ...who, why: null, at: NOON, ...more };
}

test("the last fifty events of members are remembered, the newest first, and only of this group", () => {
  const feed = new NewsFeed();
  const heard: News[] = [];
  feed.subscribe((one) => heard.push(one));
  for (let i = 0; i < 60; i++) {
    feed.tell(news("joined", `m${i}`));
    feed.tell({ kind: "members" });
  }
  assert.deepEqual(
    feed.history().map(({ name }) => name),
    Array.from({ length: 50 }, (_, i) => `m${59 - i}`),
  );
  assert.equal(heard.length, 120);
  feed.forget();
  assert.deepEqual(feed.history(), []);
});

test("scripts get the history as it was told, people in plain words, and hostile names stay text", async () => {
  const { needs, asScript, asStranger, browser } = site();
  needs.past = [
    news("refused", "ben-0123", { why: "this name belongs to another member" }),
    news("refuted", "Ana", { self: true }),
    news("suspected", "</bdi><img src=x>"),
    news("left", "Eve"),
  ];
  const api = await asScript("/api/v1/history");
  assert.deepEqual(await api.json(), { items: needs.past, next: null });
  assert.equal((await asStranger("/api/v1/history")).status, 401);
  const { ask } = await browser();
  const text = await (await ask("/pane/history")).text();
  for (const words of ["was refused", "this name belongs to another member", "This computer was not heard"]) {
    assert.ok(text.includes(words), words);
  }
  assert.match(text, /does not answer/);
  assert.match(text, /Eve<\/bdi> left/);
  assert.doesNotMatch(text, /<img/);
  needs.past = [];
  assert.match(await (await ask("/pane/history-list")).text(), /Nothing has happened yet/);
});

test("a terminal is told of who comes and goes, not of suspicions, and not commands in names", () => {
  assert.match(happened(news("joined", "Ben")) ?? "", /^\d\d:\d\d Ben joined$/);
  assert.match(happened(news("died", "Ben")) ?? "", / Ben is gone, without a goodbye$/);
  assert.match(happened(news("left", "a\u001b[2J\u202eb")) ?? "", / a\\u001b\[2J\\u202eb left$/);
  for (const quiet of ["suspected", "refuted", "refused"] as const) assert.equal(happened(news(quiet, "Ben")), null);
});

inBrowser("the history opens by key from the members, and what happens next appears in it", async ({ site, page }) => {
  site.needs.past = [news("joined", "Ben", { at: Date.now() - 5_000 })];
  const button = page.getByRole("button", { name: "History" });
  await button.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Who came and went" });
  await dialog.getByText("Ben joined").waitFor();
  await dialog.locator(".event").evaluate((event) => Object.assign(event, { same: true }));
  site.needs.past = [news("died", "Eve", { at: Date.now() }), ...site.needs.past];
  site.needs.tell(news("died", "Eve"));
  await dialog.getByText("Eve is gone").waitFor();
  assert.match((await dialog.locator(".event").first().textContent()) ?? "", /Eve/);
  const kept = await dialog
    .locator(".event")
    .nth(1)
    .evaluate((event) => "same" in event);
  assert.ok(kept, "what was there is not made anew");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  assert.match((await page.evaluate(() => document.activeElement?.textContent)) ?? "", /History/);
});

inBrowser("round trips are renewed within 15 s, in place, and only while the page is seen", async ({ site, page }) => {
  const trip = (rttMs: number): void => {
    site.needs.addMember("Ben", { Projects: {} }, { rttMs });
  };
  let asked = 0;
  page.on("request", (request) => {
    if (request.url().endsWith("/pane/members")) asked += 1;
  });
  await page.clock.install();
  await page.reload();
  const shown = page.locator("#members li", { hasText: "Ben" });
  await shown.evaluate((item) => Object.assign(item, { same: true }));
  const see = (state: string) =>
    page.evaluate((to) => {
      Object.defineProperty(document, "visibilityState", { value: to, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, state);
  trip(77);
  await page.clock.runFor(15_000);
  await shown.getByText("77 ms").waitFor();
  assert.ok(await shown.evaluate((item) => "same" in item), "the member is not made anew");
  await see("hidden");
  const before = asked;
  trip(88);
  await page.clock.runFor(120_000);
  assert.equal(asked, before);
  await see("visible");
  await shown.getByText("88 ms").waitFor();
});
