import assert from "node:assert/strict";
import { request } from "node:http";
import { test } from "node:test";
import { served } from "./served.ts";
import { TOKEN } from "./site.ts";

type Served = Awaited<ReturnType<typeof served>>;

/** Runs a test against a page that is really listened for. */
function onWire(
  claim: string,
  act: (site: Served, ask: (path: string, init?: RequestInit) => Promise<Response>) => Promise<void>,
) {
  test(claim, { timeout: 20_000 }, async () => {
    const site = await served();
    site.needs.addMember("Ana", { Docs: { "a.txt": "0123456789", "big.bin": 50_000_000 } });
    const ask = (path: string, init: RequestInit = {}) =>
      fetch(`${site.origin()}${path}`, { ...init, headers: { authorization: `Bearer ${TOKEN}`, ...init.headers } });
    try {
      await act(site, ask);
    } finally {
      await site.close();
    }
  });
}

async function eventually(claim: string, holds: () => boolean): Promise<void> {
  const end = Date.now() + 8_000;
  while (!holds()) {
    assert.ok(Date.now() < end, claim);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Asks with node:http, which shows what fetch hides, and hangs up when told. */
function raw(site: Served, method: string, path: string, headers: Record<string, string> = {}) {
  const asked = request(`${site.origin()}${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, ...headers },
  });
  asked.on("error", () => undefined);
  const answer = new Promise<{ status: number; headers: Record<string, unknown>; length: number }>((resolve) => {
    asked.on("response", (response) => {
      let length = 0;
      response.on("data", (chunk: Uint8Array) => {
        length += chunk.length;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, length }));
      response.on("error", () => undefined);
    });
  });
  asked.end();
  return { asked, answer };
}

onWire("HEAD tells a file's length and sends nothing", async (site) => {
  const { status, headers, length } = await raw(site, "HEAD", "/files/Ana/Docs/a.txt").answer;
  assert.deepEqual([status, headers["content-length"], length], [200, "10", 0]);
});

onWire("a part of a file arrives as that part", async (_site, ask) => {
  const response = await ask("/files/Ana/Docs/a.txt", { headers: { range: "bytes=2-4" } });
  assert.deepEqual([response.status, await response.text()], [206, "234"]);
});

onWire("a big file arrives whole", async (site) => {
  const { headers, length } = await raw(site, "GET", "/files/Ana/Docs/big.bin").answer;
  assert.deepEqual([headers["content-length"], length], ["50000000", 50_000_000]);
});

onWire("a file is closed when its reader hangs up, and so is one inside a zip", async (site) => {
  for (const path of ["/files/Ana/Docs/big.bin", "/archive/Ana/Docs"]) {
    const { asked } = raw(site, "GET", path);
    await eventually("the file is opened", () => site.needs.openStreams === 1);
    asked.destroy();
    await eventually(`${path} frees its file`, () => site.needs.openStreams === 0);
  }
});

onWire("who hangs up on the news is not told any more", async (site) => {
  const { asked } = raw(site, "GET", "/api/v1/events");
  await eventually("it listens", () => site.needs.listeners === 1);
  asked.destroy();
  await eventually("it does not listen any more", () => site.needs.listeners === 0);
});

onWire("a request without a body is no trouble where one could be", async (site) => {
  site.needs.setShares([]);
  const { id } = await site.needs.addShare({ path: "/srv/music", name: null });
  assert.equal((await raw(site, "DELETE", `/api/v1/shares/${id}`).answer).status, 204);
  assert.equal((await raw(site, "POST", "/api/v1/login-link").answer).status, 201);
});

onWire("a body without end is cut off", async (site) => {
  const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
  const asked = request(`${site.origin()}/api/v1/group`, { method: "POST", headers });
  const status = new Promise<number>((resolve, reject) => {
    asked.on("response", (response) => resolve(response.statusCode ?? 0));
    asked.on("error", reject);
  });
  let stop = false;
  const feed = () => {
    if (!stop && asked.writable) asked.write("x".repeat(65_536), () => setImmediate(feed));
  };
  feed();
  assert.equal(await status, 413);
  stop = true;
  asked.destroy();
});
