import assert from "node:assert/strict";
import { test } from "node:test";
import { matches } from "../../src/web/pages/matches.ts";
import { fillSample } from "./sample.ts";
import { form, site } from "./site.ts";

const at = (path: string) => encodeURIComponent(path);

async function sample() {
  const made = site();
  fillSample(made.needs);
  const { ask, cookie, token } = await made.browser();
  const text = async (path: string) => await (await ask(path)).text();
  /** Asks with one more cookie, as a browser does that was told to keep it. */
  const keeping = async (kept: Response, path: string) => {
    const view = kept.headers.get("set-cookie")?.split(";")[0] ?? "";
    const headers = { cookie: `${cookie}; ${view}`, "x-groupshare-token": token };
    return await (await made.asStranger(path, { headers })).text();
  };
  return { ...made, ask, text, keeping };
}

/** Text between tags, put together. */
const plain = (html: string) => html.replaceAll(/<[^>]*>/g, "").replaceAll("&#39;", "'");

test("what is found has its match marked, and each folder on the way to it leads there", async () => {
  const { text } = await sample();
  const found = await text(`/pane/search?path=${at("NAS/Films")}&q=kai%20TALE`);
  assert.match(found, /<mark>Tale<\/mark>/);
  const where = /class="where"(.*?)<\/span>\s*<\/span>/s.exec(found)?.[1] ?? "";
  for (const folder of ["NAS", "NAS/Music", "NAS/Music/Kai Engel"]) {
    assert.ok(where.includes(`href="/?path=${at(folder)}"`), folder);
  }
  assert.match(found, /hx-post="\/act\/get"/);
  assert.match(found, /9 found/);
  assert.match(found, /hx-target="#search-count"[^>]*><span>9 found/);
});

test("a match is found without case and marks, in whatever form the name is written", () => {
  const marked = (name: string, question: string) =>
    matches(name, question)
      .map(({ text, hit }) => (hit ? `[${text}]` : text))
      .join("");
  assert.equal(marked("Zürich.jpg", "zurich"), "[Zürich].jpg");
  assert.equal(marked("Zu\u0308rich.jpg", "zurich"), "[Zu\u0308rich].jpg");
  assert.equal(marked("Lisbon trip to Lisbon", "trip LISB"), "[Lisb]on [trip] to [Lisb]on");
  assert.equal(marked("ﬁle.txt", "file"), "[ﬁle].txt");
  assert.equal(marked("none", "some / other"), "none");
  assert.equal(marked("", "x"), "");
  assert.equal(marked("a\u0301", ""), "a\u0301");
});

test("a search for markup is text, and so is what it finds", async () => {
  const { text } = await sample();
  for (const path of ["/pane/search", "/"]) {
    const found = await text(`${path}?path=&q=${at("<img src")}`);
    assert.ok(!found.includes("<img"), path);
    assert.match(found, /<mark>&lt;img<\/mark>/);
  }
  assert.match(plain(await text(`/pane/search?q=${at("a\u202eb")}`)), /a\[U\+202E\]b/);
});

test("what is found comes page by page, and its whole number is told up to 10 000", async () => {
  const { needs, text } = await sample();
  const first = await text("/pane/search?q=log-");
  assert.equal(first.match(/class="row found-row"/g)?.length, 100);
  assert.match(first, /5\u202f000 found/);
  const second = await text("/pane/found?path=&q=log-&after=100&more");
  assert.match(second, /data-after="100"/);
  assert.match(plain(second), /log-00100\.txt/);
  assert.doesNotMatch(second, /hx-partial/);
  const search = needs.search.bind(needs);
  needs.search = async (wish, signal) => ({ ...(await search(wish, signal)), total: 10_001 });
  assert.match(await text("/pane/search?q=log-"), /10\u202f000\+ found/);
});

test("filters narrow a search, and what they are not known for is not asked", async () => {
  const { needs, text } = await sample();
  const names = async (query: string) => {
    const html = await text(`/pane/search?${query}`);
    return [...html.matchAll(/<bdi class="name">([^<]*)<\/bdi><\/a><span class="where"/g)].map(([, name]) => name);
  };
  assert.deepEqual(await names("q=sintel&kind=folder"), []);
  assert.match(await text("/pane/search?q=sintel&kind=folder"), /1 found/);
  assert.deepEqual(await names("q=&kind=video&size=huge"), ["Sintel.mkv"]);
  assert.match(await text("/pane/search?q=sintel&kind=nonsense&size=1"), /3 found/);
  const ben = needs.members({ all: false }).find(({ name }) => name === "Ben")?.wireName ?? "";
  assert.match(await text(`/pane/search?q=&kind=file&member=${ben}`), /2 found/);
  const gone = await text("/pane/search?q=x&member=nobody");
  assert.match(gone, /role="alert"/);
  assert.match(gone, /hx-trigger="members from:body/);
});

test("where nothing is found the page says for what, and what to try", async () => {
  const { text } = await sample();
  const plainly = await text("/pane/search?q=xyzzy");
  assert.match(plainly, /Nothing found for “xyzzy”/);
  assert.match(plainly, /Fewer or shorter words/);
  assert.doesNotMatch(plainly, /without filters/);
  assert.match(await text("/pane/search?q=xyzzy&kind=video"), /Search without filters/);
});

test("the address of a search shows it again, and an empty question leads back to the folder", async () => {
  const { ask, text } = await sample();
  const first = await ask(`/pane/search?path=${at("NAS/Films")}&q=sintel&kind=file`);
  const url = first.headers.get("hx-push-url") ?? "";
  assert.equal(url, "/?path=NAS%2FFilms&q=sintel&kind=file");
  const page = await text(url);
  assert.match(page, /2 found/);
  assert.match(page, /value="sintel"/);
  assert.match(page, /data-path="NAS\/Films"[^>]* aria-current="page"/, "the tree stays where it was");
  const headers = { "hx-current-url": `http://127.0.0.1:7380${url}` };
  const next = await ask("/pane/search?q=sint", { headers });
  assert.equal(next.headers.get("hx-push-url"), null, "typing on is no step of the history");
  assert.match(next.headers.get("hx-replace-url") ?? "", /q=sint$/);
  const over = await ask(`/pane/search?path=${at("NAS/Films")}&q=%20`, { headers });
  assert.equal(over.headers.get("hx-replace-url"), "/?path=NAS%2FFilms");
  assert.match(await over.text(), /Big Buck Bunny \(2008\)/);
});

test("everyone's files together show the same content once and different ones as versions", async () => {
  const { needs, text } = await sample();
  needs.put("Ana's laptop/Shared/plan.md", "the plan that was agreed");
  needs.put("Ben/Shared/plan.md", "the plan that was agreed");
  needs.put("NAS/Shared/plan.md", "the plan before that");
  needs.put("NAS/Shared/soup.md", "bread and olive oil");
  needs.put("Ben/Shared/soup.md", "bread and olive oil");
  const html = await text(`/pane/files?path=${at("@all/Shared")}`);
  assert.equal(html.match(/class="row together-row"/g)?.length, 2);
  assert.match(plain(html), /NAS, Ben/);
  assert.match(plain(html), /2 versions/);
  assert.match(plain(html), /on Ana's laptop, Ben/);
  assert.ok(html.includes('"path":"NAS/Shared/plan.md"') || html.includes("&quot;path&quot;:&quot;NAS/Shared/plan.md"));
  const tree = await text(`/?path=${at("@all/Shared")}`);
  assert.match(tree, /data-top="@all"/);
  assert.match(tree, /data-path="@all\/Films"/);
  assert.doesNotMatch(tree, /data-path="NAS"/);
});

test("the switch leads to the same folder on its other side", async () => {
  const { text } = await sample();
  const sides = async (path: string) =>
    [...(await text(`/pane/files?path=${at(path)}`)).matchAll(/class="view"[^>]*? href="([^"]*)"/g)].map(
      ([, url]) => url,
    );
  assert.deepEqual(await sides("NAS/Films"), [`/?path=${at("NAS/Films")}`, `/?path=${at("@all/Films")}`]);
  assert.deepEqual(await sides("@all/Films"), [`/?path=${at("NAS/Films")}`, `/?path=${at("@all/Films")}`]);
  assert.deepEqual(await sides("NAS"), ["/?path=NAS", `/?path=${at("@all")}`]);
  assert.deepEqual(await sides("@all"), ["/?path=", `/?path=${at("@all")}`]);
});

test("a browser remembers whether it shows all together, and only what this computer lacks", async () => {
  const { ask, text, keeping } = await sample();
  assert.match(await text("/"), /data-top=""/);
  const together = await ask(`/pane/files?path=${at("@all")}`);
  assert.match(together.headers.get("set-cookie") ?? "", /HttpOnly; SameSite=Strict/);
  assert.match(await keeping(together, "/"), /data-top="@all"/);
  assert.match(await keeping(together, "/?path="), /data-top=""/, "who asks for the members gets them");
  const lacking = await ask("/pane/search?path=&q=&lacking=1");
  assert.match(await keeping(lacking, `/pane/files?path=${at("NAS/Films")}`), /&amp;lacking=1/);
  assert.doesNotMatch(await text(`/pane/files?path=${at("NAS/Films")}`), /lacking=1/);
});

test("only what this computer lacks is listed and found where that is wanted", async () => {
  const { needs, ask, text, keeping } = await sample();
  needs.put("Ana's laptop/Documents/same.md", "what both of us have");
  needs.put("Ben/Letters/same as mine.md", "what both of us have");
  needs.put("Ben/Letters/other.md", "what only Ben has");
  const found = plain(await text("/pane/search?q=.md&lacking=1&path="));
  assert.match(found, /other\.md/);
  assert.doesNotMatch(found, /same/);
  assert.match(found, /found among what you lack/);
  const chosen = await ask("/pane/search?path=&q=&lacking=1");
  const letters = plain(await keeping(chosen, `/pane/files?path=${at("Ben/Letters")}`));
  assert.match(letters, /1 entry that you lack/);
  assert.doesNotMatch(letters, /same as mine/);
  assert.match(await keeping(chosen, `/pane/files?path=${at("Ana's laptop/Documents")}`), /same\.md/, "own files stay");
  needs.put("Ben/Letters/other.md", null);
  assert.match(await keeping(chosen, `/pane/files?path=${at("Ben/Letters")}`), /You have all of this folder/);
});

test("checking files rests and goes on for all shares, and says how much there is to go", async () => {
  const { needs, ask, text } = await sample();
  const before = await text("/pane/shares-list");
  assert.match(before, /31\.2 GB of 88\.4 GB<\/span><span>13 min left/);
  assert.match(before, /57\.2 GB to go/);
  assert.match(before, /with hidden files/);
  assert.equal(before.split("not offered").length - 1, 1, "only of the share of which it is so");
  assert.match(before, /3 things are not offered: names that are not UTF-8, links/);
  const paused = await (await ask("/act/hashing", form([["action", "pause"]]))).text();
  assert.match(paused, /Go on checking/);
  assert.doesNotMatch(paused, /min left/);
  assert.ok(needs.shares().every((share) => share.paused));
  assert.match(await (await ask("/act/hashing", form([["action", "resume"]]))).text(), /Pause checking/);
  assert.equal((await ask("/act/hashing", form([["action", "stop"]]))).status, 400);
  needs.setShares(needs.shares().filter(({ state }) => state === "ready"));
  assert.doesNotMatch(await text("/pane/shares-list"), /checking/);
});

test("a folder is shared with its hidden files only where that is ticked", async () => {
  const { needs, ask } = await sample();
  await ask("/act/shares", form([["path", "/srv/a"]]));
  await ask(
    "/act/shares",
    form([
      ["path", "/srv/b"],
      ["hidden", "1"],
    ]),
  );
  const hidden = new Map(needs.shares().map((share) => [share.path, share.hidden]));
  assert.equal(hidden.get("/srv/a"), false);
  assert.equal(hidden.get("/srv/b"), true);
});
