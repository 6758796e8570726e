import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, count, remaining, roundTrip, when } from "../../src/web/pages/format.ts";
import { visible } from "../../src/web/pages/visible.ts";
import { STATUS } from "../../src/web/status.ts";
import { fillSample, ODD_NAMES } from "./sample.ts";
import { form, type Site, site } from "./site.ts";

async function sample(): Promise<{ made: Site; ask: (path: string, init?: RequestInit) => Promise<Response> }> {
  const made = site();
  fillSample(made.needs);
  return { made, ask: (await made.browser()).ask };
}

const at = (path: string) => encodeURIComponent(path);

test("the page holds members, tree and files at once, when it is asked for with the token", async () => {
  const { ask } = await sample();
  const text = await (await ask(`/?path=${at("NAS/Films")}`)).text();
  assert.match(text, /^<!doctype html>/i);
  assert.match(text, /<title>Films – Family – GroupShare<\/title>/);
  for (const part of ["this computer", "Big Buck Bunny (2008)", "no GroupShare", 'role="tree"', "501 MB of 1.2 GB"]) {
    assert.ok(text.includes(part), part);
  }
});

test("hostile names are text wherever they appear", async () => {
  const { made, ask } = await sample();
  made.needs.addMember("</bdi><script>", { "<b>share": { '"><img src=x>': { "x.txt": 1 } } });
  made.needs.setGroup({ id: "g", name: "<i>group</i>" });
  for (const path of ["/", `/?path=${at("NAS/Backup")}`, `/?path=${at('</bdi><script>/<b>share/"><img src=x>')}`]) {
    const text = await (await ask(path)).text();
    for (const markup of ["<img", "</bdi><script", "<b>share", "<i>group"])
      assert.ok(!text.includes(markup), `${markup} ${path}`);
    assert.doesNotMatch(text, /<[a-z][^<>"]*\son\w+=/, path);
  }
});

test("characters that hide or turn text are shown as codes, joiners of emoji stay", () => {
  assert.equal(visible(ODD_NAMES.override), "invoice[U+202E]fdp.exe");
  assert.equal(visible(ODD_NAMES.newline), "two[newline]lines.txt");
  assert.equal(visible(ODD_NAMES.emoji), ODD_NAMES.emoji);
  assert.equal(visible("a\u200bb\ufeffc\u2066d\u0000"), "a[U+200B]b[U+FEFF]c[U+2066]d[U+0000]");
  assert.equal(visible("\ud800"), "\ufffd");
});

test("no error hides or turns what a name in it says", async () => {
  const { ask } = await sample();
  const response = await ask("/act/get", form([["path", "NAS/\u202egpj.exe\u001b\u2066"]]));
  const text = await response.text();
  assert.equal(response.status, 404);
  assert.match(text, /\[U\+202E\]gpj\.exe\[U\+001B\]\[U\+2066\]/);
  for (const odd of "\u202e\u001b\u2066") assert.ok(!text.includes(odd));
});

test("a folder that is not there is a 404 in its own words, on a page that still works", async () => {
  const { ask } = await sample();
  for (const path of [`/?path=${at("NAS/None")}`, `/pane/files?path=${at("NAS/None")}`]) {
    const response = await ask(path);
    assert.equal(response.status, 404);
    assert.match(await response.text(), /Nothing of this name here/);
  }
  assert.match(await (await ask(`/pane/files?path=${at("Nobody/x")}`)).text(), /This is not here at the moment/);
});

test("a part of a list that cannot be had replaces the list by why", async () => {
  const { ask } = await sample();
  const response = await ask(`/pane/page?path=${at("NAS/None")}`);
  assert.equal(response.status, 404);
  assert.equal(response.headers.get("hx-retarget"), "#files");
});

test("a list comes part by part, each leading to the next, the last to none", async () => {
  const { ask } = await sample();
  const first = await (await ask(`/pane/files?path=${at("NAS/Logs")}`)).text();
  assert.equal(first.match(/class="row"/g)?.length, 100);
  const next = /data-next="([^"]+)"/.exec(first)?.[1] ?? "";
  assert.equal(next, "log-00099.txt");
  const second = await (await ask(`/pane/page?path=${at("NAS/Logs")}&after=${at(next)}&more`)).text();
  assert.match(second, /log-00100\.txt/);
  assert.doesNotMatch(second, /log-00099\.txt<|hx-partial/);
  const last = await (await ask(`/pane/page?path=${at("NAS/Logs")}&after=log-04990.txt`)).text();
  assert.doesNotMatch(last, /class="more"/);
  assert.match(last, /hx-partial hx-target="#summary"/);
});

test("the tree comes back as open as it was, and opens the way to what is shown when asked", async () => {
  const { ask } = await sample();
  const closed = await (await ask("/pane/tree", form([["shown", ""]]))).text();
  assert.doesNotMatch(closed, /Films/);
  const open = await (
    await ask(
      "/pane/tree",
      form([
        ["open", "NAS"],
        ["open", "NAS/Films"],
      ]),
    )
  ).text();
  assert.match(open, /Sintel \(2010\)/);
  assert.doesNotMatch(open, /Sintel\.mkv/);
  const revealed = await (
    await ask(
      "/pane/tree",
      form([
        ["shown", "NAS/Music/Mozart"],
        ["reveal", ""],
      ]),
    )
  ).text();
  assert.match(revealed, /aria-current="page"/);
  assert.match(revealed, /Kai Engel/);
});

test("a member that is asked for by its wire name is shown under the name that the tree has", async () => {
  const { made, ask } = await sample();
  const nas = made.needs.members({ all: false }).find(({ name }) => name === "NAS")?.wireName;
  const text = await (await ask(`/?path=${at(`${nas}/Films`)}`)).text();
  assert.match(text, /class="folder"[^>]* data-path="NAS\/Films"/);
  assert.match(text, /data-path="NAS\/Films"[^>]* aria-current="page"/);
  assert.match(text, /<title>Films – /);
});

test("members themselves are not offered to be got, their shares are", async () => {
  const { ask } = await sample();
  for (const path of ["", "NAS"]) {
    const text = await (await ask(`/pane/files?path=${at(path)}`)).text();
    assert.doesNotMatch(text, /Get all|Save as zip|\/archive\/NAS"/);
    assert.equal(/class="pick"/.test(text), path === "NAS");
  }
});

test("the way to a deep folder keeps its ends and leads to what is between them", async () => {
  const { made, ask } = await sample();
  made.needs.put("NAS/Films/a/b/c/d/file.txt", 1);
  const names = async (path: string) => {
    const text = await (await ask(`/pane/files?path=${at(path)}`)).text();
    const list = /<ol>.*?<\/ol>/s.exec(text)?.[0] ?? "";
    return [...list.matchAll(/<bdi class="name">([^<]*)/g)].map(([, name]) => name);
  };
  assert.deepEqual(await names(""), ["All members"]);
  assert.deepEqual(await names("NAS"), ["All members", "NAS"]);
  assert.deepEqual(await names("NAS/Films/a"), ["All members", "NAS", "Films", "a"]);
  assert.deepEqual(await names("NAS/Films/a/b/c/d"), ["All members", "NAS", "b", "c", "d"]);
  const deep = await (await ask(`/pane/files?path=${at("NAS/Films/a/b/c/d")}`)).text();
  assert.match(deep, /title="Films \/ a \/ b"/);
});

test("a download that waits says shortly for whom, all of it on hovering", async () => {
  const { made, ask } = await sample();
  const [one] = made.needs.downloads().filter(({ state }) => state === "waiting");
  assert.ok(one);
  const error = "waiting for somebody who has it: the member is away. More about it";
  made.needs.setDownloads([{ ...one, error }]);
  const text = await (await ask("/pane/transfers")).text();
  assert.match(
    text,
    /class="transfer-wait" title="waiting[^"]*More about it"><bdi>Waiting for somebody who has it<\/bdi>/,
  );
});

test("what has ended can be cleared one by one or together, and one that failed only when asked twice", async () => {
  const { made, ask } = await sample();
  const button = (text: string, id: string) =>
    new RegExp(`<button[^>]*hx-delete="/act/downloads${id}"[^>]*>`).exec(text)?.[0];
  const before = await (await ask("/pane/transfers")).text();
  assert.doesNotMatch(button(before, "/d1") ?? "", /hx-confirm/);
  assert.match(button(before, "/d4") ?? "", /hx-confirm="[^"]*What is here of it so far is removed/);
  assert.match(button(before, "") ?? "", /hx-confirm="[^"]*One download failed/);
  assert.equal(button(before, "/d2"), undefined, "it goes on");
  await ask("/act/downloads/d4", { method: "DELETE" });
  const after = await (await ask("/act/downloads", { method: "DELETE" })).text();
  assert.deepEqual(
    made.needs.downloads().map(({ id }) => id),
    ["d2", "d3"],
  );
  assert.equal(button(after, ""), undefined);
});

test("what is got together is counted as what it is", async () => {
  const { ask } = await sample();
  const told = async (...fields: [string, string][]) => await (await ask("/act/get", form(fields))).text();
  const file = (name: string): [string, string] => ["path", `NAS/Backup/${name}`];
  assert.match(await told(file("notes.md"), file("song.mp3")), /Getting 2 files/);
  assert.match(await told(file("notes.md"), ["folder", "NAS/Films"]), /Getting 1 file and 1 folder/);
});

test("own files are not offered to be got, others' are", async () => {
  const { ask } = await sample();
  const own = await (await ask(`/pane/files?path=${at("Ana's laptop/Documents")}`)).text();
  assert.doesNotMatch(own, /hx-post="\/act\/get" hx-vals/);
  const others = await (await ask(`/pane/files?path=${at("NAS/Films")}`)).text();
  assert.match(others, /hx-post="\/act\/get" hx-vals/);
});

test("an error of a button is told as a notice, not put where its answer would be", async () => {
  const { ask } = await sample();
  const response = await ask("/act/downloads/none", form([["action", "pause"]]));
  assert.equal(response.status, 404);
  assert.equal(response.headers.get("hx-retarget"), "#notices");
  assert.match(await response.text(), /role="alert"/);
  assert.equal((await ask("/act/get", form([]))).status, 400);
  assert.equal((await ask("/act/get", form([["path", "../x"]]))).status, 400);
});

test("a page that shows another group than there is loads itself anew", async () => {
  const { made, ask } = await sample();
  const same = await ask(`/pane/top?group=${made.needs.group()?.id}`);
  assert.equal(same.headers.get("hx-refresh"), null);
  assert.equal((await ask("/pane/top?group=other")).headers.get("hx-refresh"), "true");
  made.needs.setGroup(null);
  assert.equal((await ask("/pane/top?group=")).status, 204);
});

test("without a group the page offers to start or join one", async () => {
  const { made, ask } = await sample();
  made.needs.setGroup(null);
  const text = await (await ask("/")).text();
  assert.match(text, /Start a group/);
  assert.match(text, /Join a group/);
  assert.doesNotMatch(text, /role="tree"/);
});

test("assets are kept for good under an address that changes with each start", async () => {
  const { ask } = await sample();
  const page = await (await ask("/")).text();
  const path = /href="(\/static\/[^"]+app\.css)"/.exec(page)?.[1] ?? "";
  const asset = await ask(path);
  assert.match(asset.headers.get("cache-control") ?? "", /immutable/);
  assert.equal(asset.headers.get("content-type"), "text/css; charset=utf-8");
  assert.equal((await ask("/static/old/app.css")).headers.get("cache-control"), "no-cache");
  for (const name of ["none.css", "..%2fpackage.json", ".env"])
    assert.equal((await ask(`/static/x/${name}`)).status, 404);
});

test("every error has an answer of HTTP", () => {
  for (const [code, status] of Object.entries(STATUS)) assert.ok(status >= 400 && status < 600, code);
});

test("numbers are said as people say them", () => {
  const sizes: [number, string][] = [
    [0, "0 B"],
    [999, "999 B"],
    [1_000, "1 kB"],
    [1_234, "1.2 kB"],
    [99_960, "100 kB"],
    [999_999, "1 MB"],
    [5_368_709_120, "5.4 GB"],
    [2 ** 53 - 1, "9 PB"],
  ];
  for (const [size, text] of sizes) assert.equal(bytes(size), text);
  assert.equal(count(12_430), "12\u202f430");
  assert.equal(count(999), "999");
  assert.equal(roundTrip(0.44), "0.4 ms");
  assert.equal(roundTrip(12.4), "12 ms");
  assert.equal(roundTrip(1_340), "1.3 s");
  assert.equal(remaining(1_000, 100), "10 s");
  assert.equal(remaining(60_000, 100), "10 min");
  assert.equal(remaining(1_000_000, 100), "2 h 47 min");
  assert.equal(remaining(1_000, 0), null);
});

test("times are as short as their nearness allows", () => {
  const now = new Date(2026, 4, 3, 12).getTime();
  assert.equal(when(new Date(2026, 4, 3, 9, 5).getTime(), now).short, "09:05");
  assert.equal(when(new Date(2026, 0, 3, 9, 5).getTime(), now).short, "3 Jan");
  assert.equal(when(new Date(2021, 0, 3, 9, 5).getTime(), now).short, "3 Jan 2021");
  assert.equal(when(Number.MAX_VALUE, now).short, "unknown");
});

test("what is offline says so: a share in its row, what is in it once in its head, what was found in each row", async () => {
  const { made, ask } = await sample();
  const off = <T extends { readonly path: string }>(item: T): T =>
    item.path.startsWith("NAS/Films") ? { ...item, offline: true as const } : item;
  const list = made.needs.list.bind(made.needs);
  made.needs.list = async (path, page) => {
    const listing = await list(path, page);
    return { ...listing, folder: off(listing.folder), items: listing.items.map(off) };
  };
  const search = made.needs.search.bind(made.needs);
  made.needs.search = async (wish, signal) => {
    const found = await search(wish, signal);
    return { ...found, items: found.items.map(off) };
  };
  const badges = async (path: string) => {
    const text = await (await ask(path)).text();
    const [head = "", rows = ""] = text.split('class="columns"');
    return [head, rows].map((part) => part.match(/class="badge offline"/g)?.length ?? 0);
  };
  assert.deepEqual(await badges(`/pane/files?path=${at("NAS")}`), [0, 1]);
  assert.deepEqual(await badges(`/pane/files?path=${at("NAS/Films")}`), [1, 0]);
  assert.deepEqual(await badges(`/pane/files?path=${at("NAS/Music")}`), [0, 0]);
  assert.deepEqual(await badges("/pane/search?q=sintel"), [0, 3]);
});
