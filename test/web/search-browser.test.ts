import assert from "node:assert/strict";
import { inBrowser } from "./in-browser.ts";

inBrowser("typing searches, a newer question takes the place of one still asked, Escape leads back", async (open) => {
  const { site, page, go } = open;
  const { needs } = site;
  await go("NAS/Films");
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  needs.searchGate = async (text) => (text === "log" ? await held : undefined);
  await page.keyboard.press("/");
  await page.keyboard.type("log");
  for (const end = Date.now() + 10_000; !needs.calls.includes("search log") && Date.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await page.keyboard.press("Backspace");
  await page.keyboard.press("Backspace");
  await page.keyboard.type("isbon");
  await page.locator("#summary", { hasText: "1 found" }).waitFor();
  for (const end = Date.now() + 10_000; !needs.calls.includes("gave up log") && Date.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.ok(needs.calls.includes("gave up log"), "the first search went on");
  release();
  assert.equal(await page.inputValue("#q"), "lisbon");
  assert.equal(await page.locator("mark").textContent(), "Lisbon");
  assert.equal(await page.locator("#search-count").textContent(), "1 found");
  assert.equal(new URL(page.url()).searchParams.get("q"), "lisbon");
  await page.keyboard.press("Escape");
  await page.locator(".row", { hasText: "Big Buck Bunny" }).waitFor();
  assert.equal(await page.inputValue("#q"), "");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "q");
  await page.fill("#q", "mozart");
  await page.locator(".where a", { hasText: "Music" }).click();
  await page.locator(".row", { hasText: "Kai Engel" }).waitFor();
  assert.equal(await page.inputValue("#q"), "", "an opened folder ends the search");
  await page.goBack();
  await page.locator(".found-row", { hasText: "Mozart" }).waitFor();
  assert.equal(await page.inputValue("#q"), "mozart", "back shows the search and its words");
});

inBrowser("what is found follows changes, and keeps where one was, and which filters are set", async (open) => {
  const { site, page, go } = open;
  await go("");
  await page.getByRole("button", { name: "Filters" }).click();
  await page.selectOption("#filter-member", { label: "NAS" });
  await page.fill("#q", "log-");
  await page.locator("#summary", { hasText: "5\u202f000 found" }).waitFor();
  const files = page.locator("#files");
  await files.evaluate((list) => list.scrollTo(0, 2_000));
  site.needs.tell({ kind: "members" });
  site.needs.put("NAS/Logs/log-x.txt", 5);
  await page.locator("#summary", { hasText: "5\u202f001 found" }).waitFor();
  assert.equal(await files.evaluate((list) => list.scrollTop), 2_000);
  assert.equal(await page.locator("#filters-count").textContent(), "1");
  const chosen = () => page.locator("#filter-member option:checked").textContent();
  assert.equal(await chosen(), "NAS");
  await page.fill("#q", "nothing like that");
  await page.getByRole("button", { name: "Search without filters" }).click();
  await page.locator("#filters-count").waitFor({ state: "hidden" });
  assert.equal(await chosen(), "Everybody");
});

inBrowser(
  "together, versions stay open while the list changes, and the tree and a new visit are the same",
  async (open) => {
    const { site, page, go } = open;
    site.needs.put("Ben/Films/plan.md", "the plan that was agreed");
    site.needs.put("NAS/Films/plan.md", "the plan before that");
    await go("NAS/Films");
    await page.getByRole("link", { name: "Together" }).click();
    await page.locator('[role=treeitem][aria-current="page"][data-path="@all/Films"]').waitFor();
    await page.locator(".versions summary", { hasText: "2 versions" }).click();
    site.needs.put("Ben/Films/new.md", "something that came later");
    await page.locator(".row", { hasText: "new.md" }).waitFor();
    assert.equal(await page.locator(".version").count(), 2);
    assert.equal(await page.locator(".version").first().isVisible(), true);
    await page.getByRole("button", { name: /Get the version of plan.md from Ben/ }).click();
    await page.locator("#notices", { hasText: "Getting plan.md" }).waitFor();
    assert.equal(site.needs.calls.at(-1), "download Ben/Films/plan.md into -");
    await page.getByLabel("Only what I lack").check();
    await page.locator(".folder[data-lacking]").waitFor();
    await page.goto(site.origin());
    await page.locator(".here", { hasText: "Everyone's files" }).waitFor();
    assert.equal(await page.getByLabel("Only what I lack").isChecked(), true);
    await page.getByRole("link", { name: "By member" }).click();
    await page.locator("[role=treeitem]", { hasText: "NAS" }).waitFor();
  },
);
