import assert from "node:assert/strict";
import { appendFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { ContentHasher, rootOfLayer } from "../../src/shared/content.ts";
import { noise, root, World } from "./world.ts";

const bytes = noise(300_000, 1);

async function holder() {
  const world = await World.make();
  const ana = await world.member("Ana");
  await writeFile(join(ana.dir, "a.bin"), bytes);
  await ana.index();
  return { world, ana, url: `${ana.url}/v1/content/${await root(bytes)}-${bytes.length}` };
}

test("a content is given whole, in part, and not beyond its end", async () => {
  const { url } = await holder();
  const whole = await fetch(url);
  assert.equal(whole.status, 200);
  assert.equal(whole.headers.get("content-length"), String(bytes.length));
  assert.equal(whole.headers.get("accept-ranges"), "bytes");
  const etag = whole.headers.get("etag") ?? "";
  assert.match(etag, /^"[0-9a-f]{64}-300000"$/);
  assert.deepEqual(Buffer.from(await whole.arrayBuffer()), bytes);

  const ask = async (headers: Record<string, string>) => {
    const answer = await fetch(url, { headers });
    return {
      status: answer.status,
      range: answer.headers.get("content-range"),
      body: Buffer.from(await answer.arrayBuffer()),
    };
  };
  const middle = await ask({ Range: "bytes=100-199" });
  assert.deepEqual([middle.status, middle.range], [206, "bytes 100-199/300000"]);
  assert.deepEqual(middle.body, bytes.subarray(100, 200));
  const clamped = await ask({ Range: "bytes=299999-400000" });
  assert.deepEqual([clamped.status, clamped.range, clamped.body.length], [206, "bytes 299999-299999/300000", 1]);
  const beyond = await ask({ Range: "bytes=300000-" });
  assert.deepEqual([beyond.status, beyond.range, beyond.body.length], [416, "bytes */300000", 0]);
  assert.equal((await ask({ Range: "bytes=0-0", "If-Range": etag })).status, 206);
  assert.equal((await ask({ Range: "bytes=0-0", "If-Range": '"other"' })).body.length, bytes.length);
  assert.equal((await ask({ Range: "bytes=0-0", "If-Range": `W/${etag}` })).status, 200);
  assert.equal((await ask({ "If-None-Match": etag })).status, 304);
  assert.equal((await ask({ "If-Match": '"other"' })).status, 412);
});

test("HEAD tells the same as GET without a body", async () => {
  const { url } = await holder();
  const head = await fetch(url, { method: "HEAD", headers: { Range: "bytes=0-9" } });
  assert.equal(head.status, 200);
  assert.equal(head.headers.get("content-length"), String(bytes.length));
  assert.equal((await head.arrayBuffer()).byteLength, 0);
});

test("a changed, removed, unlisted or malformed content is not here", async () => {
  const { ana, url } = await holder();
  const status = async (path: string) => (await fetch(path)).status;
  for (const wrong of [
    "x",
    "-",
    `${"0".repeat(64)}-1`,
    `${"0".repeat(64)}-0`,
    `${"A".repeat(64)}-1`,
    `${"0".repeat(64)}-1-2`,
  ]) {
    assert.equal(await status(`${ana.url}/v1/content/${wrong}`), 404, wrong);
  }
  await appendFile(join(ana.dir, "a.bin"), "more");
  assert.equal(await status(url), 404);
  await rm(join(ana.dir, "a.bin"));
  assert.equal(await status(url), 404);
});

test("a file that changes while it is given is cut, not mixed", async () => {
  const world = await World.make();
  const ana = await world.member("Ana");
  const path = join(ana.dir, "big.bin");
  await writeFile(path, Buffer.alloc(64 << 20));
  await ana.index(false);
  const answer = await fetch(`${ana.url}/v1/file/5a5a5a5a5a5a5a5a?path=big.bin`);
  const reader = answer.body?.getReader();
  await reader?.read();
  await utimes(path, 1, 1);
  await assert.rejects(async () => {
    while ((await reader?.read())?.done === false);
  });
});

test("a file that is not hashed is tied to its size and time", async () => {
  const world = await World.make();
  const ana = await world.member("Ana");
  await writeFile(join(ana.dir, "ü #?&%41.txt"), "hello");
  await writeFile(join(ana.dir, "empty"), "");
  await ana.index(false);
  await writeFile(join(ana.dir, "unlisted"), "secret");
  await symlink("/etc/hostname", join(ana.dir, "link"));
  const url = (path: string) => `${ana.url}/v1/file/5a5a5a5a5a5a5a5a?path=${encodeURIComponent(path)}`;
  const plain = await fetch(url("ü #?&%41.txt"));
  assert.equal(await plain.text(), "hello");
  const etag = plain.headers.get("etag") ?? "";
  assert.match(etag, /^"5-\d+"$/);
  assert.equal((await fetch(url("ü #?&%41.txt"), { headers: { "If-Match": etag, Range: "bytes=1-2" } })).status, 206);
  assert.equal((await fetch(url("ü #?&%41.txt"), { headers: { "If-Match": '"5-1"' } })).status, 412);
  const empty = await fetch(url("empty"));
  assert.deepEqual([empty.status, await empty.text()], [200, ""]);
  for (const path of ["unlisted", "link", "../queue", "", "ü", "/etc/hostname"]) {
    assert.equal((await fetch(url(path))).status, 404, path);
  }
});

test("a member gets nothing by a path that leads out, nor by one that is encoded twice", async () => {
  const world = await World.make();
  const ana = await world.member("Ana");
  await writeFile(join(ana.dir, "inside.txt"), "inside");
  await ana.index(false);
  await writeFile(join(world.dir, "secret"), "secret");
  const encoded = (text: string) => text.replaceAll(/[^a-z]/gi, (each) => `%${Buffer.from(each).toString("hex")}`);
  const outside = [
    "../secret",
    "x/../../secret",
    "./inside.txt",
    "inside.txt/",
    "/inside.txt",
    "..\\secret",
    join(world.dir, "secret"),
  ];
  for (const path of [...outside, "inside.txt\0"]) {
    for (const form of [encodeURIComponent(path), encoded(path), encoded(encoded(path))]) {
      for (const route of ["file/5a5a5a5a5a5a5a5a?path=", "file/", "content/", "pieces/"]) {
        const answer = await fetch(`${ana.url}/v1/${route}${form}`);
        assert.equal(answer.status, 404, route + form);
        assert.doesNotMatch(await answer.text(), /secret|inside/);
      }
    }
  }
  assert.equal(
    (await fetch(`${ana.url}/v1/file/5a5a5a5a5a5a5a5a?path=${encodeURIComponent(encoded("inside.txt"))}`)).status,
    404,
  );
  assert.equal((await fetch(`${ana.url}/v1/file/5a5a5a5a5a5a5a5a?path=${encoded("inside.txt")}`)).status, 200);
});

test("a piece layer leads to the root of its content", async () => {
  const world = await World.make();
  const ana = await world.member("Ana");
  const big = noise(1_300_000, 2);
  await writeFile(join(ana.dir, "big"), big);
  await writeFile(join(ana.dir, "small"), bytes.subarray(0, 1_000));
  await ana.index();
  const layerOf = async (content: Buffer) => {
    const answer = await fetch(`${ana.url}/v1/pieces/${await root(content)}-${content.length}`);
    assert.equal(answer.status, 200);
    return new Uint8Array(await answer.arrayBuffer());
  };
  const layer = await layerOf(big);
  assert.equal(layer.length, 5 * 32);
  assert.equal(rootOfLayer(layer, big.length), await root(big));
  const hasher = new ContentHasher(big.length);
  hasher.update(big);
  assert.deepEqual(Buffer.from(layer), Buffer.from(hasher.digest()?.layer ?? []));
  assert.equal((await layerOf(bytes.subarray(0, 1_000))).length, 0);
  assert.equal((await fetch(`${ana.url}/v1/pieces/${"0".repeat(64)}-7`)).status, 404);
});

test("a taker that goes away does not keep the file open", async () => {
  const { world, ana } = await holder();
  await writeFile(join(ana.dir, "huge"), Buffer.alloc(64 << 20, 1));
  await ana.index();
  const entry = ana.entries.get("huge");
  const openFiles = async () => {
    const { readdir, readlink } = await import("node:fs/promises");
    const names = await Promise.all(
      (await readdir("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")),
    );
    return names.filter((name) => name.startsWith(world.dir)).length;
  };
  for (let i = 0; i < 5; i++) {
    const stop = new AbortController();
    const answer = await fetch(`${ana.url}/v1/content/${entry?.root}-${entry?.size}`, { signal: stop.signal });
    await answer.body?.getReader().read();
    stop.abort();
  }
  for (let i = 0; (await openFiles()) > 0; i++) {
    assert.ok(i < 500, "files stay open");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
});

test("of a share that is not there it is said that it is not there, not that its files changed, until it is back", async () => {
  const { ana, url } = await holder();
  const file = `${ana.url}/v1/file/5a5a5a5a5a5a5a5a?path=a.bin`;
  const say = async (of: string) => {
    const answer = await fetch(of);
    await answer.body?.cancel();
    return [answer.status, answer.headers.get("GroupShare-Offline")];
  };
  await ana.offline(true);
  assert.deepEqual(
    [await say(url), await say(file)],
    [
      [404, "1"],
      [404, "1"],
    ],
  );
  assert.deepEqual(await say(`${ana.url}/v1/content/${"0".repeat(64)}-7`), [404, null], "what is not listed");
  await ana.offline(false);
  assert.deepEqual(
    [await say(url), await say(file)],
    [
      [200, null],
      [200, null],
    ],
  );
});
