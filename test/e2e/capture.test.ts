import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { DownloadView, FileView } from "../../src/app/mod.ts";
import { readInvite } from "../../src/trust/mod.ts";
import { temporaryFolder } from "../support/folders.ts";
import { Member } from "../support/member.ts";
import { lacks } from "../support/need.ts";
import { until } from "../support/until.ts";

/** Where the two members are: nothing else is on these addresses. */
const [ANA, BOB] = ["127.0.0.181", "127.0.0.182"] as const;
const NAME = "minutes of the 14th meeting";

/** Everything on loopback to or from the two members' gossip and peer ports, until `stop` gives the bytes. */
async function capture(path: string): Promise<{ bytes(): Promise<Buffer>; stop(): Promise<Buffer> }> {
  // The page's port is the same machine's own business, and in clear there.
  const filter = `(host ${ANA} or host ${BOB}) and not port 7380`;
  // Each packet has a place of the longest one's size, so that by default there are eight: here some 1 900.
  const room = ["-s", "66000", "-B", String(128 * 1024)];
  const child = spawn("tcpdump", ["-Z", "root", "-i", "lo", "--immediate-mode", "-U", ...room, "-w", path, filter], {
    stdio: "pipe",
  });
  let told = "";
  child.stderr.on("data", (chunk) => {
    told += chunk;
  });
  await until("the capture runs", () => told.includes("listening on"));
  return {
    bytes: () => readFile(path),
    stop: async () => {
      const ended = once(child, "exit");
      child.kill("SIGINT");
      await ended;
      assert.match(told, /\n0 packets dropped by kernel/);
      return readFile(path);
    },
  };
}

/** The forms in which these bytes could stand in a packet. */
function forms(bytes: Uint8Array): Buffer[] {
  const buffer = Buffer.from(bytes);
  const texts = (["hex", "base64url"] as const).map((encoding) => buffer.toString(encoding));
  // Base64's last character depends on what follows.
  return [buffer, ...texts.map((text) => Buffer.from(text.slice(0, -2)))];
}

async function sendInClear(endpoint: string, text: string): Promise<void> {
  const [host = "", port] = endpoint.split(":");
  const socket = connect(Number(port), host);
  await once(socket, "connect");
  socket.end(text);
  socket.resume();
  await once(socket, "close");
}

describe("on the wire", { skip: lacks("tcpdump"), timeout: 60_000 }, () => {
  test("joining, listing and downloading show no file name, no content and no secret", async () => {
    const folder = await temporaryFolder();
    const shared = join(folder.path, "shared");
    await mkdir(join(shared, NAME), { recursive: true });
    // Text that repeats: whatever compresses it must not be what hides it.
    const content = `${randomBytes(32).toString("base64url")} is what was said. `;
    await writeFile(join(shared, NAME, `${NAME}.txt`), content.repeat(20_000));
    const traffic = await capture(join(folder.path, "traffic.pcap"));
    const at = (host: string, name: string) => [
      ...["--gossip", `${host}:0`, "--peer", `${host}:0`, "--ui", `${host}:7380`, "--name", name, "--no-discovery"],
      ...["--downloads", join(folder.path, `${name}'s downloads`)],
    ];
    const ana = await Member.startOnDefaultPorts("bundle", join(folder.path, "ana"), [
      ...at(ANA, "Ana"),
      ...["--group", "Secret society", "--share", shared],
    ]);
    const invite = (await ana.cli("invite")).trim();
    const bob = await Member.startOnDefaultPorts("bundle", join(folder.path, "bob"), [
      ...at(BOB, "Bob"),
      ...["--invite", invite],
    ]);
    const path = `Ana/shared/${NAME}`;
    await until("the file is listed with its content", async () => {
      const list = await bob.api<{ items: FileView[] }>(`/api/v1/files?path=${encodeURIComponent(path)}`);
      return list.items.some(({ contentId }) => contentId !== null);
    });
    await bob.cli("get", path, "--wait");
    const downloads = await bob.api<{ items: DownloadView[] }>("/api/v1/downloads");
    assert.deepEqual(
      downloads.items.map(({ state }) => state),
      ["done"],
    );
    const canary = `canary ${randomBytes(8).toString("hex")}`;
    await sendInClear(bob.ready.gossip ?? "", canary);
    await bob.stop();
    await ana.stop();
    await until("what goes in clear is found", async () => (await traffic.bytes()).includes(canary));
    const bytes = await traffic.stop();
    assert.ok(bytes.length > 100_000, `${bytes.length} bytes`);
    for (const text of [NAME, "minutes", content.slice(0, 43), "is what was said", "Secret society"]) {
      assert.equal(bytes.indexOf(text), -1, text);
    }
    const { group } = readInvite(invite);
    for (const form of forms(group.secret)) assert.equal(bytes.indexOf(form), -1, "the group's secret");
    assert.equal(bytes.indexOf(invite), -1);
    await folder.remove();
  });
});
