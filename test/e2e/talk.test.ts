import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { FileView, StatusView } from "../../src/app/mod.ts";
import { temporaryFolder } from "../support/folders.ts";
import { groupshare, Member } from "../support/member.ts";
import { until } from "../support/until.ts";

const MANY = 8_000;

describe("what a member is asked, it answers whole", { timeout: 120_000 }, () => {
  let root: { path: string; remove(): Promise<void> };
  let ana: Member;
  const folder = (...names: string[]) => join(root.path, ...names);

  before(async () => {
    root = await temporaryFolder();
    await mkdir(folder("share", "many"), { recursive: true });
    for (let file = 0; file < MANY; file++) await writeFile(folder("share", "many", `file ${file}.txt`), "");
    ana = await Member.start("bundle", "127.0.0.12", folder("ana"), [
      "--name",
      "Ana",
      "--group",
      "Friends",
      "--share",
      folder("share"),
    ]);
    await until(
      "all is listed",
      async () => (await ana.api<StatusView>("/api/v1/status")).shares[0]?.files === MANY,
      30_000,
    );
  });

  after(async () => {
    await ana.kill();
    await root.remove();
  });

  test("a long list arrives whole through a pipe that is read slowly", async () => {
    const child = spawn(
      process.execPath,
      ["dist/groupshare.mjs", "ls", "--json", "Ana/share/many", "--data-dir", folder("ana")],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    let text = "";
    for await (const chunk of child.stdout) {
      text += chunk;
      await sleep(2);
    }
    const { items } = JSON.parse(text) as { items: FileView[] };
    assert.ok(text.length > 1_000_000, "more than a pipe holds");
    assert.equal(items.length, MANY);
  });

  test("of two wishes for a group at once one is granted, and a name that cannot be is refused", async () => {
    const alone = await Member.startAlone("bundle", "127.0.0.13", folder("alone"));
    const start = (name: string) => alone.ask("/api/v1/group", { method: "POST", body: { action: "start", name } });
    assert.equal((await start("x/y")).status, 400);
    const answers = await Promise.all([start("One"), start("Two")]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409]);
    await alone.kill();
    const again = await Member.start("bundle", "127.0.0.13", folder("alone"), []);
    assert.ok(["One", "Two"].includes(again.ready.group ?? ""));
    await again.kill();
  });

  test("a paused member keeps its data directory to itself", async () => {
    process.kill(ana.pid, "SIGSTOP");
    try {
      const second = await groupshare("bundle", ["run", "--headless", "--data-dir", folder("ana")]);
      assert.equal(second.code, 1);
      assert.match(second.stderr, new RegExp(`process ${ana.pid} runs on it already`));
    } finally {
      process.kill(ana.pid, "SIGCONT");
    }
  });

  test("a display name once given stays over restarts", async () => {
    const first = await Member.start("bundle", "127.0.0.14", folder("named"), ["--name", "Dóra", "--group", "G"]);
    await first.stop();
    const second = await Member.start("bundle", "127.0.0.14", folder("named"), []);
    assert.equal(second.ready.name, "Dóra");
    await second.stop();
  });

  test("a share that is not given any more is seen by nobody", async () => {
    await mkdir(folder("kept"));
    await mkdir(folder("taken back"));
    const flags = (...names: string[]) => names.flatMap((name) => ["--share", folder(name)]);
    const names = async (member: Member) =>
      (await member.api<{ items: FileView[] }>("/api/v1/files?path=Eve")).items.map(({ name }) => name);
    const first = await Member.start("bundle", "127.0.0.15", folder("eve"), [
      "--name",
      "Eve",
      "--group",
      "G",
      ...flags("kept", "taken back"),
    ]);
    await until("both are listed", async () => (await names(first)).length === 2);
    await first.stop();
    const second = await Member.start("bundle", "127.0.0.15", folder("eve"), flags("kept"));
    await until("one is listed", async () => assert.deepEqual(await names(second), ["kept"]) === undefined);
    await second.stop();
  });

  test("a share that is empty when its member starts is seen by one that joins", async () => {
    await mkdir(folder("empty"));
    const ida = await Member.start("bundle", "127.0.0.16", folder("ida"), [
      ...["--name", "Ida", "--group", "H"],
      ...["--share", folder("empty")],
    ]);
    const invite = (await ida.cli("invite")).trim();
    const joe = await Member.start("bundle", "127.0.0.17", folder("joe"), ["--name", "Joe", "--invite", invite]);
    await until("the share is listed", async () => {
      const { items } = await joe.api<{ items: FileView[] }>("/api/v1/files?path=Ida");
      return items.some(({ name }) => name === "empty");
    });
    await joe.stop();
    await ida.stop();
  });
});
