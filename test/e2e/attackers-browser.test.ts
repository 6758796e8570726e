import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { encode } from "@msgpack/msgpack";
import type { Browser, Page } from "playwright-core";
import type { DownloadView } from "../../src/app/mod.ts";
import { gossipKey, readInvite } from "../../src/trust/mod.ts";
import { launchChromium, noBrowser } from "../support/chromium.ts";
import { Member } from "../support/member.ts";
import { until } from "../support/until.ts";
import { type Attacked, attacked, FOLDER, RUN, SECRET, SHARE, TERMINAL } from "./attacked.ts";
import { gossip } from "./gossiping.ts";

describe("what others named or wrote runs in no page", { skip: noBrowser, timeout: 240_000 }, () => {
  let browser: Browser;
  let shared: Promise<Page>;
  let ana: Member;
  let ben: Member;
  let folder: Attacked["folder"];
  let end = async (): Promise<void> => undefined;

  before(async () => {
    ({ ana, ben, folder, end } = await attacked(2));
    browser = await launchChromium();
    shared = open(ben).then(({ page }) => page);
    shared.catch(() => undefined);
  });
  after(async () => {
    await browser?.close();
    await end();
  });

  /** A page that was let in, and what it was made to do by names. */
  async function open(member: Member): Promise<{ page: Page; troubles: string[]; harmless(): Promise<void> }> {
    const context = await browser.newContext();
    const page = await context.newPage();
    const troubles: string[] = [];
    page.on("dialog", (dialog) => {
      troubles.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("pageerror", (error) => troubles.push(error.message));
    page.on("console", (message) => {
      if (/Content Security Policy|htmx:error/.test(message.text())) troubles.push(message.text());
    });
    await page.goto((await member.cli("open", "--print")).trim());
    await page.waitForSelector("#files .folder");
    const harmless = async () => {
      assert.equal(await page.evaluate(() => (globalThis as { pwned?: unknown }).pwned), undefined);
      assert.equal(await page.locator("#files img, #tree iframe, iframe, [onerror], [onload], [onfocus]").count(), 0);
      assert.deepEqual(troubles, []);
    };
    return { page, troubles, harmless };
  }

  test("names that are HTML or script do nothing in list, tree, notices and transfers, and come whole in a zip", async () => {
    const { page, harmless } = await open(ben);
    await page.goto(`${ben.ready.ui}/?path=${encodeURIComponent("Ana/Things")}`);
    await page.waitForSelector("#files .folder");
    const shown = (await page.locator("#files .row .entry").allInnerTexts()).map((text) => text.trim());
    for (const name of [...RUN, FOLDER]) assert.ok(shown.includes(name), `${name} is listed as it is`);
    for (const name of RUN) {
      await page.locator(".row", { hasText: name }).getByRole("button", { name: "Get" }).click();
      await page.locator("#notices", { hasText: name }).first().waitFor();
      await page.locator(".row", { hasText: name }).locator(".entry").hover();
    }
    await until("all are done", async () => {
      const { items } = await ben.api<{ items: DownloadView[] }>("/api/v1/downloads");
      return RUN.every((name) => items.some(({ path, state }) => path.endsWith(`/${name}`) && state === "done"));
    });
    await page.goto(`${ben.ready.ui}/?path=${encodeURIComponent(`Ana/Things/${FOLDER}`)}`);
    await page.waitForSelector("#files .folder");
    await page.locator("h2.here", { hasText: FOLDER }).waitFor();
    await page.locator("[role=treeitem]", { hasText: FOLDER }).first().waitFor();
    await page.goto(`${ben.ready.ui}/?path=${encodeURIComponent(`Ana/Things/${RUN[0]}/nothing`)}`);
    await page.locator("#files", { hasText: "onerror" }).waitFor();
    await harmless();
    const zip = Buffer.from(await (await ben.ask("/archive/Ana/Things")).arrayBuffer());
    for (const name of [...RUN, ...TERMINAL]) assert.ok(zip.includes(`Things/${name}`), `${name} is in the zip`);
    assert.ok(!zip.includes(SECRET));
  });

  test("such a name does nothing as what is searched for, nor as what is found, typed or opened by its address", async () => {
    const { page, harmless } = await open(ben);
    for (const name of RUN) {
      await page.fill("#q", name);
      await page.locator("h2.here", { hasText: name }).waitFor();
      const found = page.locator(".found-row .entry", { hasText: name });
      await found.hover();
      assert.equal((await found.textContent())?.trim(), name, "found as it is");
      await harmless();
    }
    await page.fill("#q", FOLDER);
    await page.locator(".found-row .entry", { hasText: FOLDER }).waitFor();
    const words = `${RUN[0]} is nowhere`;
    await page.goto(
      `${ben.ready.ui}/?q=${encodeURIComponent(words)}&path=${encodeURIComponent(`Ana/Things/${FOLDER}`)}`,
    );
    await page.locator("#files .empty", { hasText: words }).waitFor();
    assert.equal(await page.inputValue("#q"), words);
    await harmless();
  });

  test("a member whose name is HTML, and one refused under such a name, do nothing in members, tree, history and group", async () => {
    const invite = (await ana.cli("invite")).trim();
    const mal = await Member.start("bundle", "127.0.2.43", folder("mal"), ["--name", MEMBER, "--invite", invite]);
    try {
      const foreign = { g: "0".repeat(32) };
      const stranger = { name: REFUSED, meta: tags(foreign), incarnation: 1, state: "alive", vsn: VSN } as const;
      const serf = { ...stranger, name: `${REFUSED} too`, meta: new Uint8Array() };
      const at = { host: Uint8Array.of(127, 0, 2, 44), port: 7_946 };
      const said = { kind: "push-pull", join: true, userState: new Uint8Array() } as const;
      const key = gossipKey(readInvite(invite).group);
      const own = await gossip(ben.ready.gossip ?? "", key, { ...said, states: [] });
      assert.ok(own?.kind === "push-pull");
      const states = [...own.states, { ...stranger, address: at }, { ...serf, address: at }];
      assert.notEqual(await gossip(ben.ready.gossip ?? "", key, { ...said, states }), null);
      const { page, harmless } = await open(ben);
      for (const name of [MEMBER, serf.name]) await page.locator("#members .member-name", { hasText: name }).waitFor();
      await page.locator("[role=treeitem]", { hasText: MEMBER }).waitFor();
      await page.locator("[hx-get='/pane/history']").click();
      const events = page.locator("#history .event-text");
      for (const name of [MEMBER, serf.name])
        await events
          .filter({ hasText: `${name} joined` })
          .first()
          .waitFor();
      await events
        .filter({ hasText: `${REFUSED} was refused` })
        .first()
        .waitFor();
      await harmless();
      await page.keyboard.press("Escape");
      await page.locator("[hx-get='/pane/group']").click();
      const known = page.locator("#known .share", { hasText: MEMBER });
      await known.getByRole("button").click();
      await page.locator("#confirm-text", { hasText: `“${MEMBER}”` }).waitFor();
      await harmless();
    } finally {
      await mal.kill();
    }
  });

  test("a share whose name is HTML does nothing in the dialogs about it", async () => {
    const { page, harmless } = await open(ana);
    await page.locator("[hx-get='/pane/shares']").first().click();
    const row = page.locator("li.share", { hasText: SHARE });
    await row.waitFor();
    await page.locator("#share-path").fill(folder("<img src=x onerror=alert(3)>"));
    await page.locator("form.share-form button[type=submit]").click();
    await page.locator("#share-error", { hasText: "onerror=alert(3)" }).waitFor();
    await harmless();
  });

  /** The address of a file of Ana's as the page's own link has it, without which its bytes are not given. */
  async function linkTo(page: Page, name: string): Promise<string> {
    await page.goto(`${ben.ready.ui}/?path=${encodeURIComponent("Ana/Things")}`);
    const link = page.locator(`#files a.entry[href^="/files/Ana/Things/${encodeURIComponent(name)}?"]`);
    return `${ben.ready.ui}${await link.getAttribute("href")}`;
  }

  test("HTML and SVG out of a share are saved, not shown", async () => {
    const page = await shared;
    for (const name of ["page.html", "picture.svg"]) {
      const saved = page.waitForEvent("download");
      await page.goto(await linkTo(page, name)).catch(() => undefined);
      assert.equal((await saved).suggestedFilename(), name);
    }
  });

  test("were they shown all the same, nothing in them would run, and they would be of an origin of their own", async () => {
    const page = await shared;
    const asked: string[] = [];
    page.on("request", (sent) => {
      if (sent.url().includes("/api/")) asked.push(sent.url());
    });
    for (const [name, type] of [
      ["page.html", "text/html"],
      ["picture.svg", "image/svg+xml"],
    ] as const) {
      // What an old browser would do that goes by the name.
      const isIt = (url: URL) => url.pathname === `/files/Ana/Things/${name}`;
      await page.route(isIt, async (route) => {
        const response = await route.fetch();
        const headers: Record<string, string> = { ...response.headers(), "content-type": type };
        delete headers["content-disposition"];
        await route.fulfill({ response, headers });
      });
      await page.goto(await linkTo(page, name));
      assert.equal(await page.title(), "shown");
      await closedIn(page);
    }
    assert.deepEqual(asked, []);
  });

  test("nor does a text that is shown reach the page's cookie or its API", async () => {
    const page = await shared;
    await page.goto(await linkTo(page, RUN[0] ?? ""));
    assert.match((await page.locator("body").textContent()) ?? "", /<img src=x/);
    await closedIn(page);
  });
});

/** A display name, which holds no slash, and a wire name, which may hold anything. */
const MEMBER = "<img src=x onerror=globalThis.pwned=1>";
const REFUSED = '"><img src=x onerror=alert(4)><script>globalThis.pwned=1</script>';
/** Of a real Serf. */
const VSN = Uint8Array.of(1, 5, 2, 2, 5, 4);

/** Meta in Serf's form. */
function tags(of: Record<string, string>): Uint8Array {
  return Uint8Array.of(0xff, ...encode(of));
}

/** Asserts that what is shown has no origin: no cookie, no storage, and no answer from the API. */
async function closedIn(page: Page): Promise<void> {
  // As text: what a compiler adds to a function is not there in the page.
  const reached = await page.evaluate(`(async () => {
    const refused = () => "refused";
    return {
      origin: globalThis.origin,
      cookie: await Promise.resolve().then(() => document.cookie).catch(refused),
      storage: await Promise.resolve().then(() => localStorage.length).catch(refused),
      api: await Promise.resolve().then(() => fetch("/api/v1/members")).then(({ status }) => status).catch(refused),
    };
  })()`);
  assert.deepEqual(reached, { origin: "null", cookie: "refused", storage: "refused", api: "refused" });
}
