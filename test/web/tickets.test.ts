import assert from "node:assert/strict";
import { test } from "node:test";
import { served } from "./served.ts";
import { HOST, type Site, site, tokenIn } from "./site.ts";

const HOUR = 3_600_000;

/** A browser that was let in to a group with a few files, and the links that its page has. */
async function withLinks(made: Site) {
  const browser = await made.browser();
  const page = await (await browser.ask("/?path=Ana/Docs")).text();
  const links = [...page.matchAll(/href="(\/(?:files|archive)\/[^"]+)"/g)].map(([, link]) =>
    (link ?? "").replaceAll("&amp;", "&"),
  );
  /** Follows a link, as a browser does: with the cookie and nothing else. */
  const follow = (link: string, more: Record<string, string> = {}) =>
    made.app.request(link, { headers: { host: HOST, cookie: browser.cookie, ...more } });
  return { browser, links, follow };
}

function group(): Site {
  const made = site();
  made.needs.addMember("Ana", { Docs: { "a.txt": "0123456789", "b & ü.html": "<p>", deep: { "c.txt": "ccc" } } });
  return made;
}

test("the links of a page give its browser the bytes, whole or in part; without their ticket nothing does", async () => {
  const { links, follow } = await withLinks(group());
  assert.equal(links.length, 6, "two for each file, one for each folder and this one");
  for (const link of links) {
    const { pathname } = new URL(link, "http://page");
    assert.equal((await follow(link)).status, 200, link);
    assert.equal((await follow(link, { range: "bytes=0-1" })).status, link.startsWith("/files/") ? 206 : 200, link);
    for (const bare of [pathname, `${pathname}?download`, `${pathname}?ticket=`, `${pathname}?ticket=x`]) {
      assert.equal((await follow(bare)).status, 403, bare);
    }
  }
});

test("a link is good for its path, its kind, its browser, and not for more than thirteen hours", async () => {
  const made = group();
  const [mine, other] = [await withLinks(made), await withLinks(made)];
  const link = mine.links.find((each) => each.startsWith("/archive/Ana/Docs/deep?")) ?? "";
  const query = link.slice(link.indexOf("?"));
  for (const path of ["/archive/Ana/Docs", "/archive/Ana", "/files/Ana/Docs/deep/c.txt", "/files/Ana/Docs/deep"]) {
    assert.equal((await mine.follow(path + query)).status, 403, path);
  }
  assert.equal((await other.follow(link)).status, 403, "another browser that was let in");
  assert.equal((await made.app.request(link, { headers: { host: HOST } })).status, 401, "nobody");
  const later = query.replace(/ticket=(\w+)/, (_, ends: string) => `ticket=${(parseInt(ends, 36) + 1).toString(36)}`);
  assert.equal((await mine.follow(`/archive/Ana/Docs/deep${later}`)).status, 403, "an end of one's own");
  made.time.now += 12 * HOUR - 1;
  assert.equal((await mine.follow(link)).status, 200);
  made.time.now += HOUR + 1;
  assert.equal((await mine.follow(link)).status, 403);
  assert.equal((await mine.follow((await withLinks(made)).links[0] ?? "")).status, 403);
});

test("a link that does not work tells a person so on a page, a script in a problem document", async () => {
  const made = group();
  const { links, follow } = await withLinks(made);
  const link = links.find((each) => each.startsWith("/files/Ana/Docs/a.txt?ticket")) ?? "";
  const person = { accept: "text/html,application/xhtml+xml,*/*;q=0.8", "sec-fetch-dest": "document" };
  const told = async (status: number, words: RegExp, more: Record<string, string> = {}) => {
    for (const headers of [person, { accept: person.accept }]) {
      const response = await follow(link, { ...headers, ...more });
      assert.equal(response.status, status);
      assert.match(response.headers.get("content-type") ?? "", /^text\/html/);
      assert.match(response.headers.get("content-security-policy") ?? "", /default-src 'none'/);
      const text = await response.text();
      assert.match(text, words);
      assert.match(text, /href="\/"/);
      assert.doesNotMatch(text, /Bearer|api-token/);
    }
    for (const headers of [{}, { accept: "*/*" }, { ...person, "sec-fetch-dest": "empty" }]) {
      const { status: same, headers: answer } = await follow(link, { ...headers, ...more });
      assert.equal(same, status);
      assert.equal(answer.get("content-type"), "application/problem+json");
    }
  };
  made.needs.put("Ana/Docs/a.txt", null);
  await told(404, /Cannot find &quot;Ana\/Docs\/a.txt&quot;/);
  made.time.now += 14 * HOUR;
  await told(403, /too old.*Find it on GroupShare&#39;s page/s);
  await told(401, /only in the browser.*Go to the page/s, { cookie: "" });
});

test("a list that is asked for again within the hour has the same links", async () => {
  const made = group();
  const { browser, links } = await withLinks(made);
  const pane = await (await browser.ask("/pane/files?path=Ana/Docs")).text();
  for (const link of links) assert.ok(pane.includes(link.replaceAll("&", "&amp;")), link);
});

test("logging out ends the browser's downloads under way, and no others", { timeout: 20_000 }, async () => {
  const made = await served();
  try {
    made.needs.addMember("Ana", { Docs: { "big.bin": 50_000_000 } });
    const letIn = async () => {
      const answer = await fetch(made.loginLink());
      const cookie = answer.headers.get("set-cookie")?.split(";")[0] ?? "";
      const headers = { cookie, origin: made.origin(), "x-groupshare-token": tokenIn(await answer.text()) };
      const begun = async (path: string) => {
        const { body } = await fetch(made.origin() + path, { headers });
        const reader = (body as ReadableStream<Uint8Array>).getReader();
        let read = (await reader.read()).value?.length ?? 0;
        return async () => {
          for (let part = await reader.read(); !part.done; part = await reader.read()) read += part.value.length;
          return read;
        };
      };
      return { headers, begun };
    };
    const [mine, other] = [await letIn(), await letIn()];
    const ends = [await mine.begun("/files/Ana/Docs/big.bin"), await mine.begun("/archive/Ana/Docs")];
    const goesOn = await other.begun("/files/Ana/Docs/big.bin");
    assert.equal(made.needs.openStreams, 3);
    assert.equal((await fetch(`${made.origin()}/logout`, { method: "POST", headers: mine.headers })).status, 200);
    for (const end of ends) await assert.rejects(end());
    assert.equal(await goesOn(), 50_000_000);
    while (made.needs.openStreams > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  } finally {
    await made.close();
  }
});
