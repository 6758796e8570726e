import assert from "node:assert/strict";
import { test } from "node:test";
import { type Site, site } from "./site.ts";

/** Reads a stream of events until what was read satisfies; fails after some seconds. */
async function until(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  enough: (text: string) => boolean,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  const late = setTimeout(() => void reader.cancel(), 5_000);
  try {
    while (!enough(text)) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
  } finally {
    clearTimeout(late);
  }
  assert.ok(enough(text), `only this came: ${text}`);
  return text;
}

async function stream(made: Site, path: string) {
  const asks = path === "/events" ? (await made.browser()).ask : made.asScript;
  const response = await asks(path);
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
  assert.ok(response.body);
  return response.body.getReader();
}

const timesIn = (text: string, part: string): number => text.split(part).length - 1;

test("scripts hear news as JSON under the name of their kind", async () => {
  const made = site();
  const reader = await stream(made, "/api/v1/events");
  made.needs.tell({ kind: "members" });
  made.needs.tell({ kind: "catalog", member: "ab".repeat(32) });
  const text = await until(reader, (heard) => heard.includes("event: catalog"));
  assert.match(text, /event: members\ndata: {"kind":"members"}\n\n/);
  assert.match(text, new RegExp(`event: catalog\\ndata: {"kind":"catalog","member":"${"ab".repeat(32)}"}\\n\\n`));
  await reader.cancel();
});

test("scripts hear how far the shares are, as it is when they hear it", async () => {
  const made = site();
  const reader = await stream(made, "/api/v1/events");
  const share = await made.needs.addShare({ path: "/srv/music", name: null });
  const hashed = (bytes: number) =>
    made.needs.setShares([{ ...share, state: "hashing", bytes: 9, hashedBytes: bytes, remainingMs: 7_000 }]);
  for (let bytes = 1; bytes < 9; bytes++) hashed(bytes);
  const text = await until(reader, (heard) => heard.includes('"hashedBytes":8'));
  assert.ok(timesIn(text, "event: shares") <= 2, text);
  assert.match(text, /"kind":"shares","items":\[{.*"remainingMs":7000,"paused":false/);
  await reader.cancel();
});

test("the page hears of a member's list under the member's name and under that of all lists", async () => {
  const made = site();
  const reader = await stream(made, "/events");
  made.needs.tell({ kind: "catalog", member: "ab" });
  const text = await until(reader, (heard) => heard.includes("event: catalog\n"));
  assert.match(text, /event: catalog:ab\ndata:\n\n/);
  await reader.cancel();
});

test("a thousand news of a kind reach a page as few, the last one never lost", async () => {
  const made = site();
  const reader = await stream(made, "/api/v1/events");
  const start = performance.now();
  for (let i = 0; i < 1_000; i++) made.needs.tell({ kind: "downloads" });
  made.needs.tell({ kind: "group" });
  const text = await until(
    reader,
    (heard) => heard.includes("event: group") && timesIn(heard, "event: downloads") >= 2,
  );
  assert.equal(timesIn(text, "event: downloads"), 2, "at once, and once more for all the others");
  assert.ok(performance.now() - start >= 150, "the second one waits");
  await reader.cancel();
});

test("a page that does not read costs no more than a few events", async () => {
  const made = site();
  const reader = await stream(made, "/api/v1/events");
  for (let round = 0; round < 8; round++) {
    for (let member = 0; member < 50; member++) made.needs.tell({ kind: "catalog", member: `${member}` });
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  const text = await until(reader, (heard) => heard.includes('"member":"49"'));
  assert.ok(timesIn(text, '"member":"0"') <= 3);
  await reader.cancel();
});

test("who goes away is not told any more", async () => {
  const made = site();
  const reader = await stream(made, "/api/v1/events");
  assert.equal(made.needs.listeners, 1);
  await reader.cancel();
  assert.equal(made.needs.listeners, 0);
  made.needs.tell({ kind: "members" });
});

test("HEAD is answered without a stream, which nobody would end", async () => {
  const made = site();
  const { ask } = await made.browser();
  for (const response of [
    await made.asScript("/api/v1/events", { method: "HEAD" }),
    await ask("/events", { method: "HEAD" }),
  ]) {
    assert.equal(response.status, 200);
    assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
    assert.equal(response.body, null);
  }
  assert.equal(made.needs.listeners, 0);
});
