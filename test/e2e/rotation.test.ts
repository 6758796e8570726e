import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, type TLSSocket } from "node:tls";
import type { DownloadView, FileView, GenerationsView, MemberView } from "../../src/app/mod.ts";
import { PeerClient } from "../../src/peer/mod.ts";
import { connectTls } from "../../src/platform/tls-client.ts";
import { loadIdentity, readInvite } from "../../src/trust/mod.ts";
import { temporaryFolder } from "../support/folders.ts";
import { groupshare, Member, type Program } from "../support/member.ts";
import { until } from "../support/until.ts";

type Group = GenerationsView & { readonly id: string };

/** A person's computer: one loopback address, and a data directory that outlives its runs. */
class Computer {
  readonly host: string;
  readonly name: string;
  /** What it runs. */
  readonly program: Program;
  readonly #folder: string;
  #member: Member | null = null;

  constructor(folder: string, host: string, name: string, program: Program = "bundle") {
    this.program = program;
    this.host = host;
    this.name = name;
    this.#folder = folder;
  }

  get dataDir(): string {
    return join(this.#folder, this.name);
  }

  get member(): Member {
    assert.ok(this.#member !== null);
    return this.#member;
  }

  get flags(): string[] {
    const ports = ["--gossip", `${this.host}:7946`, "--peer", `${this.host}:7948`, "--ui", `${this.host}:7380`];
    return [...ports, "--name", this.name, "--no-discovery", "--downloads", join(this.#folder, `to ${this.name}`)];
  }

  /** Starts, or starts again. */
  async start(...args: string[]): Promise<Member> {
    this.#member = await Member.startOnDefaultPorts(this.program, this.dataDir, [...this.flags, ...args]);
    return this.#member;
  }

  async group(): Promise<Group> {
    return (await this.member.api<{ group: Group }>("/api/v1/group")).group;
  }

  /** Names of the others in its list. */
  async others(): Promise<string[]> {
    const { items } = await this.member.api<{ items: MemberView[] }>("/api/v1/members");
    return items
      .filter(({ self, state }) => !self && state === "alive")
      .map(({ name }) => name)
      .sort();
  }

  async secret(): Promise<string> {
    const { group } = readInvite((await this.member.cli("invite")).trim());
    return `${group.generation} ${Buffer.from(group.secret).toString("hex")}`;
  }

  change(body: object): Promise<{ group: Group }> {
    return this.member.api("/api/v1/group", { method: "POST", body });
  }

  /** What happened to others, as it saw it. */
  saw(what: RegExp): string[] {
    return this.member.log.split("\n").filter((line) => what.test(line));
  }

  async end(): Promise<void> {
    await this.#member?.kill();
  }
}

/** All of them see each other, alive, and have this generation. */
async function together(computers: readonly Computer[], generation: number): Promise<void> {
  const look = async () => {
    for (const one of computers) {
      const names = computers.filter((other) => other !== one).map(({ name }) => name);
      assert.deepEqual(await one.others(), names.sort(), `those that ${one.name} sees`);
      assert.equal((await one.group()).generation, generation, `the generation of ${one.name}`);
    }
    return true;
  };
  // Looking too often would take the processor from those who are looked at.
  const rested = async () => await look().catch((thrown) => sleep(100).then(() => Promise.reject(thrown)));
  await until(`${computers.map(({ name }) => name)} are one group of generation ${generation}`, rested, 60_000);
}

/** Asks on the peer port with the key of one computer, as whoever has its data directory can. */
async function asking(who: Computer, whom: Computer, path: string): Promise<{ status: number; text: string }> {
  const [as, to] = await Promise.all([who, whom].map(({ dataDir }) => loadIdentity(join(dataDir, "identity.pem"))));
  assert.ok(as !== undefined && to !== undefined);
  const client = new PeerClient({ certificate: as.certificate, connect: connectTls });
  const at = { id: to.memberId, name: whom.name, hosts: [whom.host], port: 7948 };
  try {
    const { status, body } = await client.get(at, path, { signal: AbortSignal.timeout(10_000) });
    return { status, text: await new Response(body).text() };
  } finally {
    client.close();
  }
}

/** One of them runs on another runtime. */
const PROGRAMS: Record<string, Program> = { Dan: "deno" };

/** A connection to a computer's peer port, over which the other one was answered. */
async function connected(who: Computer, whom: Computer): Promise<TLSSocket> {
  const { certificate } = await loadIdentity(join(who.dataDir, "identity.pem"));
  const line = connect({ host: whom.host, port: 7948, ...certificate, rejectUnauthorized: false });
  line.on("error", () => undefined);
  line.write(`GET /v1/group?generation=1&hash=${"0".repeat(64)} HTTP/1.1\r\nHost: groupshare\r\n\r\n`);
  const [answer] = (await once(line, "data")) as [Buffer];
  assert.match(answer.toString("latin1"), /^HTTP\/1\.1 200 /);
  return line;
}

async function computers(folder: string, net: string, names: readonly string[]): Promise<Computer[]> {
  const made = names.map((name, at) => new Computer(folder, `127.0.${net}.${at + 1}`, name, PROGRAMS[name]));
  const [first, ...others] = made;
  assert.ok(first !== undefined);
  const invite = (await (await first.start("--group", "Friends")).cli("invite")).trim();
  await Promise.all(others.map((other) => other.start("--invite", invite)));
  await together(made, 1);
  return made;
}

describe("a new secret", { concurrency: true, timeout: 120_000 }, () => {
  let root: { path: string; remove(): Promise<void> };
  const all: Computer[] = [];
  const make = async (net: string, ...names: string[]) => {
    await mkdir(join(root.path, net));
    const made = await computers(join(root.path, net), net, names);
    all.push(...made);
    return made as [Computer, Computer, Computer, Computer];
  };

  before(async () => {
    root = await temporaryFolder();
  });

  after(async () => {
    await Promise.all(all.map((one) => one.end()));
    await root.remove();
  });

  test("reaches those here in the middle of a download, those asleep, and those who were off; old invites end", async () => {
    const [ana, bob, cai, dan] = await make("61", "Ana", "Bob", "Cai", "Dan");
    const invite = (await ana.member.cli("invite")).trim();
    const shared = join(root.path, "61", "films");
    await mkdir(shared);
    const film = await open(join(shared, "film"), "w");
    await film.truncate(600_000_000);
    await film.close();
    await ana.member.cli("share", "add", shared);
    await until(
      "the film is listed",
      async () => {
        const { items } = await bob.member.api<{ items: { contentId: string | null }[] }>(
          "/api/v1/files?path=Ana/films",
        );
        return items[0]?.contentId ?? false;
      },
      40_000,
    );
    const downloads = async () => (await bob.member.api<{ items: DownloadView[] }>("/api/v1/downloads")).items[0];
    await bob.member.cli("get", "Ana/films/film");
    await until("it is under way", async () => ((await downloads())?.done ?? 0) > 0);
    await cai.change({ action: "rotate" });
    assert.equal((await downloads())?.state, "downloading");
    await together([ana, bob, cai, dan], 2);
    await until("the film is here", async () => (await downloads())?.state === "done", 40_000);
    for (const one of [ana, bob, cai, dan]) assert.deepEqual(one.saw(/is dead|member left/), []);

    const eve = new Computer(join(root.path, "61"), "127.0.61.9", "Eve");
    const late = await groupshare("bundle", [
      "run",
      "--headless",
      "--data-dir",
      eve.dataDir,
      ...eve.flags,
      "--invite",
      invite,
    ]);
    assert.equal(late.code, 5, late.stderr);
    assert.match(late.stderr, /the invite is older than the group's present secret; ask a member for a new one/);

    await dan.member.stop();
    process.kill(cai.member.pid, "SIGSTOP");
    assert.match(await ana.member.cli("group", "rotate"), /new secret, generation 3; all members get it/);
    await together([ana, bob], 3);
    process.kill(cai.member.pid, "SIGCONT");
    await dan.start();
    await together([ana, bob, cai, dan], 3);
  });

  test("made in both halves of a partition is one in the end, and is none that a removed member has", async () => {
    const [pia, quin, rob] = await make("62", "Pia", "Quin", "Rob");
    const apart = async (here: Computer[], there: Computer[], meanwhile: () => Promise<unknown>) => {
      await Promise.all(here.map((one) => one.member.stop()));
      await Promise.all(there.map((one) => one.start()));
      await meanwhile();
    };
    await Promise.all([quin, rob].map((one) => one.member.stop()));
    await pia.change({ action: "rotate" });
    await apart([pia], [quin, rob], () => quin.change({ action: "rotate" }));
    await together([quin, rob], 2);
    await pia.start();
    await together([pia, quin, rob], 2);
    assert.equal(new Set(await Promise.all([pia, quin, rob].map((one) => one.secret()))).size, 1);

    await Promise.all([quin, rob].map((one) => one.member.stop()));
    await pia.change({ action: "remove", member: "Rob" });
    await apart([pia], [quin, rob], async () => {
      await quin.change({ action: "rotate" });
      await quin.change({ action: "rotate" });
    });
    await together([quin, rob], 4);
    await pia.start();
    // Rob has the fourth, which wins over Pia's third.
    assert.equal(await rob.member.ended(), 5);
    await together([pia, quin], 5);
    assert.equal(await pia.secret(), await quin.secret());
  });

  test("keeps a removed member out by every route", async () => {
    const [tom, una, vic] = await make("63", "Tom", "Una", "Vic");
    const invite = (await vic.member.cli("invite")).trim();
    const shared = join(root.path, "63", "letters");
    await mkdir(shared);
    await vic.member.cli("share", "add", shared);
    for (const one of [tom, una]) {
      await until("its list is here", async () => {
        const { items } = await one.member.api<{ items: FileView[] }>("/api/v1/files?path=Vic");
        return items.length === 1;
      });
    }
    const { memberId } = await loadIdentity(join(vic.dataDir, "identity.pem"));
    const list = `/v1/catalog/${memberId}`;
    assert.equal((await asking(tom, una, list)).status, 200, "it is handed on");
    const itself = await una.member.ask("/api/v1/group", { method: "POST", body: { action: "remove", member: "Una" } });
    assert.deepEqual([itself.status, /groupshare leave/.test(await itself.text())], [400, true]);

    const line = await connected(vic, una);
    const { group } = await una.change({ action: "remove", member: "Vic" });
    assert.deepEqual(await una.others(), ["Tom"], "it is out of the list at once");
    await until("what it had open is ended", () => line.destroyed, 4_000);
    assert.deepEqual(
      group.removed.map(({ name }) => name),
      ["Vic"],
    );
    await together([tom, una], 2);
    assert.match(await tom.member.cli("group"), /generation 2.*\nUna +here +[0-9a-f]{16}\n.*\nREMOVED.*\nVic /s);
    assert.equal(await vic.member.ended(), 5);
    assert.match(vic.member.log, /Cannot go on in \\"Friends\\": this member was removed from the group/);

    const secret = (await una.secret()).split(" ")[1] ?? "";
    for (const one of [tom, una]) {
      const told = await asking(vic, one, `/v1/group?generation=1&hash=${"0".repeat(64)}`);
      const { removed, ...rest } = JSON.parse(told.text);
      assert.deepEqual([told.status, rest, removed.id], [403, { group: group.id }, memberId]);
      assert.equal(removed.by, (await loadIdentity(join(una.dataDir, "identity.pem"))).memberId, "in her own words");
      assert.ok(!told.text.includes(secret));
      assert.equal((await asking(vic, one, `/v1/catalog/${memberId}`)).status, 404);
      assert.equal((await asking(one === tom ? una : tom, one, list)).status, 404, "nobody hands on its list");
    }
    const known = await asking(tom, una, `/v1/group?generation=1&hash=${"0".repeat(64)}`);
    assert.ok(known.status === 200 && known.text.includes(secret), "a member is told");
    for (const args of [[], ["--invite", invite]]) {
      const again = await groupshare("bundle", ["run", "--headless", "--data-dir", vic.dataDir, ...vic.flags, ...args]);
      assert.equal(again.code, 5, again.stderr);
    }
    const mallory = new Computer(join(root.path, "63"), "127.0.63.9", "Mallory");
    const as = ["run", "--headless", "--data-dir", mallory.dataDir, ...mallory.flags, "--invite", invite];
    const anew = await groupshare("bundle", as);
    assert.deepEqual([anew.code, /older than the group's present secret/.test(anew.stderr)], [1, true], anew.stderr);
    await together([tom, una], 2);
  });
});
