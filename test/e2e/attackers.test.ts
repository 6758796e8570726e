import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { connect } from "node:tls";
import { Worker } from "node:worker_threads";
import { PeerClient } from "../../src/peer/mod.ts";
import { connectTls } from "../../src/platform/tls-client.ts";
import { ODD } from "../../src/shared/odd-characters.ts";
import { loadIdentity } from "../../src/trust/mod.ts";
import { groupshare, type Member } from "../support/member.ts";
import { until } from "../support/until.ts";
import { type Attacked, attacked, SECRET, TERMINAL } from "./attacked.ts";

/** Ways out of `Ana/Things`, as they follow it in an address: each as it is, encoded once and encoded twice. */
const ESCAPES = [
  "../secret/file.txt",
  "../../../../../../../../etc/passwd",
  "sub/../../secret/file.txt",
  "./../secret/file.txt",
  "....//secret/file.txt",
  "/etc/passwd",
  "..\\secret\\file.txt",
  "C:\\Windows\\win.ini",
  "\\\\server\\share\\file.txt",
  "file:///etc/passwd",
  "plain.txt\0.html",
  "plain.txt/../../secret/file.txt",
  "way/file.txt",
  "out.txt",
  ".git/config",
  "..",
];
const encoded = (text: string): string =>
  text.replaceAll(/[^a-z]/gi, (each) => `%${Buffer.from(each).toString("hex")}`);
const FORMS = ESCAPES.flatMap((path) => [path, encoded(path), encoded(encoded(path))]);

describe("who attacks by names and paths gets nothing", { timeout: 240_000 }, () => {
  let ana: Member;
  let ben: Member;
  let folder: Attacked["folder"];
  let end = async (): Promise<void> => undefined;

  before(async () => {
    ({ ana, ben, folder, end } = await attacked(1));
  });
  after(() => end());

  test("no path leads out of a share: by no route, asked of its own member or of another, in no encoding", async () => {
    for (const member of [ana, ben]) {
      for (const form of FORMS) {
        for (const route of ["/files/", "/archive/"]) {
          await refused(member, "GET", `${route}Ana/Things/${form}`);
          await refused(member, "GET", `${route}${form}`);
        }
        for (const route of ["/api/v1/files?path=", "/pane/files?path=", "/pane/page?path=", "/?path="]) {
          const asked = `${route}Ana/Things/${form.replaceAll("\\", "%5c").replaceAll("\0", "%00")}`;
          await refused(member, "GET", asked, route.startsWith("/?"));
        }
        await refused(member, "GET", `/static/x/${form}`);
      }
      for (const path of FORMS) {
        const paths = [`Ana/Things/${path}`];
        await refused(member, "POST", "/api/v1/downloads", false, { paths });
        await refused(member, "POST", "/act/get", false, `path=${encodeURIComponent(paths[0] ?? "")}`);
      }
    }
    assert.deepEqual((await ben.api<{ items: unknown[] }>("/api/v1/downloads")).items, []);
  });

  test("the peer port gives a member no file from outside of a share, and a stranger not one byte, whatever is asked for", async () => {
    const [host = "", port = ""] = ana.ready.peer?.split(":") ?? [];
    const address = { id: ana.ready.member, name: "Ana", hosts: [host], port: Number(port) };
    const shares = await ana.api<{ items: { id: string; name: string }[] }>("/api/v1/shares");
    const share = shares.items.find(({ name }) => name === "Things")?.id ?? "";
    const member = await loadIdentity(join(ben.dataDir, "identity.pem"));
    const client = new PeerClient({ certificate: member.certificate, connect: connectTls });
    const get = async (path: string) => {
      const raw = path.replaceAll(/[^!-~]/g, (each) => encodeURIComponent(each));
      const { status, body } = await client.get(address, raw, { signal: AbortSignal.timeout(10_000) });
      return { status, text: await new Response(body).text() };
    };
    const routes = ["/v1/content/", "/v1/pieces/", "/v1/catalog/", "/v1/file/", "/v1/folder/"];
    const asking = [...routes, `/v1/file/${share}?path=`, `/v1/folder/${share}?path=`];
    try {
      assert.equal((await get(`/v1/file/${share}?path=plain.txt`)).text, "plain.txt");
      for (const path of asking.flatMap((route) => FORMS.map((form) => route + form))) {
        const { status, text } = await get(path);
        assert.ok(status >= 400 && !text.includes(SECRET) && !text.includes("root:x:"), `${status} ${path}`);
      }
    } finally {
      client.close();
    }
    const stranger = await loadIdentity(folder("stranger.pem"));
    for (const path of [`/v1/file/${share}?path=plain.txt`, "/v1/group", ...routes]) {
      const line = connect({ host, port: Number(port), ...stranger.certificate, rejectUnauthorized: false });
      let heard = "";
      line.on("data", (chunk) => {
        heard += String(chunk);
      });
      line.on("error", () => undefined);
      line.write(`GET ${path} HTTP/1.1\r\nHost: groupshare\r\n\r\n`);
      await once(line, "close");
      assert.equal(heard, "", path);
    }
  });

  test("no command prints what a terminal would obey, and none hides what a name holds", async () => {
    const got = ben.cli("get", ...TERMINAL.map((name) => `Ana/Things/${name}`), "--wait");
    const fails = async (...args: string[]) =>
      (await groupshare("bundle", [...args, "--data-dir", ben.dataDir])).stderr;
    const outputs = await Promise.all([
      ben.cli("ls", "Ana/Things"),
      ben.cli("ls", "Ana/Things", "--json"),
      ben.cli("ls", "--recursive", "Ana"),
      got,
      got.then(() => ben.cli("downloads")),
      got.then(() => ben.cli("downloads", "--json")),
      ana.cli("share", "ls"),
      ana.cli("status"),
      fails("get", "Ana/Things/\u001b[2J\u202e"),
      fails("share", "rm", "\u009b2J"),
      fails("\u001b[2J"),
    ]);
    outputs.push(ben.log, ana.log);
    for (const output of outputs) {
      assert.doesNotMatch(output.replaceAll("\n", ""), ODD);
    }
    assert.match(outputs[0] ?? "", /\\u001b\]0;title\\u0007\.txt/);
    assert.match(outputs[0] ?? "", /\\u202etxt\.exe/);
    const listed = JSON.parse(outputs[1] ?? "") as { items: { name: string }[] };
    assert.ok(TERMINAL.every((name) => listed.items.some((item) => item.name === name)));
    assert.deepEqual((await readdir(folder("downloads"))).sort(), [...TERMINAL].sort());
  });

  test("while a folder is swapped for a link to a secret one, again and again, not one byte of the secret is given", async () => {
    // As long as the secret, and of the same time: nothing but the place tells them apart.
    const open = SECRET.replaceAll(/[a-z]/g, "x");
    await mkdir(folder("Things", "swapped"));
    await writeFile(folder("Things", "swapped", "file.txt"), open);
    const time = new Date("2025-05-05T05:05:05Z");
    for (const name of [folder("Things", "swapped", "file.txt"), folder("secret", "file.txt")])
      await utimes(name, time, time);
    const path = "Ana/Things/swapped/file.txt";
    await until("Ben sees it", async () => (await ben.ask(`/files/${path}`)).ok, 20_000);
    const swapping = new Worker(SWAP, { eval: true, workerData: folder("Things", "swapped") });
    const answers = { open: 0, refused: 0 };
    try {
      await once(swapping, "message");
      const start = performance.now();
      const enough = () => performance.now() > start + 2_000 && answers.open > 0 && answers.refused > 0;
      while (!enough() && performance.now() < start + 20_000) {
        for (const answer of await Promise.all(
          [ana, ben].flatMap((member) => Array.from({ length: 4 }, () => member.ask(`/files/${path}`))),
        )) {
          const text = await answer.text().catch(() => "");
          assert.ok(!text.includes("secret"), text);
          answers[text === open ? "open" : "refused"] += 1;
        }
      }
    } finally {
      await swapping.terminate();
    }
    assert.ok(answers.open > 0 && answers.refused > 0, JSON.stringify(answers));
  });
});

/** A worker that swaps a folder for a link to `secret` beside its share, and back, with a rest only now and then. */
const SWAP = `
  const { parentPort, workerData: path } = require("node:worker_threads");
  const { renameSync, symlinkSync, unlinkSync } = require("node:fs");
  const rest = new Int32Array(new SharedArrayBuffer(4));
  for (let count = 0; ; count++) {
    renameSync(path, path + ".away");
    symlinkSync("../secret", path);
    unlinkSync(path);
    renameSync(path + ".away", path);
    if (count === 0) parentPort.postMessage("swapping");
    if (count % 50 === 49) Atomics.wait(rest, 0, 0, 10);
  }`;

/** Asks with the member's token and asserts a refusal without the secret; the page itself may say in words that there is nothing. */
async function refused(member: Member, method: string, path: string, inWords = false, body?: unknown): Promise<void> {
  const { hostname: host, port } = new URL(member.ready.ui ?? "");
  const type = typeof body === "string" ? "application/x-www-form-urlencoded" : "application/json";
  const token = (await readFile(join(member.dataDir, "api-token"), "utf8")).trim();
  const headers = { authorization: `Bearer ${token}`, "content-type": type };
  const sent = typeof body === "string" ? body : JSON.stringify(body);
  const { status, text } = await ask({ host, port: Number(port) }, method, path, headers, sent);
  assert.ok((status >= 400 && status < 500) || (inWords && status === 200), `${method} ${path}: ${status} ${text}`);
  assert.ok(!text.includes(SECRET) && !text.includes("root:x:"), `${method} ${path}`);
}

/** One request whose path goes out as it is, which `fetch` would tidy. */
function ask(
  at: { host: string; port: number },
  method: string,
  path: string,
  headers: Record<string, string>,
  body = "",
): Promise<{ status: number; text: string }> {
  // Node refuses to send what no address may hold; it is sent encoded then.
  const raw = path.replaceAll(/[^!-~]/g, (each) => encodeURIComponent(each));
  return new Promise((resolve, reject) => {
    const asked = request({ ...at, method, path: raw, headers }, async (answer) => {
      let text = "";
      for await (const chunk of answer) text += String(chunk);
      resolve({ status: answer.statusCode ?? 0, text });
    });
    asked.on("error", reject);
    asked.end(body);
  });
}
