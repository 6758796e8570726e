import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { PeerClient } from "../../src/peer/mod.ts";
import { connectTls } from "../../src/platform/tls-client.ts";
import { BACKLOG } from "../../src/shared/connection-guard.ts";
import { gossipKey, loadIdentity, readInvite } from "../../src/trust/mod.ts";
import { flood } from "../support/flooding.ts";
import { temporaryFolder } from "../support/folders.ts";
import { Member } from "../support/member.ts";
import { until } from "../support/until.ts";
import { gossip, PING } from "./gossiping.ts";

/** Half-open connections to each port. */
const CONNECTIONS = 10_000;
/** Of them open at a time at the attackers' end: half of what the system lets wait for a port to accept. */
const MOST = BACKLOG / 2;
/** Four times what an honest newcomer may wait, in milliseconds. */
const SERVED = 4 * 2_000;
/** What each port's half-open connections begin to say, and what every second one adds, ever so slowly. */
const WORDS = {
  // A record of TLS that says 512 bytes of a ClientHello follow, and the first of them.
  peer: { sends: "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", drips: "\x01" },
  page: { sends: "GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n", drips: "X: y\r\n" },
  // An encrypted frame of 1 MiB.
  gossip: { sends: "\x0a\x00\x10\x00\x00", drips: "\x01" },
} as const;

const endpoint = (text: string | null): { host: string; port: number } => {
  const [host = "", port] = (text ?? "").replace("http://", "").split(":");
  return { host, port: Number(port) };
};

test("10 000 half-open connections to every port of a member keep nobody out, and make nobody a suspect", {
  timeout: 120_000,
}, async (t) => {
  const root = await temporaryFolder();
  t.after(() => root.remove());
  const folder = (name: string) => join(root.path, name);
  await mkdir(folder("share"));
  const start = (name: string, host: string, ...args: string[]) =>
    Member.start("bundle", host, folder(name), ["--name", name, "--share", folder("share"), ...args]);
  const ana = await start("Ana", "127.0.75.1", "--group", "Friends");
  t.after(() => ana.kill());
  const invite = (await ana.cli("invite")).trim();
  const ben = await start("Ben", "127.0.75.2", "--invite", invite);
  t.after(() => ben.kill());
  await until("they list each other", async () => (await ana.cli("ls", "Ben")).includes("share"), 30_000);
  const [anas, bens] = await Promise.all(
    ["Ana", "Ben"].map((name) => loadIdentity(join(folder(name), "identity.pem"))),
  );
  assert.ok(anas !== undefined && bens !== undefined);
  const key = gossipKey(readInvite(invite).group);
  const token = (await readFile(join(folder("Ana"), "api-token"), "utf8")).trim();
  const at = { page: endpoint(ana.ready.ui), peer: endpoint(ana.ready.peer), gossip: endpoint(ana.ready.gossip) };

  // One new connection each, of somebody who is let in.
  const honest = {
    page: () =>
      new Promise<void>((resolve, reject) => {
        const headers = { authorization: `Bearer ${token}` };
        const asked = request({ ...at.page, path: "/api/v1/status", agent: false, headers }, (answer) => {
          answer.resume().once("end", () => (answer.statusCode === 200 ? resolve() : reject(answer.statusCode)));
        });
        asked.once("error", reject).end();
      }),
    peer: async () => {
      const client = new PeerClient({ certificate: bens.certificate, connect: connectTls });
      const whom = { id: anas.memberId, name: "Ana", hosts: [at.peer.host], port: at.peer.port };
      const path = `/v1/catalog/${anas.memberId}`;
      const { status, body } = await client.get(whom, path, { signal: AbortSignal.timeout(2 * SERVED) });
      await body.cancel();
      client.close();
      assert.equal(status, 200);
    },
    gossip: async () => {
      const answer = await gossip(ana.ready.gossip ?? "", key, PING);
      assert.equal(answer?.kind, "ack");
    },
  };
  for (const ask of Object.values(honest)) await ask();

  const ports = ["page", "peer", "gossip"] as const;
  const slowest = { page: 0, peer: 0, gossip: 0 };
  const served = { page: 0, peer: 0, gossip: 0 };
  const floods = ports.map((port) => flood(at[port], { count: CONNECTIONS, hosts: 40, most: MOST, ...WORDS[port] }));
  t.after(() => Promise.all(floods.map((one) => one.stop())));
  const ask = async (port: (typeof ports)[number]) => {
    const began = performance.now();
    await honest[port]();
    slowest[port] = Math.max(slowest[port], performance.now() - began);
    served[port] += 1;
  };
  do {
    await Promise.all(ports.map(ask));
    await sleep(50);
  } while (floods.some(({ rising }) => rising));
  await Promise.all(floods.map(({ opened }) => opened));
  // All have come, and what is left of them is still there and dripping.
  await Promise.all(ports.map(ask));
  t.diagnostic(`served meanwhile: ${JSON.stringify(served)}; the slowest of each took ${JSON.stringify(slowest)} ms`);
  for (const port of ports) assert.ok(slowest[port] < SERVED, `${port}: ${slowest[port]} ms`);

  for (const member of [ana, ben]) {
    const { items } = await member.api<{ items: { event: string; name: string }[] }>("/api/v1/history");
    assert.deepEqual(
      items.filter(({ event }) => event !== "joined").map(({ event, name }) => `${name} ${event}`),
      [],
      `what ${member.ready.name} saw`,
    );
  }
  assert.ok((await ben.cli("ls", "Ana")).includes("share"));
});
