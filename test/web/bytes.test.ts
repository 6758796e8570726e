import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { pathOfUrl, urlOfPath } from "../../src/web/bytes/path.ts";
import { type Site, site } from "./site.ts";

const TEXT = "0123456789abcdef";

function withFiles(): Site {
  const made = site();
  made.needs.addMember("Ana", {
    Docs: {
      "a.txt": TEXT,
      "empty.bin": "",
      "page.html": "<script>alert(1)</script>",
      "logo.svg": "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
      "run.js": "alert(1)",
      "style.css": "*{}",
      "photo.jpg": "jpg",
      "book.pdf": "%PDF",
      "feed.xml": "<a/>",
      "100% #1?&.txt": "odd",
      'quote".txt': "quote",
      "שלום.txt": "rtl",
      "line\nbreak.txt": "newline",
      "a\\b.txt": "backslash",
      deep: { "x.txt": "x", none: {} },
    },
  });
  return made;
}

test("a file comes whole with its length, type, validator and date", async () => {
  const { asScript } = withFiles();
  const response = await asScript("/files/Ana/Docs/a.txt");
  assert.equal(response.status, 200);
  assert.equal(await response.text(), TEXT);
  assert.equal(response.headers.get("content-length"), "16");
  assert.equal(response.headers.get("content-type"), "text/plain; charset=utf-8");
  assert.equal(response.headers.get("accept-ranges"), "bytes");
  assert.match(response.headers.get("etag") ?? "", /^"[0-9a-f]{16}"$/);
  assert.ok(Date.parse(response.headers.get("last-modified") ?? "") > 0);
});

test("HEAD says the same and opens nothing", async () => {
  const { needs, asScript } = withFiles();
  const response = await asScript("/files/Ana/Docs/a.txt", { method: "HEAD", headers: { range: "bytes=0-1" } });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-length"), "16");
  assert.equal(await response.text(), "");
  assert.equal(needs.openStreams, 0);
});

test("ranges are answered as RFC 9110 says", async () => {
  const { asScript } = withFiles();
  const table: [string, number, string, string | null][] = [
    ["bytes=0-3", 206, "0123", "bytes 0-3/16"],
    ["bytes=10-", 206, "abcdef", "bytes 10-15/16"],
    ["bytes=-4", 206, "cdef", "bytes 12-15/16"],
    ["bytes=-99", 206, TEXT, "bytes 0-15/16"],
    ["bytes=12-99", 206, "cdef", "bytes 12-15/16"],
    ["bytes=15-15", 206, "f", "bytes 15-15/16"],
    ["bytes=16-", 416, "", "bytes */16"],
    ["bytes=-0", 416, "", "bytes */16"],
    ["bytes=4-2", 200, TEXT, null],
    ["bytes=0-1,4-5", 200, TEXT, null],
    ["bytes=x", 200, TEXT, null],
    ["lines=1-2", 200, TEXT, null],
  ];
  for (const [range, status, text, contentRange] of table) {
    const response = await asScript("/files/Ana/Docs/a.txt", { headers: { range } });
    assert.equal(response.status, status, range);
    assert.equal(response.headers.get("content-range"), contentRange, range);
    assert.equal(await response.text(), text, range);
    if (status !== 416) assert.equal(response.headers.get("content-length"), String(text.length), range);
  }
  // A range of no bytes at all is ignored, as the RFC allows: some programs ask for "bytes=0-" of every file.
  assert.equal((await asScript("/files/Ana/Docs/empty.bin", { headers: { range: "bytes=0-" } })).status, 200);
});

test("conditions are weighed in the order of RFC 9110", async () => {
  const { asScript } = withFiles();
  const known = await asScript("/files/Ana/Docs/a.txt");
  const etag = known.headers.get("etag") ?? "";
  const date = known.headers.get("last-modified") ?? "";
  const early = "Mon, 01 Jan 1990 00:00:00 GMT";
  const table: [Record<string, string>, number][] = [
    [{ "if-none-match": etag }, 304],
    [{ "if-none-match": `"other", W/${etag}` }, 304],
    [{ "if-none-match": "*" }, 304],
    [{ "if-none-match": '"other"' }, 200],
    [{ "if-none-match": '"other"', "if-modified-since": date }, 200],
    [{ "if-modified-since": date }, 304],
    [{ "if-modified-since": early }, 200],
    [{ "if-modified-since": "yesterday" }, 200],
    [{ "if-match": '"other"' }, 412],
    [{ "if-match": `W/${etag}` }, 412],
    [{ "if-match": etag }, 200],
    [{ "if-match": etag, "if-unmodified-since": early }, 200],
    [{ "if-unmodified-since": early }, 412],
    [{ range: "bytes=0-1", "if-range": etag }, 206],
    [{ range: "bytes=0-1", "if-range": date }, 206],
    [{ range: "bytes=0-1", "if-range": '"other"' }, 200],
    [{ range: "bytes=0-1", "if-range": `W/${etag}` }, 200],
    [{ range: "bytes=0-1", "if-range": early }, 200],
    [{ range: "bytes=0-1", "if-none-match": etag }, 304],
  ];
  for (const [headers, status] of table) {
    assert.equal((await asScript("/files/Ana/Docs/a.txt", { headers })).status, status, JSON.stringify(headers));
  }
});

test("only what cannot hold scripts is shown; all else is saved", async () => {
  const { asScript } = withFiles();
  const table: [string, string, string][] = [
    ["a.txt", "inline", "text/plain; charset=utf-8"],
    ["photo.jpg", "inline", "image/jpeg"],
    ["book.pdf", "inline", "application/pdf"],
    ["run.js", "inline", "text/plain; charset=utf-8"],
    ["style.css", "inline", "text/plain; charset=utf-8"],
    ["page.html", "attachment", "application/octet-stream"],
    ["logo.svg", "attachment", "application/octet-stream"],
    ["feed.xml", "attachment", "application/octet-stream"],
    ["empty.bin", "attachment", "application/octet-stream"],
  ];
  for (const [name, disposition, type] of table) {
    const response = await asScript(`/files/Ana/Docs/${name}`);
    assert.match(response.headers.get("content-disposition") ?? "", new RegExp(`^${disposition}`), name);
    assert.equal(response.headers.get("content-type"), type, name);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
    const policy = response.headers.get("content-security-policy") ?? "";
    assert.match(policy, /^default-src 'none'/);
    assert.equal(policy.includes("sandbox"), name !== "book.pdf", name);
    assert.doesNotMatch(policy, /script-src/);
  }
  const saved = await asScript("/files/Ana/Docs/photo.jpg?download");
  assert.match(saved.headers.get("content-disposition") ?? "", /^attachment; filename="?photo.jpg/);
});

test("names of any kind can be asked for, and are told back", async () => {
  const { asScript } = withFiles();
  for (const name of ["100% #1?&.txt", 'quote".txt', "שלום.txt", "line\nbreak.txt", "a\\b.txt"]) {
    const response = await asScript(`/files/${urlOfPath(`Ana/Docs/${name}`)}`);
    assert.equal(response.status, 200, name);
    const disposition = response.headers.get("content-disposition") ?? "";
    assert.doesNotMatch(disposition, /[\r\n]/);
    assert.match(disposition, /^inline; filename/);
  }
});

test("encoded slashes, climbing and broken encodings are refused", async () => {
  const { asScript } = withFiles();
  for (const path of ["Ana%2FDocs/a.txt", "Ana/Docs/%2e%2e%2fa.txt", "Ana//a.txt", "Ana/%FF", "Ana/a%00b"]) {
    assert.equal((await asScript(`/files/${path}`)).status, 400, path);
  }
  assert.equal((await asScript("/files/Ana/Docs/..%252fa.txt")).status, 404);
  assert.equal((await asScript("/files/Ana/Docs")).status, 400);
  for (const way of ["https://page/archive/Ana", "https://page/files/../secret", "https://page/%66iles/Ana"]) {
    assert.throws(() => pathOfUrl(way, "/files/"), /leads out/, way);
  }
});

test("a reader that goes away frees the file", async () => {
  const { needs, asScript } = withFiles();
  needs.put("Ana/Docs/big.bin", 1_000_000);
  const response = await asScript("/files/Ana/Docs/big.bin");
  assert.equal(needs.openStreams, 1);
  await response.body?.cancel();
  assert.equal(needs.openStreams, 0);
});

test("a folder comes as a zip of the length that was promised, with names, times and contents", async () => {
  const { asScript } = withFiles();
  const response = await asScript("/archive/Ana/Docs");
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-disposition") ?? "", /^attachment; filename="?Docs.zip/);
  const bytes = new Uint8Array(await response.arrayBuffer());
  assert.equal(response.headers.get("content-length"), String(bytes.length));
  const entries = readZip(bytes);
  assert.equal(entries.get("Docs/a.txt")?.text, TEXT);
  assert.ok((entries.get("Docs/a.txt")?.year ?? 0) >= 2018);
  assert.equal(entries.get("Docs/empty.bin")?.text, "");
  assert.ok(entries.has("Docs/deep/none/"));
  assert.equal(entries.get("Docs/שלום.txt")?.text, "rtl");
});

/** The entries of a stored zip by its central directory (APPNOTE 4.3.12), each checked against its CRC. */
function readZip(bytes: Uint8Array): Map<string, { text: string; year: number }> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = bytes.length - 22;
  assert.equal(view.getUint32(end, true), 0x06054b50);
  const entries = new Map<string, { text: string; year: number }>();
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    assert.equal(view.getUint32(at, true), 0x02014b50);
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true)) as [
      number,
      number,
      number,
    ];
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    const local = view.getUint32(at + 42, true);
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const content = bytes.subarray(start, start + view.getUint32(at + 24, true));
    assert.equal(crc32(content), view.getUint32(at + 16, true), name);
    entries.set(name, { text: new TextDecoder().decode(content), year: 1980 + (view.getUint16(at + 14, true) >> 9) });
    at += 46 + nameLength + extra + comment;
  }
  return entries;
}

test("no name in a zip leads out of its folder on Windows, and names that become one are all in it", async () => {
  const { needs, asScript } = site();
  needs.addMember("Ana", {
    Docs: { "..\\..\\evil.txt": "1", "a\\b.txt": "2", "a_b.txt": "3", "a_b (2).txt": "4", "12:30.txt": "5" },
    "C:": { "evil.txt": "6" },
  });
  const zip = async (path: string) => {
    const entries = readZip(new Uint8Array(await (await asScript(path)).arrayBuffer()));
    return [...entries].map(([name, { text }]) => [name, text]);
  };
  assert.deepEqual(Object.fromEntries(await zip("/archive/Ana/Docs")), {
    "Docs/.._.._evil.txt": "1",
    "Docs/12:30.txt": "5",
    "Docs/a_b (2).txt": "4",
    "Docs/a_b.txt": "2",
    "Docs/a_b (3).txt": "3",
  });
  assert.deepEqual(await zip("/archive/Ana/C:"), [["C_/evil.txt", "6"]]);
});

test("whoever stops reading a zip frees the file that was being read", async () => {
  const { needs, asScript } = withFiles();
  needs.put("Ana/Big/big.bin", 2_000_000);
  const response = await asScript("/archive/Ana/Big");
  const reader = response.body?.getReader();
  for (let chunk = 0; chunk < 4; chunk++) await reader?.read();
  assert.equal(needs.openStreams, 1);
  await reader?.cancel();
  assert.equal(needs.openStreams, 0);
});

test("a file that changes under a zip cuts it off instead of making it wrong", async () => {
  const { needs, asScript } = withFiles();
  const open = needs.open.bind(needs);
  needs.open = async (path) => ({ ...(await open(path)), size: 1 });
  const response = await asScript("/archive/Ana/Docs/deep");
  assert.equal(response.status, 200);
  needs.open = async (path) => {
    const opened = await open(path);
    return { ...opened, stream: async () => new ReadableStream({ start: (controller) => controller.close() }) };
  };
  await assert.rejects((await asScript("/archive/Ana/Docs/deep")).arrayBuffer());
});
