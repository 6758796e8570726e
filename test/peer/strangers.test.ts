import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { ConnectionOptions } from "node:tls";
import { temporaryFolder } from "../support/folders.ts";
import { lacks } from "../support/need.ts";
import { until } from "../support/until.ts";
import { attempt, mixedKey, REQUEST, type Served, serve, somebody } from "./world.ts";

/** Whoever connects so gets not one byte of an answer, and no handler hears of the request. */
async function isRefused(t: TestContext, served: Served, options: ConnectionOptions): Promise<void> {
  const { socket, secure, ended } = attempt(t, served.port, options);
  // TLS 1.3 is done at this end before the other has seen the certificate: what is sent then must not be read either.
  await secure.then(
    () => socket.write(REQUEST),
    () => undefined,
  );
  assert.equal(await ended, "");
  assert.deepEqual(served.asked, []);
  assert.equal(served.server.counters.requests, 0);
}

test("who shows no certificate is ended after the handshake", async (t) => {
  const served = await serve(t, [await somebody()]);
  await isRefused(t, served, {});
  assert.equal(served.server.counters.strangers, 1);
});

test("who shows a valid certificate that is no member's is ended after the handshake", async (t) => {
  const served = await serve(t, [await somebody()]);
  await isRefused(t, served, (await somebody()).certificate);
  assert.equal(served.server.counters.strangers, 1);
});

test("a member's certificate below one's own in a chain makes nobody a member", async (t) => {
  const [member, eve] = [await somebody(), await somebody()];
  const served = await serve(t, [member]);
  const { cert, key } = eve.certificate;
  await isRefused(t, served, { cert: cert + member.certificate.cert, key });
  await isRefused(t, served, { cert, key, ca: [member.certificate.cert] });
});

test("a member's certificate without its key fails in the handshake", { skip: lacks("openssl") }, async (t) => {
  const [member, eve] = [await somebody(), await somebody()];
  const served = await serve(t, [member]);
  const folder = await temporaryFolder();
  t.after(() => folder.remove());
  const [cert, key] = [join(folder.path, "cert"), join(folder.path, "key")];
  await writeFile(cert, member.certificate.cert);
  for (const [name, pem, whole] of [
    ["one's own key", eve.certificate.key, false],
    ["a key of one's own scalar and the member's public point", mixedKey(eve.privateKey, member.privateKey), true],
  ] as const) {
    await writeFile(key, pem);
    const args = ["s_client", "-connect", `127.0.0.1:${served.port}`, "-tls1_3", "-quiet", "-cert", cert, "-key", key];
    const child = spawn("openssl", args, { stdio: ["pipe", "pipe", "pipe"] });
    let [out, err] = ["", ""];
    child.stdout.on("data", (chunk) => {
      out += chunk;
    });
    child.stderr.on("data", (chunk) => {
      err += chunk;
    });
    child.stdin.on("error", () => undefined);
    child.stdin.write(REQUEST);
    await once(child, "close");
    assert.equal(out, "", name);
    // openssl itself refuses the first; the second is taken, used, and found out by the member.
    if (whole) assert.match(err, /alert|errno|reset|eof/i, name);
  }
  assert.deepEqual([served.asked, served.server.counters.handshakes], [[], 0]);
});

test("plain HTTP to the port is answered with no HTTP", async (t) => {
  const served = await serve(t, [await somebody()]);
  const socket = createConnection({ host: "127.0.0.1", port: served.port });
  t.after(() => socket.destroy());
  socket.on("error", () => undefined);
  let received = "";
  socket.on("data", (chunk) => {
    received += chunk.toString("latin1");
  });
  socket.write(REQUEST);
  await once(socket, "close");
  // At most the alert of TLS, 7 bytes.
  assert.ok(received.length <= 7 && !received.includes("HTTP"), JSON.stringify(received));
  assert.deepEqual(served.asked, []);
});

test("a member is refused under TLS 1.2, and taken under 1.3", async (t) => {
  const member = await somebody();
  const served = await serve(t, [member]);
  await isRefused(t, served, { ...member.certificate, minVersion: "TLSv1.2", maxVersion: "TLSv1.2" });
  const { socket, received } = attempt(t, served.port, member.certificate);
  socket.write(REQUEST);
  await until("it is answered", () => received().includes(member.id));
});

test("a session that is resumed proves nothing: whoever has it alone is a stranger", async (t) => {
  const member = await somebody();
  const served = await serve(t, [member]);
  const first = attempt(t, served.port, member.certificate);
  const sessions: Buffer[] = [];
  first.socket.on("session", (session) => sessions.push(session));
  first.socket.write(REQUEST);
  await until("it is answered", () => first.received().includes(member.id));
  const kept = first.socket.getSession();
  for (const session of [...sessions, ...(kept === undefined ? [] : [kept])]) {
    const { socket, secure, ended } = attempt(t, served.port, { session });
    await secure.catch(() => undefined);
    socket.write(REQUEST);
    assert.equal(await ended, "");
  }
  assert.deepEqual(served.asked, ["/who"]);
});

test("all that a stranger learns is a certificate of CN=groupshare, and in it the public key", async (t) => {
  const served = await serve(t, [await somebody()]);
  const { socket, secure, ended } = attempt(t, served.port, {});
  await secure;
  const { subject, issuer, subjectaltname, valid_from, valid_to, raw } = socket.getPeerCertificate();
  assert.deepEqual([{ ...subject }, { ...issuer }], [{ CN: "groupshare" }, { CN: "groupshare" }]);
  assert.equal(subjectaltname, "DNS:groupshare");
  // No time of its making, and a serial number and a signature of which only chance can be read.
  assert.deepEqual([new Date(valid_from).getUTCFullYear(), new Date(valid_to).getUTCFullYear()], [2000, 9999]);
  assert.ok(raw.length < 400);
  assert.equal(await ended, "");
});
