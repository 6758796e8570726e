import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { heard, inBrowser } from "./in-browser.ts";
import { ODD_NAMES } from "./sample.ts";

inBrowser("a link that is opened from a file lets the browser in", async ({ site, context }) => {
  const folder = await mkdtemp(join(tmpdir(), "groupshare-open-"));
  try {
    await context.clearCookies();
    const file = join(folder, "open.html");
    await writeFile(file, `<meta http-equiv="refresh" content="0; url=${site.loginLink()}">`);
    const page = await context.newPage();
    await page.goto(pathToFileURL(file).href);
    await page.waitForURL(`${site.origin()}/`);
    await page.locator("h1", { hasText: "Family" }).waitFor();
  } finally {
    await rm(folder, { recursive: true });
  }
});

inBrowser("a file that appears, changes or goes is seen without a reload", async ({ site, page, go }) => {
  await go("Ben/Projects");
  await page.evaluate(() => Object.assign(globalThis, { notReloaded: true }));
  const row = page.locator(".row", { hasText: "new idea.txt" });
  site.needs.put("Ben/Projects/new idea.txt", 1_500);
  await row.getByText("1.5 kB").waitFor();
  site.needs.put("Ben/Projects/new idea.txt", 2_500);
  await row.getByText("2.5 kB").waitFor();
  await page.locator("#summary", { hasText: "2 entries" }).waitFor();
  site.needs.put("Ben/Projects/new idea.txt", null);
  await row.waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => "notReloaded" in globalThis), true);
});

inBrowser("focus, selection and scroll survive what happens elsewhere in the list", async ({ site, page, go }) => {
  await go("NAS/Backup");
  const notes = page.locator(".row", { hasText: "notes.md" });
  await notes.locator(".pick").check();
  await notes.locator(".entry").focus();
  site.needs.put("NAS/Backup/aaa first.txt", 9);
  await page.locator(".row", { hasText: "aaa first.txt" }).waitFor();
  assert.equal(await notes.locator(".pick").isChecked(), true);
  assert.match((await page.evaluate(() => document.activeElement?.textContent)) ?? "", /notes\.md/);
  assert.equal(await page.locator("#selected").textContent(), "1 selected");
});

inBrowser("a member that goes disappears from members, tree and list, and its open folder says so", async (open) => {
  const { site, page, go } = open;
  await go("Ben/Projects");
  site.needs.removeMember(site.needs.members({ all: true }).find(({ name }) => name === "Ben")?.wireName ?? "");
  await page.getByText("This is not here at the moment").waitFor();
  await page.locator("#members .name", { hasText: "Ben" }).waitFor({ state: "detached" });
  await page.locator("#tree .name", { hasText: "Ben" }).waitFor({ state: "detached" });
  site.needs.addMember("Ben", { Projects: { "back.txt": 4 } });
  site.needs.tell({ kind: "members" });
  await page.locator(".row", { hasText: "back.txt" }).waitFor();
});

inBrowser("a long list grows while it is scrolled, and stays right while it changes", async ({ site, page, go }) => {
  await go("NAS/Logs");
  const rows = page.locator("#files .row");
  assert.equal(await rows.count(), 100);
  const toEnd = () => page.locator("#files").evaluate((files) => files.scrollTo(0, files.scrollHeight));
  for (const wanted of [200, 300]) {
    await toEnd();
    await page.waitForFunction((count) => document.querySelectorAll("#files .row").length >= count, wanted);
  }
  site.needs.put("NAS/Logs/log-00000a.txt", 1);
  await page.locator("#summary", { hasText: "5\u202f001 entries" }).waitFor();
  await page.locator("#files").evaluate((files) => files.scrollTo(0, 0));
  await page.locator(".row", { hasText: "log-00000a.txt" }).waitFor();
  for (let tries = 0; tries < 5; tries++) {
    await toEnd();
    await page.waitForTimeout(50);
  }
  const names = await rows.locator(".name").allTextContents();
  assert.ok(names.length >= 300);
  assert.deepEqual(names, [...new Set(names)].sort(), "each row once, in order");
});

inBrowser("the tree is walked with the keyboard alone", async ({ site, page }) => {
  const focused = () => page.evaluate(() => document.activeElement?.querySelector(".name")?.textContent);
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  await page.locator('[role=treeitem][tabindex="0"]').focus();
  await press("Home");
  assert.equal(await focused(), "Ana's laptop");
  await press("ArrowDown");
  assert.equal(await focused(), "NAS");
  await press("ArrowRight");
  await page.locator("[role=treeitem]", { hasText: "Films" }).last().waitFor();
  await press("ArrowRight");
  assert.equal(await focused(), "Backup");
  await press("f");
  assert.equal(await focused(), "Films");
  await press("ArrowRight");
  await page.locator("[role=treeitem]", { hasText: "Sintel" }).last().waitFor();
  await press("ArrowRight", "ArrowDown", "Enter");
  await page.waitForURL((url) => url.searchParams.get("path") === "NAS/Films/Sintel (2010)");
  await page.locator(".row", { hasText: "Sintel.mkv" }).waitFor();
  assert.equal(await focused(), "Sintel (2010)");
  assert.equal(await page.locator('[role=treeitem][aria-current="page"]').textContent(), "Sintel (2010)");
  site.needs.put("NAS/Films/A new film/a.mkv", 5);
  await page.locator("[role=treeitem]", { hasText: "A new film" }).last().waitFor();
  assert.equal(await focused(), "Sintel (2010)", "focus and open folders survive a change");
  await press("ArrowLeft");
  assert.equal(await focused(), "Films");
  await press("ArrowLeft", "ArrowLeft");
  assert.equal(await focused(), "NAS");
  assert.equal(await page.locator("[role=treeitem]:visible", { hasText: "Sintel" }).count(), 0, "Films is closed");
  await press("End");
  assert.equal(await focused(), "Chloé 🎧");
  assert.equal(await page.locator('[role=treeitem][tabindex="0"]').count(), 1);
});

inBrowser("a member leads to its shares, wherever it is clicked", async ({ page }) => {
  await page.locator("#members .name", { hasText: "NAS" }).click();
  await page.locator(".row", { hasText: "Films" }).waitFor();
  assert.equal(await page.locator('[role=treeitem][aria-current="page"]').textContent(), "NAS");
  await page.locator(".crumbs a", { hasText: "All members" }).click();
  await page.locator(".row .entry", { hasText: "Ben" }).click();
  await page.locator(".row", { hasText: "Projects" }).waitFor();
  assert.equal(await page.locator('[role=treeitem][aria-current="page"]').textContent(), "Ben");
});

inBrowser("a click gets a file; several are selected and got together", async ({ site, page, go }) => {
  await go("NAS/Films");
  await page.getByRole("button", { name: "Get Sintel (2010)" }).click();
  await page.locator("#notices", { hasText: "Getting Sintel (2010)" }).waitFor();
  await page.locator("#transfers .transfer").nth(4).waitFor();
  await page.locator(".pick").nth(0).check();
  await page
    .locator(".pick")
    .nth(2)
    .click({ modifiers: ["Shift"] });
  assert.equal(await page.locator("#selected").textContent(), "3 selected");
  await page.locator("#selection").getByRole("button", { name: "Get" }).click();
  await page.locator("#selection").waitFor({ state: "hidden" });
  assert.equal(site.needs.calls[0], "download NAS/Films/Sintel (2010) into -");
  assert.match(site.needs.calls[1] ?? "", /Big Buck Bunny.*Sintel.*Tears of Steel/);
  await page.getByRole("button", { name: "Pause Sintel (2010)" }).first().click();
  await page.getByRole("button", { name: "Resume Sintel (2010)" }).waitFor();
});

inBrowser("a download's progress moves by itself", async ({ site, page }) => {
  const [first, ...others] = site.needs.downloads().filter(({ id }) => id === "d2");
  assert.ok(first);
  site.needs.setDownloads([{ ...first, done: 1_100_000_000 }, ...others]);
  await page.locator("#transfers", { hasText: "1.1 GB of 1.2 GB" }).waitFor();
  assert.equal(
    await page.locator("#transfers progress").evaluate((bar: HTMLProgressElement) => bar.value),
    1_100_000_000,
  );
});

inBrowser("the address names the folder, and back leads back", async ({ page, go }) => {
  await go("NAS/Films");
  await page.locator(".entry", { hasText: "Sintel" }).click();
  await page.locator(".row", { hasText: "Sintel.mkv" }).waitFor();
  assert.equal(new URL(page.url()).searchParams.get("path"), "NAS/Films/Sintel (2010)");
  assert.equal(await page.title(), "Sintel (2010) – Family – GroupShare");
  await page.goBack();
  await page.locator(".row", { hasText: "Big Buck Bunny" }).waitFor();
  assert.equal(await page.title(), "Films – Family – GroupShare");
  await page.locator('[role=treeitem][aria-current="page"]', { hasText: "Films" }).first().waitFor();
  await page.goForward();
  await page.locator(".row", { hasText: "Sintel.mkv" }).waitFor();
  await page.reload();
  await page.locator(".row", { hasText: "Sintel.mkv" }).waitFor();
});

inBrowser("names cannot break out, hide or turn the page around", async ({ page, go }) => {
  await go("NAS/Backup");
  await page.locator(".entry", { hasText: "<img src=x" }).waitFor();
  assert.equal(await page.locator("#files img").count(), 0);
  assert.equal(await page.title(), "Backup – Family – GroupShare");
  const label = await page.locator(".row", { hasText: "fdp.exe" }).locator(".entry").getAttribute("title");
  assert.equal(label, "invoice[U+202E]fdp.exe");
  await page.locator(".odd", { hasText: "newline" }).waitFor();
  for (const name of [ODD_NAMES.rtl, ODD_NAMES.emoji]) await page.locator("bdi", { hasText: name }).first().waitFor();
  const html = await page.locator("#files").innerHTML();
  assert.doesNotMatch(html.replaceAll(/value="[^"]*"|hx-vals='[^']*'|hx-vals="[^"]*"/g, ""), /[\u202a-\u202e]/);
  await page.getByRole("button", { name: "Get <img src=x" }).click();
  await page.locator("#notices", { hasText: "Getting <img src=x" }).waitFor();
  assert.equal(await page.locator("img").count(), 0);
});

inBrowser("an invite is shown, copied, and gone from the page when closed", async ({ page, context, site }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Invite" }).click();
  await page.getByRole("img", { name: "The invite as a QR code" }).waitFor();
  await page.getByRole("button", { name: "Copy the invite" }).click();
  await page.getByText("Copied", { exact: true }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), await site.needs.invite());
  await page.keyboard.press("Escape");
  await page.locator("#invite-line").waitFor({ state: "detached" });
});

inBrowser("folders are shared, watched while they are checked, and no longer shared", async ({ site, page }) => {
  await page.getByRole("button", { name: "Shared folders" }).click();
  await page.waitForFunction(() => document.activeElement?.id === "share-path");
  await page.fill("#share-path", "music");
  await page.getByRole("button", { name: "Share it" }).click();
  await page.locator("#share-error", { hasText: "Give the whole path" }).waitFor();
  assert.equal(await page.inputValue("#share-path"), "music", "what was typed is kept");
  await page.fill("#share-path", "/srv/music");
  await page.getByRole("button", { name: "Share it" }).click();
  const share = page.locator(".share", { hasText: "/srv/music" });
  await share.getByText("looking for files").waitFor();
  site.needs.setShares(
    site.needs.shares().map((one) => (one.name === "music" ? { ...one, state: "hashing", files: 10, hashed: 4 } : one)),
  );
  await share.getByText("checked 4 of 10").waitFor();
  await share.getByRole("button", { name: "Stop sharing music" }).click();
  await page.locator("#confirm").getByRole("button", { name: "Keep it" }).click();
  assert.equal(await share.count(), 1);
  await share.getByRole("button", { name: "Stop sharing music" }).click();
  await page.locator("#confirm").getByRole("button", { name: "Stop sharing" }).click();
  await share.waitFor({ state: "detached" });
});

inBrowser("leaving asks first, and leads to the first run, from where one starts or joins", async ({ page }) => {
  await page.getByRole("button", { name: "Leave" }).click();
  await page.getByRole("button", { name: "Leave the group" }).click();
  await page.getByRole("heading", { name: "Welcome to GroupShare" }).waitFor();
  await page.fill("#invite", "hello");
  await page.getByRole("button", { name: "Join the group" }).click();
  await page.locator("#join-error", { hasText: "this is not an invite" }).waitFor();
  await page.fill("#group-name", "Band");
  await page.getByRole("button", { name: "Start the group" }).click();
  await page.locator("h1", { hasText: "Band" }).waitFor();
});

inBrowser("a group joined elsewhere shows on the page that waits for one", async ({ site, page }) => {
  site.needs.setGroup(null);
  await page.getByRole("heading", { name: "Welcome to GroupShare" }).waitFor();
  await heard(site);
  await site.needs.startGroup("Elsewhere");
  await page.locator("h1", { hasText: "Elsewhere" }).waitFor();
});

inBrowser("a page that hears nothing says so, and catches up by itself", async ({ site, page, go, troubles }) => {
  await go("Ben/Projects");
  await site.close();
  await page.locator("#offline").waitFor({ state: "visible" });
  assert.equal(await page.locator("main").evaluate((main: HTMLElement) => main.inert), true);
  site.needs.put("Ben/Projects/while away.txt", 3);
  await site.reopen();
  await page.locator(".row", { hasText: "while away.txt" }).waitFor({ timeout: 15_000 });
  await page.locator("#offline").waitFor({ state: "hidden" });
  assert.equal(await page.locator("main").evaluate((main: HTMLElement) => main.inert), false);
  troubles.length = 0;
});

inBrowser("a request that fails alone does not take the page away", async ({ page, context, troubles }) => {
  await context.route("**/pane/files**", (route) => route.abort());
  const asked = page.waitForResponse((response) => response.url().endsWith("/healthz"));
  await page.locator(".row .entry", { hasText: "Ben" }).click();
  await asked;
  assert.equal(await page.locator("#offline").isVisible(), false);
  await context.unroute("**/pane/files**");
  await page.locator(".row .entry", { hasText: "Ben" }).click();
  await page.locator(".row", { hasText: "Projects" }).waitFor();
  troubles.length = 0;
});

inBrowser("a low window folds the transfers, until somebody unfolds them", async ({ page }) => {
  const toggle = page.getByRole("button", { name: "Transfers", expanded: true });
  await toggle.waitFor();
  await page.setViewportSize({ width: 1280, height: 450 });
  await page.locator("#transfers").waitFor({ state: "hidden" });
  await page.getByRole("button", { name: "Transfers", expanded: false }).click();
  await page.locator("#transfers").waitFor({ state: "visible" });
});

inBrowser(
  "on a phone the way to a deep folder ends in sight",
  async ({ site, page, go }) => {
    const deep = ["a rather long name", "another rather long name", "the folder at the end"].join("/");
    site.needs.put(`NAS/Films/${deep}/file.txt`, 1);
    await go(`NAS/Films/${deep}`);
    const right = () => page.locator(".here").evaluate((here) => here.getBoundingClientRect().right);
    assert.ok((await right()) <= 390, "after loading");
    await go("NAS");
    await page.locator(".row .entry", { hasText: "Films" }).click();
    for (const name of deep.split("/")) await page.locator(".row .entry", { hasText: name }).click();
    await page.locator(".row", { hasText: "file.txt" }).waitFor();
    assert.ok((await right()) <= 390, "after going there");
  },
  { phone: true },
);

inBrowser(
  "on a phone the panes fold to one at a time, and nothing is wider than the screen",
  async ({ page, go }) => {
    await go("NAS/Backup");
    const wide = () => page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
    assert.equal(await wide(), false);
    assert.equal(await page.locator("#members").isVisible(), false);
    await page.getByRole("button", { name: "Folders", exact: true }).click();
    assert.equal(await page.locator("#files").isVisible(), false);
    await page.locator(".tree-row", { hasText: "Films" }).click();
    await page.locator(".row", { hasText: "Sintel" }).waitFor();
    const small = await page.locator("button:visible, .actions a:visible, .tab:visible").evaluateAll((things) =>
      things
        .map((thing) => ({
          box: thing.getBoundingClientRect(),
          text: thing.getAttribute("aria-label") ?? thing.textContent,
        }))
        .filter(({ box }) => box.width < 44 || box.height < 44)
        .map(({ box, text }) => `${text} ${box.width}x${box.height}`),
    );
    assert.deepEqual(small, []);
  },
  { phone: true },
);

for (const colorScheme of ["light", "dark"] as const) {
  inBrowser(`axe finds nothing wrong, in ${colorScheme}`, async ({ page, site, go, context }) => {
    const axe = await readFile(new URL("../../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
    await context.route("**/axe.js", (route) => route.fulfill({ contentType: "text/javascript", body: axe }));
    await page.emulateMedia({ colorScheme });
    const check = async (what: string) => {
      await page.evaluate(axe);
      // Only colours differ in the dark.
      const rules = colorScheme === "dark" ? ["color-contrast"] : [];
      const violations = await page.evaluate(async (only) => {
        const { axe } = globalThis as unknown as { axe: Axe };
        return (await axe.run(document, only.length === 0 ? {} : { runOnly: only })).violations;
      }, rules);
      const words = violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join("\n")}`,
      );
      assert.deepEqual(words, [], what);
    };
    await check("all members");
    await go("NAS/Backup");
    await page.locator(".pick").first().check();
    await check("a folder");
    await page.getByRole("button", { name: "Filters" }).click();
    await page.selectOption("#filter-kind", "video");
    await page.fill("#q", "sintel");
    await page.locator(".found mark").first().waitFor();
    await check("a search");
    site.needs.put("Ben/Films/plan.md", "the plan that was agreed");
    site.needs.put("NAS/Films/plan.md", "the plan before that");
    await go("@all/Films");
    await page.locator(".versions summary").click();
    await check("all together");
    for (const button of ["Invite", "Shared folders", "Leave"]) {
      await page.getByRole("button", { name: button }).click();
      await page.locator("dialog[open]").waitFor();
      await check(button);
      await page.keyboard.press("Escape");
    }
    await go("nobody/nothing");
    await check("what is not here");
    await page.setViewportSize({ width: 390, height: 844 });
    await go("NAS/Films");
    for (const tab of ["Members", "Folders", "Transfers"]) {
      await page.getByRole("button", { name: tab, exact: true }).click();
      await check(`${tab} on a phone`);
    }
    site.needs.setGroup(null);
    await page.getByRole("heading", { name: "Welcome to GroupShare" }).waitFor();
    await check("the first run");
    await context.clearCookies();
    await page.goto(site.origin());
    await check("the door");
  });
}

interface Axe {
  run(what: Document, options: { runOnly?: string[] }): Promise<{ violations: AxeViolation[] }>;
}

interface AxeViolation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}
