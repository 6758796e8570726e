import assert from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, type TLSSocket } from "node:tls";
import type { GenerationsView, MemberView } from "../../src/app/mod.ts";
import { PeerClient } from "../../src/peer/mod.ts";
import { connectTls } from "../../src/platform/tls-client.ts";
import { loadIdentity, readInvite } from "../../src/trust/mod.ts";
import { Member, type Program } from "../support/member.ts";
import { until } from "../support/until.ts";

type Group = GenerationsView & { readonly id: string };

/** A person's computer: one loopback address, and a data directory that outlives its runs. */
export class Computer {
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
export async function together(computers: readonly Computer[], generation: number): Promise<void> {
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
export async function asking(who: Computer, whom: Computer, path: string): Promise<{ status: number; text: string }> {
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
export async function connected(who: Computer, whom: Computer): Promise<TLSSocket> {
  const { certificate } = await loadIdentity(join(who.dataDir, "identity.pem"));
  const line = connect({ host: whom.host, port: 7948, ...certificate, rejectUnauthorized: false });
  line.on("error", () => undefined);
  line.write(`GET /v1/group?generation=1&hash=${"0".repeat(64)} HTTP/1.1\r\nHost: groupshare\r\n\r\n`);
  const [answer] = (await once(line, "data")) as [Buffer];
  assert.match(answer.toString("latin1"), /^HTTP\/1\.1 200 /);
  return line;
}

export async function computers(folder: string, net: string, names: readonly string[]): Promise<Computer[]> {
  const made = names.map((name, at) => new Computer(folder, `127.0.${net}.${at + 1}`, name, PROGRAMS[name]));
  const [first, ...others] = made;
  assert.ok(first !== undefined);
  const invite = (await (await first.start("--group", "Friends")).cli("invite")).trim();
  await Promise.all(others.map((other) => other.start("--invite", invite)));
  await together(made, 1);
  return made;
}
