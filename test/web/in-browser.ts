import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { launchChromium, noBrowser } from "../support/chromium.ts";
import { fillSample } from "./sample.ts";
import { served } from "./served.ts";

let browser: Browser;
before(async () => {
  if (noBrowser === false) browser = await launchChromium();
});
after(() => browser?.close());

type Served = Awaited<ReturnType<typeof served>>;
interface Open {
  readonly site: Served;
  readonly page: Page;
  readonly context: BrowserContext;
  /** What went wrong in the page: exceptions, refusals of the policy. */
  readonly troubles: string[];
  go(path: string): Promise<void>;
}

/** Runs a test in a browser that was let in to the page of a sample group. */
export function inBrowser(claim: string, act: (open: Open) => Promise<void>, options: { phone?: boolean } = {}): void {
  test(claim, { skip: noBrowser, timeout: 60_000 }, async () => {
    const site = await served();
    fillSample(site.needs);
    const viewport = options.phone ? { width: 390, height: 844 } : { width: 1280, height: 800 };
    const context = await browser.newContext({ viewport, reducedMotion: "reduce" });
    try {
      const page = await context.newPage();
      const troubles: string[] = [];
      page.on("pageerror", (error) => troubles.push(error.message));
      page.on("console", (message) => {
        if (/Content Security Policy|htmx:error/.test(message.text())) troubles.push(message.text());
      });
      await page.goto(site.loginLink());
      await page.waitForURL(`${site.origin()}/`);
      const go = async (to: string) => {
        await page.goto(`${site.origin()}/?path=${encodeURIComponent(to)}`);
        await page.locator("#news").waitFor({ state: "attached" });
        await heard(site);
      };
      await page.locator("#news").waitFor({ state: "attached" });
      await heard(site);
      await act({ site, page, context, troubles, go });
      assert.deepEqual(troubles, []);
    } finally {
      await context.close();
      await site.close();
    }
  });
}

/** Waits until the page hears news. */
export async function heard(site: Served): Promise<void> {
  const end = Date.now() + 10_000;
  while (site.needs.listeners === 0 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(site.needs.listeners > 0, "the page does not listen for news");
}
