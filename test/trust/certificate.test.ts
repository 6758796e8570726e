import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { chmod, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { type Log, silentLog } from "../../src/shared/log.ts";
import { loadIdentity } from "../../src/trust/mod.ts";
import { temporaryFolder } from "../support/folders.ts";

test("a certificate is made anew at each start, of the kept key, and says nothing but that key", async () => {
  const folder = await temporaryFolder();
  const path = join(folder.path, "identity.pem");
  const [first, second] = [await loadIdentity(path), await loadIdentity(path)];
  assert.notEqual(first.certificate.cert, second.certificate.cert);
  assert.equal(first.certificate.key, await readFile(path, "utf8"));
  for (const { certificate, memberId } of [first, second]) {
    const read = new X509Certificate(certificate.cert);
    const spki = read.publicKey.export({ type: "spki", format: "der" });
    assert.equal(createHash("sha256").update(spki).digest("hex"), memberId);
    assert.ok(read.verify(read.publicKey));
    assert.deepEqual([read.subject, read.issuer], ["CN=groupshare", "CN=groupshare"]);
    assert.match(read.serialNumber, /^[4-7][0-9A-F]{31}$/);
    // RFC 5280 §4.1.2.5: no end.
    assert.ok(Buffer.from(read.raw).includes("99991231235959Z"));
  }
  await folder.remove();
});

test("a private key that others can read is closed to them at the next start, and that is told", {
  skip: process.platform === "win32" ? "Windows has no modes" : false,
}, async () => {
  const folder = await temporaryFolder();
  const path = join(folder.path, "identity.pem");
  const { memberId } = await loadIdentity(path);
  const told: string[] = [];
  const log: Log = { ...silentLog, warn: (message) => told.push(message) };
  assert.equal((await loadIdentity(path, log)).memberId, memberId);
  assert.deepEqual(told, []);
  await chmod(path, 0o644);
  assert.equal((await loadIdentity(path, log)).memberId, memberId);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal(told.length, 1);
  assert.match(told[0] ?? "", /identity\.pem" was open to other users \(mode 0644\); it is not any more/);
  assert.doesNotMatch(told.join(), /PRIVATE/);
  await folder.remove();
});
