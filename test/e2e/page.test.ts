import "reflect-metadata";
import assert from "node:assert/strict";
import { chmod, mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { connect } from "node:tls";
import { PemConverter, SubjectAlternativeNameExtension, X509CertificateGenerator } from "@peculiar/x509";
import { temporaryFolder } from "../support/folders.ts";
import { groupshare, Member } from "../support/member.ts";
import { until } from "../support/until.ts";

const PASSWORD = "correct horse battery";
const DAY = 24 * 3_600_000;

/** A self-signed certificate for localhost and its key, in PEM. */
async function certificate(
  name: string,
  notAfter = new Date(Date.now() + DAY),
): Promise<{ cert: string; key: string }> {
  const signingAlgorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(signingAlgorithm, true, ["sign", "verify"]);
  const extensions = [new SubjectAlternativeNameExtension([{ type: "dns", value: "localhost" }])];
  const notBefore = new Date(Date.now() - 2 * DAY);
  const made = { name: `CN=${name}`, notBefore, notAfter, extensions, keys, signingAlgorithm };
  const cert = await X509CertificateGenerator.createSelfSigned(made as never);
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { cert: cert.toString("pem"), key: PemConverter.encode(key, "PRIVATE KEY") };
}

/** What the server at a port calls itself in its certificate. */
function commonName(port: number, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host, rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.end();
    });
    socket.once("error", reject);
  });
}

/** Sends a request from an address of this machine; its status, headers and how long the answer took, in milliseconds. */
function ask(
  url: string,
  from: string,
  init: { method?: string; headers?: Record<string, string>; body?: string } = {},
) {
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; ms: number }>((resolve, reject) => {
    const start = performance.now();
    const { method = "GET", headers = {}, body } = init;
    const sent = request(url, { method, headers, localAddress: from, agent: false }, (response) => {
      response.resume().once("end", () => {
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, ms: performance.now() - start });
      });
    });
    sent.once("error", reject);
    sent.end(body);
  });
}

function logIn(origin: string, from: string, password: string) {
  return ask(`${origin}/login`, from, {
    method: "POST",
    headers: { origin, "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ password }).toString(),
  });
}

describe("the page of a running member", { timeout: 120_000 }, () => {
  let root: { path: string; remove(): Promise<void> };
  const file = (...names: string[]) => join(root.path, ...names);
  const write = async (name: string, text: string) => {
    await writeFile(file(name), text, { mode: 0o600 });
    return file(name);
  };
  let refusals = 0;
  const refusal = async (...args: string[]) => {
    refusals += 1;
    const ports = ["--gossip", "127.0.0.20:0", "--peer", "127.0.0.20:0"];
    const start = ["run", "--headless", "--group", "G", "--data-dir", file(`refused ${refusals}`), ...ports];
    const { code, stderr } = await groupshare("bundle", [...start, ...args]);
    assert.equal(code, 2, stderr);
    return stderr;
  };

  before(async () => {
    root = await temporaryFolder();
  });
  after(() => root.remove());

  test("what cannot be used as its password or certificate is named, with what to do", async () => {
    const one = await certificate("one");
    const two = await certificate("two");
    const old = await certificate("old", new Date(Date.now() - DAY));
    const cert = await write("cert.pem", one.cert);
    const key = await write("other.pem", two.key);
    const tls = (certificate: string, key: string) => [
      "--ui",
      "127.0.0.20:0",
      "--ui-cert",
      certificate,
      "--ui-key",
      key,
    ];
    const [open, needs, empty, missing, half, unfit, expired] = await Promise.all([
      refusal("--ui", "0.0.0.0:0"),
      refusal("--ui", "0.0.0.0:0", "--password-file", file("none")),
      refusal("--ui", "0.0.0.0:0", "--password-file", await write("empty", "\n")),
      refusal(...tls(cert, file("none"))),
      refusal("--ui", "127.0.0.20:0", "--ui-cert", cert),
      refusal(...tls(cert, key)),
      refusal(...tls(await write("old.pem", old.cert), await write("old.key", old.key))),
    ]);
    assert.match(open ?? "", /without a password; .*--password-file/);
    assert.match(needs ?? "", /--password-file ".*none": .*ENOENT.*; write the password there/);
    assert.match(empty ?? "", /it is empty/);
    assert.match(missing ?? "", /--ui-key ".*none": .*ENOENT/);
    assert.match(half ?? "", /--ui-cert without --ui-key/);
    assert.match(unfit ?? "", /is not the key of the certificate/);
    assert.match(expired ?? "", /expired on \d{4}-\d\d-\d\d; renew it/);
  });

  test("it is served by HTTPS, takes up a renewed certificate without a restart, and answers nobody in clear", async () => {
    const first = await certificate("first");
    const [cert, key] = [await write("ui.pem", first.cert), await write("ui.key", first.key)];
    const member = await Member.start("bundle", "127.0.0.21", file("tls"), [
      ...["--group", "G", "--ui-cert", cert, "--ui-key", key, "--ui-name", "localhost"],
    ]);
    const { origin, port } = new URL(member.ready.ui ?? "");
    assert.equal(origin, `https://localhost:${port}`);
    assert.equal(await commonName(Number(port), "127.0.0.21"), "first");
    assert.match(await member.cli("open", "--print"), new RegExp(`^${origin}/open`), "commands still reach it");
    await assert.rejects(ask(`http://127.0.0.21:${port}/healthz`, "127.0.0.1"));
    const second = await certificate("second");
    await rename(await write("new.key", second.key), key);
    await rename(await write("new.pem", second.cert), cert);
    await until("it is taken up", async () => (await commonName(Number(port), "127.0.0.21")) === "second", 20_000);
    await member.stop();
  });

  test("a flood of wrong passwords keeps nobody out who has the right one, and nothing else waiting", async () => {
    const password = await write("password", `${PASSWORD}\n`);
    await mkdir(file("flooded"));
    await writeFile(file("flooded", "api-token"), `${"t".repeat(43)}\n`, { mode: 0o644 });
    const member = await Member.startOnDefaultPorts("bundle", file("flooded"), [
      ...["--group", "G", "--gossip", "127.0.0.22:0", "--peer", "127.0.0.22:0"],
      ...["--ui", "0.0.0.0:0", "--password-file", password],
    ]);
    const origin = member.ready.ui ?? "";
    assert.match(origin, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.equal(member.log.match(/open to the network without TLS/g)?.length, 1, "said loudly, once");
    assert.equal((await stat(file("flooded", "api-token"))).mode & 0o777, 0o600);
    let flooding = true;
    const flood = Promise.all(
      Array.from({ length: 24 }, async (_, at) => {
        for (let tries = 0; flooding; tries++) {
          await logIn(origin, `127.0.1.${(at * 10 + (tries % 10)) % 250}`, `guess ${tries}`).catch(() => undefined);
        }
      }),
    );
    try {
      await until("the flood is told to wait", async () => (await logIn(origin, "127.0.3.1", "x")).status === 429);
      const waited = await logIn(origin, "127.0.2.1", PASSWORD);
      if (waited.status !== 200) {
        const seconds = Number(waited.headers["retry-after"]);
        assert.ok(waited.status === 429 && seconds >= 1 && seconds <= 300, `${waited.status} ${seconds}`);
      }
      const health: number[] = [];
      for (let asked = 0; asked < 40; asked++) health.push((await ask(`${origin}/healthz`, "127.0.2.2")).ms);
      const slowest = health.sort((a, b) => a - b).at(-3) ?? 0;
      assert.ok(slowest < 400, `healthz took ${slowest} ms`);
    } finally {
      flooding = false;
      await flood;
    }
    // Its turn was kept for it: it gets in when it was told, whatever the others did.
    await until(
      "the right password lets in",
      async () => {
        const answer = await logIn(origin, "127.0.2.1", PASSWORD);
        if (answer.status === 200) return true;
        await new Promise((resolve) => setTimeout(resolve, Number(answer.headers["retry-after"]) * 250));
        return false;
      },
      60_000,
    );
    const outputs = member.log + (await readFile(file("flooded", "sessions.json"), "utf8"));
    assert.ok(!outputs.includes(PASSWORD) && !outputs.includes("guess "), "no password was written down");
    await member.stop();
    await chmod(password, 0o600);
  });
});
