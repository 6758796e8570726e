import type { Page } from "playwright-core";
import { launchChromium } from "../support/chromium.ts";
import type { Member } from "../support/member.ts";

/** A person at a member's page. */
export class Browser {
  readonly #page: Page;
  #loads = 0;

  private constructor(page: Page) {
    this.#page = page;
  }

  /** Opens the page with a one-time link, as `groupshare open` does; closed when the test ends. */
  static async open(member: Member, ends: { after(close: () => Promise<void>): void }): Promise<Browser> {
    const link = (await member.cli("open", "--print")).trim();
    const browser = await launchChromium();
    ends.after(() => browser.close());
    const page = await browser.newPage();
    await page.goto(link);
    // The link answers with a page that goes on to the real one, which then keeps a stream open.
    await page.waitForSelector("#files .folder");
    return new Browser(page);
  }

  /** Goes to a folder by its address; counts as a load. */
  async show(path: string): Promise<void> {
    await this.#page.goto(`/?path=${encodeURIComponent(path)}`.replace(/^/, new URL(this.#page.url()).origin));
    await this.#page.waitForSelector("#files .folder");
    await this.#page.evaluate(() => document.body.setAttribute("data-loaded-once", ""));
    this.#loads += 1;
  }

  /** Whether the document is still the one that was loaded. */
  async sameDocument(): Promise<boolean> {
    return this.#loads === 1 && (await this.#page.locator("body[data-loaded-once]").count()) === 1;
  }

  /** The names in the open folder, as shown. */
  names(): Promise<string[]> {
    return this.#page.locator("#files .row .entry").allInnerTexts();
  }

  /** All that the file list says. */
  async text(): Promise<string> {
    return (await this.#page.locator("#files").textContent()) ?? "";
  }

  /** Clicks on what downloads an entry of the open folder. */
  async get(name: string): Promise<void> {
    await this.#page.getByRole("button", { name: `Get ${name}`, exact: true }).click();
  }
}
