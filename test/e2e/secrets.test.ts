import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { gossipKey, readInvite, secretProof } from "../../src/trust/mod.ts";
import { temporaryFolder } from "../support/folders.ts";
import { groupshare, Member } from "../support/member.ts";
import { lacks } from "../support/need.ts";
import { until } from "../support/until.ts";

/** In which a page shows its token. */
const TOKEN_HEADER = "x-groupshare-token";
const PASSWORD = "correct horse battery";

/** A secret as bytes, in every way in which it might be written. */
function spellings(bytes: Uint8Array): string[] {
  const buffer = Buffer.from(bytes);
  const [hex, base64, url] = [buffer.toString("hex"), buffer.toString("base64"), buffer.toString("base64url")];
  return [hex, hex.toUpperCase(), base64, base64.replace(/=+$/, ""), url, [...buffer].join(",")];
}

/** The arguments of all processes of a parent, and of all that are about a folder. */
async function argumentsOf(parent: number, folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
    const line = await readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "");
    if (Number(/\) \S (\d+)/.exec(stat)?.[1]) === parent || line.includes(folder)) found.push(line);
  }
  return found;
}

/** What `act` did, and the arguments of all processes about the folder meanwhile. */
async function watched<T>(folder: string, act: () => Promise<T>): Promise<[T, string[]]> {
  let acting = true;
  const seen = new Set<string>();
  const done = act().finally(() => {
    acting = false;
  });
  while (acting) {
    for (const line of await argumentsOf(-1, folder)) seen.add(line);
    await sleep(20);
  }
  return [await done, [...seen]];
}

/** Every spelling of what a member with this invite has: the secret, and what is made of it for those with these ids. */
function secretsIn(invite: string, memberIds: readonly string[]): readonly string[] {
  const { group } = readInvite(invite);
  const proofs = memberIds.map((id) => secretProof(group.secret, id));
  return [invite, invite.slice(11, 60), ...spellings(group.secret), ...spellings(gossipKey(group)), ...proofs];
}

test("no secret is in the log, the status, an error, the arguments of a child or a cache, also when it is renewed", {
  skip: lacks("sh"),
  timeout: 60_000,
}, async (t) => {
  const root = await temporaryFolder();
  const folder = (...names: string[]) => join(root.path, ...names);
  await mkdir(folder("share"));
  await mkdir(folder("bin"));
  await writeFile(folder("share", "a.txt"), "words\n");
  await writeFile(folder("password"), PASSWORD, { mode: 0o600 });
  const member = await Member.start("bundle", "127.0.0.23", folder("ana"), [
    ...["--name", "Ana", "--group", "G", "--log-level", "debug", "--share", folder("share")],
    ...["--password-file", folder("password")],
  ]);
  t.after(() => member.kill());
  const origin = member.ready.ui ?? "";
  const outputs: string[] = [];
  const keep = async (response: Response) => {
    const text = await response.text();
    outputs.push(text);
    return text;
  };

  // What a person and a script do, right and wrong.
  const invite = (await member.cli("invite")).trim();
  const token = (await readFile(folder("ana", "api-token"), "utf8")).trim();
  const { keys } = await member.cliJson<{ keys: string[] }>("keyring");
  await writeFile(folder("invite"), invite);
  const bob = await Member.start("bundle", "127.0.0.24", folder("bob"), [
    ...["--name", "Bob", "--log-level", "debug", "--invite-file", folder("invite")],
  ]);
  t.after(() => bob.kill());
  await until("Bob lists Ana's file", async () => (await bob.cli("ls", "Ana/share")).includes("a.txt"));
  await bob.cli("get", "Ana/share/a.txt", "--wait", "-o", folder("got"));
  const cai = await Member.start("bundle", "127.0.0.25", folder("cai"), [
    ...["--name", "Cai", "--log-level", "debug", "--invite-file", folder("invite")],
  ]);
  t.after(() => cai.kill());
  const sent = (password: string) =>
    fetch(`${origin}/login`, {
      method: "POST",
      redirect: "manual",
      headers: { origin },
      body: new URLSearchParams({ password }),
    });
  await keep(await sent(`${PASSWORD} almost`));
  const letIn = await sent(PASSWORD);
  const cookie = letIn.headers.get("set-cookie")?.split(";")[0] ?? "";
  const pageToken = /name="groupshare-token" content="([\w-]+)"/.exec(await letIn.text())?.[1] ?? "";
  assert.notEqual(pageToken, "");
  await keep(await fetch(`${origin}/act/join`, { method: "POST", headers: { origin, cookie }, body: invite }));
  await keep(await member.ask("/api/v1/group", { method: "POST", body: { action: "join", invite } }));
  await keep(await member.ask("/api/v1/group", { method: "POST", body: { action: "join", invite: `${invite}x` } }));
  await keep(await member.ask("/api/v1/keyring", { method: "POST", body: { action: "use", key: keys[0]?.slice(1) } }));
  await keep(await member.ask(`/api/v1/nothing?token=${token}`));
  await keep(await member.ask("/api/v1/status"));
  await keep(await member.ask("/api/v1/members?state=all"));
  // The page with the QR code is for no cache.
  const pane = await fetch(`${origin}/pane/invite`, { headers: { cookie, [TOKEN_HEADER]: pageToken } });
  assert.deepEqual([pane.status, pane.headers.get("cache-control")], [200, "no-store"]);
  const shown = /groupshare:[\w-]+/.exec(await pane.text())?.[0] ?? "";

  // The secret is renewed, once with all members and once without one.
  const invites = [invite, shown];
  for (const args of [["rotate"], ["remove", "Cai"]]) {
    const [told, seen] = await watched(root.path, () => member.cli("group", ...args));
    assert.ok(
      seen.some((line) => line.includes(args[0] ?? "")),
      "the command was seen",
    );
    outputs.push(told, ...seen);
    invites.push((await member.cli("invite")).trim());
    await keep(await member.ask("/api/v1/group"));
    const { generation } = readInvite(invites.at(-1) ?? "").group;
    await until("Bob has it too", async () => readInvite(await bob.cli("invite")).group.generation === generation);
  }
  assert.equal(await cai.ended(), 5);
  const late = await groupshare("bundle", [
    ...["run", "--headless", "--data-dir", folder("dan"), "--invite-file", folder("invite"), "--log-level", "debug"],
    ...["--gossip", "127.0.0.26:0", "--peer", "127.0.0.26:0", "--ui", "127.0.0.26:0"],
  ]);
  assert.notEqual(late.code, 0);
  outputs.push(late.stdout, late.stderr);
  for (const body of [
    { action: "remove", member: "Cai" },
    { action: "remove", member: "Nobody" },
  ]) {
    await keep(await member.ask("/api/v1/group", { method: "POST", body }));
  }
  for (const args of [
    ["status", "--counters"],
    ["status", "--json"],
    ["members", "--all"],
    ["group"],
    ["group", "--json"],
  ]) {
    outputs.push(await member.cli(...args), await bob.cli(...args));
  }
  const wrong = await groupshare("bundle", ["join", `${invite.slice(0, -6)}AAAAAA`, "--data-dir", folder("ana")]);
  outputs.push(wrong.stdout, wrong.stderr);

  // The browser is opened through a file: this one only waits, so that what it was given can be seen.
  await writeFile(folder("bin", "xdg-open"), "#!/bin/sh\nsleep 3\n");
  await chmod(folder("bin", "xdg-open"), 0o755);
  const env = { ...process.env, NODE_OPTIONS: "", PATH: `${folder("bin")}:${process.env.PATH}` };
  const opening = ["dist/groupshare.mjs", "open", "--data-dir", folder("ana")];
  const opener = spawn(process.execPath, opening, { env, stdio: ["ignore", "pipe", "pipe"] });
  const seen = await until("the opener runs", async () => {
    const lines = await argumentsOf(member.pid, root.path);
    return lines.some((line) => line.includes("open.html")) && lines;
  });
  outputs.push(...seen);
  const link = /key=([\w-]+)/.exec(await readFile(folder("ana", "open.html"), "utf8"))?.[1] ?? "";
  if (opener.exitCode === null) opener.kill();
  if (opener.exitCode === null) await once(opener, "exit");
  await bob.stop();
  await member.stop();
  outputs.push(member.log, bob.log, cai.log);
  assert.match(member.log, /A wrong password was tried/, "the log is there");

  const ids = [member, bob, cai].map(({ ready }) => ready.member);
  const tokens = await Promise.all(["ana", "bob", "cai"].map((name) => readFile(folder(name, "api-token"), "utf8")));
  const secrets: Record<string, readonly string[]> = {
    "the group's first secret": secretsIn(invites[0] ?? "", ids),
    "what the QR page shows": secretsIn(invites[1] ?? "", ids),
    "the secret after a rotation": secretsIn(invites[2] ?? "", ids),
    "the secret after a removal": secretsIn(invites[3] ?? "", ids),
    "a gossip key": keys.flatMap((key) => spellings(Buffer.from(key, "base64"))),
    "an API token": tokens
      .map((text) => text.trim())
      .flatMap((text) => [text, ...spellings(Buffer.from(text, "base64url"))]),
    "a session's cookie": [
      cookie.split("=")[1] ?? "",
      ...spellings(Buffer.from(cookie.split("=")[1] ?? "", "base64url")),
    ],
    "a page's token": [pageToken, ...spellings(Buffer.from(pageToken, "hex"))],
    "a one-time link": [link, ...spellings(Buffer.from(link, "base64url"))],
    "the password": [PASSWORD, encodeURIComponent(PASSWORD), ...spellings(Buffer.from(PASSWORD))],
  };
  for (const [what, forms] of Object.entries(secrets)) {
    for (const form of forms) {
      assert.ok(form.length >= 16, `${what}: "${form}" would be found anywhere`);
      const where = outputs.find((output) => output.includes(form));
      assert.equal(where, undefined, `${what} stands in an output`);
    }
  }
  await root.remove();
});
