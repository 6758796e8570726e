import type { Browser } from "playwright-core";
import { lacks } from "./need.ts";

/** Without these Chromium looks for hosts of its own at every start. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Why a test with a browser cannot run here, or false. */
export const noBrowser: string | false =
  "Deno" in globalThis ? "the page is the same whoever serves it; Playwright is driven from Node" : lacks("chromium");

/** Debian's Chromium. */
export async function launchChromium(): Promise<Browser> {
  const { chromium } = await import("playwright-core");
  return chromium.launch({ executablePath: "/usr/bin/chromium", args: FLAGS });
}
