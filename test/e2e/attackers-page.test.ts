import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:tls";
import type { MemberNews } from "../../src/app/mod.ts";
import { BACKLOG } from "../../src/shared/connection-guard.ts";
import { certificate } from "../support/certificate.ts";
import { flood } from "../support/flooding.ts";
import { temporaryFolder } from "../support/folders.ts";
import { Member } from "../support/member.ts";
import { until } from "../support/until.ts";

/** Half of them say next to nothing, half begin a handshake and leave it there. */
const CONNECTIONS = 10_000;
/** As in attackers-flood.test.ts, of both together. */
const MOST = BACKLOG / 4;
/** Four times what an honest newcomer may wait, in milliseconds. */
const SERVED = 4 * 2_000;

/** What a browser says first: all of a ClientHello, after which the server has to compute. In Latin-1. */
async function clientHello(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", servername: "localhost" });
  client.on("error", () => undefined);
  const [socket] = (await once(server, "connection")) as [Socket];
  const [hello] = (await once(socket, "data")) as [Buffer];
  client.destroy();
  server.close();
  return hello.toString("latin1");
}

test("10 000 connections to the page's TLS port, half of them unfinished handshakes, keep nobody from logging in, and make nobody a suspect", {
  timeout: 60_000,
}, async (t) => {
  const root = await temporaryFolder();
  t.after(() => root.remove());
  const file = (name: string) => join(root.path, name);
  const made = await certificate();
  await writeFile(file("ui.pem"), made.cert);
  await writeFile(file("ui.key"), made.key, { mode: 0o600 });
  await writeFile(file("password"), "correct horse battery\n", { mode: 0o600 });
  const [host, hello] = ["127.0.77.1", await clientHello()];
  const ana = await Member.start("bundle", host, file("ana"), [
    ...["--name", "Ana", "--group", "Friends", "--password-file", file("password")],
    ...["--ui-cert", file("ui.pem"), "--ui-key", file("ui.key"), "--ui-name", "localhost"],
  ]);
  t.after(() => ana.kill());
  const invite = (await ana.cli("invite")).trim();
  const ben = await Member.start("bundle", "127.0.77.2", file("ben"), ["--name", "Ben", "--invite", invite]);
  t.after(() => ben.kill());
  await until("Ana sees Ben", async () => /Ben/.test(await ana.cli("members")));

  const { port } = new URL(ana.ready.ui ?? "");
  /** The page as somebody gets it who is not logged in, on a connection of its own; its text. */
  const load = () =>
    new Promise<string>((resolve, reject) => {
      const headers = { host: `localhost:${port}`, accept: "text/html", "sec-fetch-mode": "navigate" };
      const signal = AbortSignal.timeout(SERVED);
      const to = { host, port, servername: "localhost", rejectUnauthorized: false, agent: false, headers, signal };
      const asked = request(to, (answer) => {
        let text = "";
        answer.on("data", (chunk) => {
          text += chunk;
        });
        answer.once("end", () => resolve(text)).once("error", reject);
      });
      asked.once("error", reject).end();
    });
  assert.match(await load(), /<input[^>]+type="password"/);

  const at = { host, port: Number(port) };
  const half = { count: CONNECTIONS / 2, hosts: 40, most: MOST };
  const floods = [
    // A record of TLS that says 512 bytes of a ClientHello follow, and the first of them; half of these go on, slowly.
    flood(at, { ...half, sends: "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", drips: "\x01" }),
    flood(at, { ...half, sends: hello }),
  ];
  t.after(() => Promise.all(floods.map((one) => one.stop())));
  const took: number[] = [];
  let again = 0;
  const serve = async () => {
    const began = performance.now();
    for (;;) {
      const text = await load().catch(() => null);
      if (text !== null && /type="password"/.test(text)) break;
      again += 1;
      assert.ok(performance.now() - began < SERVED, `not served for ${SERVED} ms, ${again} tries in vain`);
      await sleep(100);
    }
    took.push(performance.now() - began);
  };
  do {
    await serve();
    await sleep(50);
  } while (floods.some(({ rising }) => rising));
  await Promise.all(floods.map(({ opened }) => opened));
  await serve();
  const slowest = Math.max(...took);
  t.diagnostic(`${took.length} loads meanwhile, ${again} tried again; the slowest took ${Math.round(slowest)} ms`);
  assert.ok(slowest < SERVED, `${slowest} ms`);

  const { ui } = JSON.parse(await readFile(join(ana.dataDir, "running.json"), "utf8")) as { ui: string };
  const token = (await readFile(join(ana.dataDir, "api-token"), "utf8")).trim();
  const histories = [
    await fetch(`${ui}/api/v1/history`, { headers: { authorization: `Bearer ${token}` } }),
    await ben.ask("/api/v1/history"),
  ];
  for (const answer of histories) {
    const { items } = (await answer.json()) as { items: MemberNews[] };
    assert.deepEqual(
      items.map(({ event }) => event),
      ["joined"],
    );
  }
});
