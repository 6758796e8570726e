import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "uqr";
import { terminalQr } from "../../src/cli/terminal-qr.ts";
import { UNTOLD, writeInvite } from "../../src/trust/mod.ts";
import { QrCode } from "../../src/web/pages/qr-code.tsx";
import { site } from "./site.ts";

/** The dark modules of a page's SVG, by reading its paths as a browser does; with the light ones around them. */
function readSvg(markup: string): boolean[][] {
  const side = Number(/viewBox="0 0 (\d+) \d+"/.exec(markup)?.[1]);
  const modules = Array.from({ length: side }, () => Array<boolean>(side).fill(false));
  const dark = /fill="#000" d="([^"]*)"/.exec(markup)?.[1] ?? "";
  for (const [, x, y, width] of dark.matchAll(/M(\d+) (\d+)h(\d+)v1H\d+z/g)) {
    modules[Number(y)]?.fill(true, Number(x), Number(x) + Number(width));
  }
  return modules;
}

/** The drawn modules of half blocks. */
function readBlocks(text: string): boolean[][] {
  return text
    .split("\n")
    .flatMap((line) => [
      [...line].map((block) => block === "█" || block === "▀"),
      [...line].map((block) => block === "█" || block === "▄"),
    ]);
}

/** What an encoder makes of a text, with four light modules around it. */
function expected(text: string): boolean[][] {
  return encode(text, { ecc: "L", border: 4 }).data.map((row) => [...row]);
}

const hosts = Array.from({ length: 8 }, (_, at) => `${"a".repeat(290)}${at}.example:7946`.slice(-253));
const group = { id: "0f".repeat(16), name: "ü".repeat(32), secret: new Uint8Array(32).fill(7), generation: 1 };
const LONGEST = writeInvite({ group: { ...group, ...UNTOLD, former: [] }, addresses: hosts });

for (const [what, text] of [
  ["an invite", "groupshare:hqFhkbExMjcuMC4wLjE6Nzk0NqFmAaFnxBA"],
  ["the longest invite that a code holds", `groupshare:${"A".repeat(2_953 - 11)}`],
  ["an invite with eight long host names", LONGEST.slice(0, 2_953)],
] as const) {
  test(`the QR code of ${what} is what an encoder makes of it, in page and terminal, with a quiet zone`, () => {
    const wanted = expected(text);
    assert.deepEqual(readSvg(String(QrCode({ text, label: "" }))), wanted);
    const lines = terminalQr(text, false).split("\n");
    assert.ok(lines.every((line) => line.length === wanted.length));
    // Where no colours can be said, the light modules are what is drawn.
    const drawn = readBlocks(lines.join("\n")).slice(0, wanted.length);
    assert.deepEqual(
      drawn.map((row) => row.map((light) => !light)),
      wanted,
    );
  });
}

test("in a terminal a QR code is dark on light whatever its colours, and leaves them as they were", () => {
  for (const line of terminalQr("groupshare:x", true).split("\n")) {
    assert.ok(line.startsWith("\u001b[38;5;16;48;5;231m") && line.endsWith("\u001b[0m"));
  }
  const blocks = terminalQr("groupshare:x", true)
    .replaceAll("\u001b[38;5;16;48;5;231m", "")
    .replaceAll("\u001b[0m", "");
  assert.deepEqual(readBlocks(blocks).slice(0, expected("groupshare:x").length), expected("groupshare:x"));
});

test("the invite dialog shows the code dark on light, and this member's id to be read aloud", async () => {
  const { browser, needs } = site();
  const { id } = needs.addMember("Ana", {}, { self: true });
  const text = await (await (await browser()).ask("/pane/invite")).text();
  const invite = /<textarea[^>]*>([^<]*)</.exec(text)?.[1] ?? "";
  assert.deepEqual(readSvg(text), expected(invite.trim()));
  assert.match(text, /<path fill="#fff"/);
  assert.ok(text.includes((id ?? "").slice(0, 16).replace(/(....)(....)(....)(....)/, "$1 $2 $3 $4")));
});

test("what is too long for a code is shown without one", () => {
  assert.equal(QrCode({ text: "x".repeat(2_954), label: "" }), null);
  assert.throws(() => terminalQr("x".repeat(2_954), true), { code: "too-large" });
});
