import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { DownloadView } from "../../src/app/mod.ts";
import { temporaryFolder } from "../support/folders.ts";
import { groupshare, Member, type Outcome } from "../support/member.ts";
import { until } from "../support/until.ts";

/** Asserts one line on stderr that says what failed and what to do, the exit code, and silence on stdout. */
function refused({ code, stdout, stderr }: Outcome, expected: number, ...words: RegExp[]): void {
  const errors = stderr.split("\n").filter((line) => line !== "" && !line.startsWith("{"));
  assert.equal(errors.length, 1, `one line: ${stderr}`);
  for (const word of words) assert.match(errors[0] as string, word);
  assert.match(errors[0] as string, /^groupshare: .+; .+/, "what failed; what to do");
  assert.equal(code, expected, stderr);
  assert.equal(stdout, "");
}

describe("bad input gets one line that says what to do, and loses nothing", { timeout: 120_000 }, () => {
  let root: { path: string; remove(): Promise<void> };
  let ana: Member;
  const folder = (...names: string[]) => join(root.path, ...names);
  const headless = (...args: string[]) =>
    groupshare("bundle", [
      "run",
      "--headless",
      "--data-dir",
      folder("other"),
      "--gossip",
      "127.0.0.9:0",
      "--peer",
      "127.0.0.9:0",
      "--ui",
      "127.0.0.9:0",
      ...args,
    ]);

  before(async () => {
    root = await temporaryFolder();
    await mkdir(folder("share"));
    await writeFile(folder("share", "file.txt"), "words\n");
    await writeFile(folder("share", "large.bin"), Buffer.alloc(3_000_000, 7));
    ana = await Member.start("bundle", "127.0.0.8", folder("ana"), [
      "--name",
      "Ana",
      "--group",
      "Friends",
      "--share",
      folder("share"),
    ]);
    await until("Ana has hashed", async () => (await ana.cli("status")).includes("ready"));
  });

  after(async () => {
    await ana.kill();
    await root.remove();
  });

  test("an unknown flag, command or value", async () => {
    refused(await groupshare("bundle", ["run", "--shrae", "x"]), 2, /unknown option "--shrae"/, /--help/);
    refused(await groupshare("bundle", ["memebrs"]), 2, /unknown command "memebrs"/);
    refused(await groupshare("bundle", ["members", "extra"]), 2, /too many arguments/);
    refused(await groupshare("bundle", ["get"]), 2, /missing required argument/);
    refused(await headless("--group", "a/b"), 2, /--group "a\/b"/);
    refused(await headless("--group", "G", "--ui", "nonsense"), 2, /--ui "nonsense"/);
  });

  test("a share that is not there, or is no folder", async () => {
    refused(await headless("--group", "G", "--share", folder("nowhere")), 4, /nowhere/);
    refused(await headless("--group", "G", "--share", folder("share", "file.txt")), 2, /file\.txt/);
  });

  test("headless without a group", async () => {
    refused(await headless(), 2, /in no group/, /--group/, /--invite/);
  });

  test("a damaged invite, and one whose members do not answer", async () => {
    const invite = (await ana.cli("invite")).trim();
    refused(await headless("--invite", `${invite.slice(0, -8)}AAAAAAAA`), 2, /checksum is wrong/);
    refused(await headless("--invite", "hello"), 2, /does not start with/);
    const stopped = await Member.start("bundle", "127.0.0.10", folder("gone"), ["--group", "Gone"]);
    const dead = (await stopped.cli("invite")).trim();
    await stopped.stop();
    refused(await headless("--invite", dead), 1, /no member answered at 127\.0\.0\.10:\d+/, /--join/);
    assert.deepEqual(
      (await readdir(folder("other"))).filter((name) => name === "group.json"),
      [],
    );
  });

  test("another group than the stored one", async () => {
    const member = await Member.start("bundle", "127.0.0.11", folder("stored"), ["--group", "Stored"]);
    await member.stop();
    const start = ["run", "--headless", "--data-dir", folder("stored"), "--ui", "127.0.0.11:0"];
    refused(await groupshare("bundle", [...start, "--group", "Other"]), 2, /"Stored"/, /leave/);
    refused(
      await groupshare("bundle", [...start, "--invite", (await ana.cli("invite")).trim()]),
      2,
      /"Stored".*"Friends"/,
    );
  });

  test("a second start on the same data directory names the process", async () => {
    refused(
      await groupshare("bundle", ["run", "--headless", "--data-dir", folder("ana")]),
      1,
      new RegExp(`process ${ana.pid}`),
      /--data-dir/,
    );
  });

  test("a port in use is named", async () => {
    const blocker = createServer().listen(0, "127.0.0.9");
    await new Promise((resolve) => blocker.once("listening", resolve));
    const taken = `127.0.0.9:${(blocker.address() as { port: number }).port}`;
    for (const flag of ["--ui", "--peer", "--gossip"])
      refused(await headless("--group", "G", flag, taken), 1, new RegExp(taken), /another program/);
    blocker.close();
  });

  test("where the default ports are taken, the next free ones are used", async () => {
    const blockers = [7380, 7946, 7948].map((port) =>
      createServer()
        .on("error", () => undefined)
        .listen(port, "127.0.0.1"),
    );
    const child = await Member.startOnDefaultPorts("bundle", folder("ports"), ["--group", "Ports"]);
    assert.notEqual(child.ready.ui, "http://127.0.0.1:7380");
    const [gossip, peer] = [child.ready.gossip, child.ready.peer].map((address) => Number(address?.split(":").at(-1)));
    assert.equal((peer ?? 0) - (gossip ?? 0), 2);
    assert.notEqual(gossip, 7946);
    await child.stop();
    for (const blocker of blockers) blocker.close();
  });

  test("the page is not opened to the network without a password", async () => {
    refused(await headless("--group", "G", "--ui", "0.0.0.0:0"), 2, /password/);
  });

  test("commands without a running member, without what they name, and without the right", async () => {
    refused(await groupshare("bundle", ["members", "--data-dir", folder("other")]), 3, /running member/);
    refused(await groupshare("bundle", ["ls", "Nobody", "--data-dir", folder("ana")]), 4, /"Nobody"/, /"Ana"/);
    refused(await groupshare("bundle", ["get", "Ana/share/nothing", "--data-dir", folder("ana")]), 4, /nothing/);
    await mkdir(folder("forged"));
    await writeFile(folder("forged", "api-token"), "x".repeat(43));
    refused(await groupshare("bundle", ["members", "--api", ana.ready.ui ?? "", "--data-dir", folder("forged")]), 5);
  });

  test("a downloads folder that cannot be written to, or is full, fails the download and nothing else", async () => {
    await writeFile(folder("no-folder"), "a file");
    const get = (into: string) =>
      groupshare("bundle", ["get", "Ana/share/large.bin", "-o", into, "--wait", "--data-dir", folder("ana")]);
    refused({ ...(await get(folder("no-folder", "below"))), stdout: "" }, 1, /no-folder/);
    await mkdir(folder("small"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder("small")]);
    try {
      refused({ ...(await get(folder("small"))), stdout: "" }, 1, /no space left/, /free some space/);
    } finally {
      execFileSync("umount", [folder("small")]);
    }
    const { items } = await ana.api<{ items: DownloadView[] }>("/api/v1/downloads");
    assert.deepEqual(
      items.map(({ state }) => state),
      ["failed", "failed"],
    );
    assert.equal(await readFile(folder("no-folder"), "utf8"), "a file");
    assert.equal(await ana.cli("ls", "Ana/share").then((text) => text.includes("large.bin")), true);
  });
});
