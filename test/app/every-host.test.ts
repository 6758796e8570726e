import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { networkInterfaces } from "node:os";
import { test } from "node:test";
import { promisify } from "node:util";
import { everyHost } from "../../src/app/every-host.ts";
import { Members, seen, until } from "../membership/member.ts";
import { lacks } from "../support/need.ts";

const noIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((address) => address?.family === "IPv6")
  ? false
  : "this machine has no IPv6";
const noNamespaces = lacks("unshare") || (process.getuid?.() === 0 ? false : "only root makes network namespaces");

test("where every address is listened at, members of IPv4 and of IPv6 get in", { skip: noIpv6 }, async (t) => {
  const host = await everyHost();
  assert.equal(host, "::");
  const members = await Members.of(t);
  const ana = await members.open("Ana", { bind: { host, port: 0 } });
  const four = await members.open("Ben");
  const six = await members.open("Eve", { bind: { host: "::1", port: 0 } });
  const { port } = ana.bound;
  assert.deepEqual((await four.join([`127.0.0.1:${port}`])).failed, []);
  assert.deepEqual((await six.join([`[::1]:${port}`])).failed, []);
  await Promise.all(
    [four, six].map((other) => until(ana, () => seen(ana, other === four ? "Ben" : "Eve")?.state === "alive")),
  );
});

test("where datagrams of IPv4 do not come to a socket of IPv6, it is IPv4", {
  skip: noIpv6 || noNamespaces,
}, async () => {
  const script = 'ip link set lo up; echo 1 > /proc/sys/net/ipv6/bindv6only; exec "$@"';
  const module = JSON.stringify(new URL("../../src/app/every-host.ts", import.meta.url).href);
  const code = `import(${module}).then(({ everyHost }) => everyHost()).then((host) => process.stdout.write(host));`;
  const node = [process.execPath, ...("Deno" in globalThis ? ["eval"] : ["--import", "tsx", "-e"]), code];
  const { stdout } = await promisify(execFile)("unshare", ["-n", "sh", "-c", script, "sh", ...node]);
  assert.equal(stdout, "0.0.0.0");
});
