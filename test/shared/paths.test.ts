import assert from "node:assert/strict";
import { posix, win32 } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { escapeOdd, ODD } from "../../src/shared/odd-characters.ts";
import { archiveName, diskName, foldedPath, pathComponents } from "../../src/shared/paths.ts";

/** [path, why it is refused] */
const REFUSED: readonly [path: string, why: RegExp][] = [
  ["/", /empty component/],
  ["/etc/passwd", /empty component/],
  ["//server/share", /empty component/],
  ["a/", /empty component/],
  ["a//b", /empty component/],
  [".", /component "\."/],
  ["..", /component "\.\."/],
  ["../a", /component "\.\."/],
  ["a/../b", /component "\.\."/],
  ["a/..", /component "\.\."/],
  ["a/./b", /component "\."/],
  ["a\0b", /NUL/],
  ["..\0/a", /NUL/],
  ["x".repeat(256), /longer than 255/],
  ["é".repeat(128), /longer than 255/],
  [`${"a/".repeat(2_100)}a`, /longer than 4096/],
  ["\udc00", /Unicode/],
  ["a/\ud800/b", /Unicode/],
];

for (const [path, why] of REFUSED) {
  test(`the path ${JSON.stringify(path.slice(0, 20))} (${path.length} long) is refused`, () => {
    const found = pathComponents(path);
    assert.ok("refused" in found);
    assert.match(found.refused, why);
  });
}

/** What one system means something by and another does not: a name like any other on the wire. */
const ODD_COMPONENTS = [
  "…",
  "...",
  ". .",
  "b c",
  "back\\slash",
  "..\\..\\evil",
  "C:",
  "C:\\evil",
  "\\\\server\\share",
  "\\\\?\\C:\\evil",
  "new\nline",
  "\u001b[2J",
  "\u202egpj.exe",
  "cafe\u0301",
  "caf\u00e9",
  "con",
  "NUL.txt",
  "trailing dot.",
  "trailing space ",
  "%2e%2e",
  "%2f",
  "~",
  "-rf",
  "x".repeat(255),
];

test("all other paths are taken apart and stay byte for byte what they are", () => {
  assert.deepEqual(pathComponents(""), []);
  for (const component of ODD_COMPONENTS) {
    assert.deepEqual(pathComponents(component), [component]);
    assert.deepEqual(pathComponents(`a/${component}/b`), ["a", component, "b"]);
  }
});

test("no path that is let through leads out of the folder that it is put below, on either kind of disk", () => {
  const component = fc.oneof(
    fc.constantFrom(...ODD_COMPONENTS, "..", ".", ""),
    fc.string({ unit: "binary", maxLength: 6 }),
  );
  fc.assert(
    fc.property(fc.array(component, { maxLength: 5 }), (parts) => {
      const components = pathComponents(parts.join("/"));
      if ("refused" in components) return;
      const names = (windows: boolean) => components.map((each) => diskName(each, windows));
      assert.equal(posix.resolve("/root", ...names(false)), ["/root", ...names(false)].join("/"));
      const below = win32.resolve("C:\\root", ...names(true));
      assert.equal(below, ["C:\\root", ...names(true)].join("\\"));
      assert.ok(win32.resolve("C:\\root", archiveName(components)).startsWith("C:\\root"));
      assert.ok(posix.resolve("/root", archiveName(components)).startsWith("/root"));
    }),
    { seed: 4, numRuns: 2_000 },
  );
});

test("on Windows no name means a device, a stream, a drive or another folder; elsewhere names stay", () => {
  const table: readonly [component: string, written: string][] = [
    ["con", "_con"],
    ["CON", "_CON"],
    ["NUL.txt", "_NUL.txt"],
    ["nul.tar.gz", "_nul.tar.gz"],
    ["aux .txt", "_aux .txt"],
    ["prn.", "prn_"],
    ["prn. .txt", "_prn. .txt"],
    ["COM1", "_COM1"],
    ["com0.log", "_com0.log"],
    ["LPT9.x", "_LPT9.x"],
    ["com¹", "_com¹"],
    ["lpt³.txt", "_lpt³.txt"],
    ["CONIN$", "_CONIN$"],
    ["conout$.txt", "_conout$.txt"],
    ["com10", "com10"],
    ["console", "console"],
    ["a:b", "a_b"],
    ["C:", "C_"],
    ["C:\\evil", "C__evil"],
    ["..\\evil", ".._evil"],
    ["\\\\server\\share", "__server_share"],
    ["a\\b", "a_b"],
    ["dot.", "dot_"],
    ["dots. . .", "dots_"],
    ["space ", "space_"],
    ["...", "_"],
    ['q"?*|<>', "q______"],
    ["bell\u0007", "bell_"],
    ["\u202egpj.exe", "\u202egpj.exe"],
    ["cafe\u0301", "cafe\u0301"],
  ];
  for (const [component, written] of table) {
    assert.equal(diskName(component, true), written, component);
    assert.equal(diskName(component, false), component);
  }
  assert.equal(Buffer.byteLength(diskName(`con.${"x".repeat(251)}`, true)), 255);
});

test("names in an archive lead nowhere else where a backslash parts folders and a letter names a drive", () => {
  assert.equal(archiveName(["Docs", "..\\..\\evil.exe"]), "Docs/.._.._evil.exe");
  assert.equal(archiveName(["C:", "evil.exe"]), "C_/evil.exe");
  assert.equal(archiveName(["c:evil"]), "c_evil");
  assert.equal(archiveName(["Docs", "12:30.txt", "con"]), "Docs/12:30.txt/con");
});

test("what some disk takes for one name is one when folded, and what no disk does is not", () => {
  for (const [one, other] of [
    ["Readme", "README"],
    ["caf\u00e9", "cafe\u0301"],
    ["ΣΑΣ", "σας"],
    ["É", "e\u0301"],
  ] as const) {
    assert.equal(foldedPath(one), foldedPath(other), `${one} ${other}`);
  }
  assert.notEqual(foldedPath("a"), foldedPath("b"));
  assert.notEqual(foldedPath("a_b"), foldedPath("a b"));
});

test("nothing that acts on a terminal is left in a text that was escaped, and JSON still says the same", () => {
  assert.equal(
    escapeOdd("a\u001b[31m\u009b2J\u202eb\u2028\u061c\u007f"),
    "a\\u001b[31m\\u009b2J\\u202eb\\u2028\\u061c\\u007f",
  );
  assert.equal(escapeOdd("שלום 🦊 👩‍👩‍👧"), "שלום 🦊 👩‍👩‍👧");
  const anything = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.constantFrom("\u001b", "\u009b", "\u202e", "\r", "a") }),
  );
  fc.assert(
    fc.property(anything, (text) => {
      assert.doesNotMatch(escapeOdd(text), ODD);
      assert.equal(JSON.parse(escapeOdd(JSON.stringify(text))), text);
    }),
    { seed: 4 },
  );
});
