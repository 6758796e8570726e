import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Catalog, SearchQuery } from "../../src/catalog/mod.ts";
import type { Change, Entry } from "../../src/shared/entry.ts";
import { fold, wanted } from "../../src/shared/fold.ts";
import { below, seeded } from "../../src/shared/random.ts";
import { everything, file, folder, gone, type Member, members, ROOT, SHARE, share, until } from "./support.ts";

const find = async (catalog: Catalog, text: string, more: Partial<SearchQuery> = {}): Promise<string[]> =>
  (await catalog.search({ text, after: null, limit: 100, ...more })).items.map(({ entry }) => entry.path);

async function one(t: Parameters<typeof members>[0], changes: readonly Change[]): Promise<Member> {
  const [a] = await members(t, 1);
  assert.ok(a);
  await a.catalog.commit(changes);
  return a;
}

test("folding takes away case, marks and the way they are composed, and keeps other letters apart", () => {
  assert.equal(fold("ZÜRICH"), "zurich");
  assert.equal(fold("Zu\u0308rich"), fold("Zürich"));
  assert.equal(fold("Straße Ærø Łódź"), "strasse aero lodz");
  assert.equal(fold("ΟΔΟΣ"), fold("οδος"));
  assert.notEqual(fold("東京"), fold("京東"));
  assert.deepEqual(wanted("  Über/den  DÄCHERN über "), {
    whole: "uber den dachern uber",
    words: ["uber", "den", "dachern"],
  });
});

test("names are found by words, beginnings and parts of words, the best first, and of those alike the newest", async (t) => {
  const { catalog } = await one(t, [
    share(),
    file("a/beach", 1, null, 1),
    file("b/Beach.jpg", 1, null, 2),
    file("c/beachcomber", 1, null, 3),
    file("d/the beach", 1, null, 4),
    file("e/older beach", 1, null, 3),
    file("f/seabeach", 1, null, 9),
    file("g/bech", 1, null, 10),
  ]);
  const expected = ["b/Beach.jpg", "a/beach", "c/beachcomber", "d/the beach", "e/older beach", "f/seabeach"];
  assert.deepEqual(await find(catalog, "BEACH"), expected);
  assert.deepEqual(await find(catalog, "eachc"), ["c/beachcomber"]);
  assert.deepEqual(await find(catalog, "nothing of this"), []);
});

test("marks on letters may be left out, or given where the name has none, however they are composed", async (t) => {
  const { catalog } = await one(t, [share(), file("Zürich"), file("Zu\u0308rich 2"), file("zurich 3"), file("Straße")]);
  for (const text of ["zurich", "ZÜRICH", "zu\u0308rich"]) assert.equal((await find(catalog, text)).length, 3);
  assert.deepEqual(await find(catalog, "strasse"), ["Straße"]);
});

test("several words may be shared out over a path, but one at least is in the name itself", async (t) => {
  const { catalog } = await one(t, [
    share("Pictures"),
    file("summer/2019/beach.jpg"),
    file("summer/2019/mountain.jpg"),
    file("winter/beach.jpg"),
    file("summer beach.txt"),
  ]);
  assert.deepEqual(await find(catalog, "summer beach"), ["summer beach.txt", "summer/2019/beach.jpg"]);
  assert.deepEqual(await find(catalog, "summer/beach"), await find(catalog, "summer beach"));
  assert.deepEqual(await find(catalog, "summer"), ["summer", "summer beach.txt"]);
  assert.deepEqual(await find(catalog, "pictures winter beach"), ["winter/beach.jpg"]);
  assert.deepEqual(await find(catalog, "pictures"), [""], "the share itself");
});

test("filters of kind, type, size, time and member narrow what is found and what is counted", async (t) => {
  const [a, b] = await members(t, 2);
  assert.ok(a && b);
  await a.catalog.commit([
    share(),
    folder("pic", 50),
    file("pic/x.jpg", 100, null, 10),
    file("pic/x.mp3", 200, null, 20),
  ]);
  await b.catalog.commit([share("Other"), file("x.pdf", 300, null, 30), file("x.tar.gz", 0, null, 40)]);
  a.meet(b);
  await until("b's list is here", async () => (await a.catalog.shares(b.id)).length === 1);
  const x = (more: Partial<SearchQuery>) => find(a.catalog, "x", more);
  assert.deepEqual(await x({}), ["x.pdf", "pic/x.mp3", "pic/x.jpg", "x.tar.gz"]);
  assert.deepEqual(await x({ types: ["image", "audio"] }), ["pic/x.mp3", "pic/x.jpg"]);
  assert.deepEqual(await x({ types: ["archive"] }), ["x.tar.gz"]);
  assert.deepEqual(await x({ min: 100, max: 200 }), ["pic/x.mp3", "pic/x.jpg"]);
  assert.deepEqual(await x({ from: 20, to: 30 }), ["x.pdf", "pic/x.mp3"]);
  assert.deepEqual(await x({ members: [b.id] }), ["x.pdf", "x.tar.gz"]);
  assert.deepEqual(await find(a.catalog, "pic", { kind: "folder" }), ["pic"]);
  assert.deepEqual(await find(a.catalog, "pic", { kind: "file" }), []);
  assert.equal((await a.catalog.search({ text: "x", types: ["document"], after: null, limit: 1 })).total, 1);
  a.meet();
  assert.deepEqual(await x({}), ["pic/x.mp3", "pic/x.jpg"], "who is gone is not found");
});

test("pages come one after the other without gaps, and are counted, while entries come and go", async (t) => {
  const a = await one(t, [share(), ...Array.from({ length: 250 }, (_, i) => file(`name ${i}`, 1, null, i % 7))]);
  const seen: string[] = [];
  let after: string | null = null;
  do {
    const found = await a.catalog.search({ text: "name", after, limit: 40 });
    assert.equal(found.total, 250);
    seen.push(...found.items.map(({ entry }) => entry.path));
    after = found.next;
    if (seen.length === 40) await a.catalog.commit([gone(seen[3] ?? ""), file("name of one more", 1, null, 99)]);
  } while (after !== null);
  assert.equal(new Set(seen).size, 250);
});

test("no name holds a NUL, and no search goes on after what none gave", async (t) => {
  const a = await one(t, [share(), file("name", 1), file("other", 1)]);
  for (const text of ["\0", "name\0", "\0other"]) assert.deepEqual(await find(a.catalog, text), [], text);
  for (const after of ["", "x", "4.1.1", "1.1", `1.1.${"1".repeat(20)}`]) {
    await assert.rejects(a.catalog.search({ text: "name", after, limit: 10 }), { code: "invalid" });
  }
});

test("a search that is cancelled ends so, and holds up neither others nor what else is asked", async (t) => {
  const a = await one(t, [share(), ...Array.from({ length: 5_000 }, (_, i) => file(`some name ${i}`, 1))]);
  const abort = new AbortController();
  const searches = Array.from({ length: 20 }, () =>
    a.catalog.search({ text: "e", after: null, limit: 10 }, abort.signal),
  );
  abort.abort();
  const ended = await Promise.allSettled(searches);
  assert.ok(ended.some((end) => end.status === "rejected" && end.reason.code === "conflict"));
  assert.equal((await find(a.catalog, "name 4999")).length, 1);
});

test("what is found is what a fresh look at all paths finds, after any changes, and after a restart", async (t) => {
  const [a] = await members(t, 1);
  assert.ok(a);
  const name = fc.constantFrom("a", "ab", "Ába", "b a", "x.ab", "ß");
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join("/"));
  const change = fc.oneof(
    { weight: 4, arbitrary: path.map((path) => file(path, 1)) },
    { weight: 2, arbitrary: path.map((path) => folder(path)) },
    { weight: 2, arbitrary: path.map((path) => gone(path)) },
    { weight: 1, arbitrary: fc.constant(gone("")) },
  );
  const same = async (): Promise<void> => {
    for (const text of ["a", "ab", "a b", "ss"]) {
      const { words } = wanted(text);
      const all: Entry[] = (await everything(a.catalog, a.id)).filter(({ path }) => path !== "");
      const expected = all.filter((entry) => fits(entry, words)).map(({ path }) => path);
      assert.deepEqual((await find(a.catalog, text)).sort(), expected.sort(), text);
    }
  };
  const property = fc.asyncProperty(
    fc.array(fc.array(change, { minLength: 1, maxLength: 20 }), { maxLength: 4 }),
    async (batches) => {
      await a.catalog.commit([{ kind: "unshare", share: SHARE }, share("0")]);
      for (const batch of batches) {
        await a.catalog.commit(batch);
        await same();
      }
    },
  );
  await fc.assert(property, { numRuns: 25 });
  await a.stop();
  await a.start();
  await same();
});

test("what is found, its order, count and pages are those of a plain look at every name, for any words and filters", async (t) => {
  const seed = Number(process.env.SEED ?? Date.now() % 1e6);
  t.diagnostic(`SEED=${seed}`);
  const random = seeded(seed);
  const pick = <T>(from: readonly T[]): T => from[below(random, from.length)] as T;
  const parts = ["a", "b", "e", "ab", "1", "19", "é", "ß", "日本", "本", "Ж", " ", " ", ".", "_", "-", ".jpg", ".mp3"];
  const word = (most: number): string => Array.from({ length: 1 + below(random, most) }, () => pick(parts)).join("");
  const name = (): string => word(6).replace(/^[ .]*$/, "b");
  const paths = Array.from({ length: 400 }, () => Array.from({ length: 1 + below(random, 3) }, name).join("/"));
  const { catalog, id } = await one(t, [
    share("~"),
    ...paths.map((path) => file(path, below(random, 9), null, below(random, 99))),
    ...paths.slice(0, 40).map((path) => gone(path)),
  ]);
  const all: Entry[] = (await everything(catalog, id)).filter(({ path }) => path !== "");
  for (let i = 0; i < 150; i++) {
    const free = Array.from({ length: 1 + below(random, 3) }, () => word(3)).join(" ");
    const text = below(random, 4) === 0 ? (pick(paths).split("/").at(-1) ?? "").replace(/\.(jpg|mp3)$/, "") : free;
    const { whole, words } = wanted(text);
    if (words.length === 0) continue;
    const kind = pick([undefined, undefined, "file", "folder"] as const);
    const [min, from] = [pick([undefined, undefined, 4]), pick([undefined, undefined, 50])];
    const filters = { ...(kind && { kind }), ...(min && { min }), ...(from && { from }) };
    const expected = all
      .filter((entry) => fits(entry, words))
      .filter((entry) => kind === undefined || entry.kind === kind)
      .filter((entry) => min === undefined || (entry.kind === "file" && entry.size >= min))
      .filter((entry) => from === undefined || entry.mtime >= from);
    const rank = ({ name, mtime }: Entry): string => `${gradeOf(fold(name), whole, words)} ${999 - mtime}`;
    const found: Entry[] = [];
    let after: string | null = null;
    do {
      const page = await catalog.search({ text, after, limit: 17, ...filters });
      assert.equal(page.total, expected.length, `"${text}" ${JSON.stringify(filters)}, SEED=${seed}`);
      found.push(...page.items.map(({ entry }) => entry));
      after = page.next;
    } while (after !== null);
    assert.deepEqual(found.map(({ path }) => path).sort(), expected.map(({ path }) => path).sort(), `SEED=${seed}`);
    assert.deepEqual(found.map(rank), expected.map(rank).sort(), `"${text}", SEED=${seed}`);
  }
});

/** Whether all words are in a path, and one in its name. */
function fits({ path, name }: Entry, words: readonly string[]): boolean {
  const above = fold(path).split("/");
  return (
    words.every((word) => above.some((part) => part.includes(word))) && words.some((word) => fold(name).includes(word))
  );
}

/** How well a folded name fits: 0 it is the question, but for an ending; 1 begins with it; 2 its words begin with those asked for. */
function gradeOf(name: string, whole: string, words: readonly string[]): number {
  const begins = (word: string): boolean => {
    for (let at = name.indexOf(word); at !== -1; at = name.indexOf(word, at + 1)) {
      if (at === 0 || !/[a-z0-9\u0080-\uffff]/.test(name.charAt(at - 1))) return true;
    }
    return false;
  };
  if (!words.every(begins)) return 3;
  if (!name.startsWith(whole)) return 2;
  return /^(\.[^.]*)?$/.test(name.slice(whole.length)) ? 0 : 1;
}

test("only what is lacking: files of others whose content no own share holds, and folders with such files", async (t) => {
  const [a, b] = await members(t, 2);
  assert.ok(a && b);
  const other = "cd".repeat(32);
  await a.catalog.commit([share("Mine"), file("have", 10, ROOT)]);
  await b.catalog.commit([
    share("Theirs"),
    file("full/same content", 10, ROOT),
    file("part/lacking", 10, other),
    file("part/held", 10, ROOT),
    file("not hashed", 5),
    file("nothing in it", 0),
  ]);
  a.meet(b);
  await until("b's list is here", async () => (await a.catalog.shares(b.id)).length === 1);
  const page = { after: null, limit: 10, lacking: true };
  const names = async (path: string): Promise<string[]> =>
    (await a.catalog.list({ member: b.id, share: SHARE, path }, page)).items.map(({ name }) => name);
  assert.deepEqual(await names(""), ["part", "not hashed"]);
  assert.deepEqual(await names("part"), ["lacking"]);
  assert.deepEqual((await find(a.catalog, "", { lacking: true, kind: "file" })).sort(), ["not hashed", "part/lacking"]);
  await a.catalog.commit([file("got", 10, other)]);
  assert.deepEqual(await names(""), ["not hashed"]);
  assert.equal((await a.catalog.list({ member: b.id, share: SHARE, path: "" }, page)).total, 1);
});
