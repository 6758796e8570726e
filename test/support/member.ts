import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Ready } from "../../src/app/mod.ts";

/** How the program is started: the bundle on Node, the source on Deno, or the executable. */
export type Program = "bundle" | "deno" | "binary";

const COMMANDS: Record<Program, readonly string[]> = {
  bundle: [process.execPath, "dist/groupshare.mjs"],
  deno: [denoProgram(), "run", "-A", "--no-check", "src/cli/main.ts"],
  binary: ["dist/groupshare"],
};

/** Deno itself: what npm puts on PATH starts it as a child, which a signal to the parent does not reach. */
function denoProgram(): string {
  const packages = readdirSync("node_modules/@deno");
  return join("node_modules/@deno", packages[0] ?? "", "deno");
}

/** What a command printed, and how it ended. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line to its end. */
export async function groupshare(program: Program, args: readonly string[], input = ""): Promise<Outcome> {
  const child = start(program, args);
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  child.stdin?.end(input);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout: stdout(), stderr: stderr() };
}

function start(program: Program, args: readonly string[]): ChildProcess {
  const [command = "", ...first] = COMMANDS[program];
  const env = { ...process.env, NO_COLOR: "1", NODE_OPTIONS: "" };
  return spawn(command, [...first, ...args], { env, stdio: ["pipe", "pipe", "pipe"] });
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  let text = "";
  stream?.on("data", (chunk) => {
    text += chunk;
  });
  return () => text;
}

const processes = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of processes) child.kill("SIGKILL");
});

/** Starts a process that ends with this one at the latest. */
function launch(program: Program, args: readonly string[]): ChildProcess {
  const child = start(program, args);
  processes.add(child);
  child.once("exit", () => processes.delete(child));
  return child;
}

async function firstLine(child: ChildProcess, log: () => string): Promise<string> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const line = await Promise.race([once(lines, "line"), once(child, "exit").then(() => null)]);
  assert.ok(line !== null, `The member ended before it was ready:\n${log()}`);
  return line[0];
}

async function readToken(dataDir: string): Promise<string> {
  return (await readFile(join(dataDir, "api-token"), "utf8")).trim();
}

/** A member in a process of its own. */
export class Member {
  readonly ready: Ready;
  readonly dataDir: string;
  readonly #program: Program;
  readonly #process: ChildProcess;
  readonly #ended: Promise<number | null>;
  readonly #log: () => string;
  readonly #token: string;

  private constructor(
    ready: Ready,
    dataDir: string,
    program: Program,
    child: ChildProcess,
    log: () => string,
    token: string,
  ) {
    this.ready = ready;
    this.dataDir = dataDir;
    this.#program = program;
    this.#process = child;
    this.#log = log;
    this.#token = token;
    this.#ended = once(child, "exit").then(([code]) => code as number | null);
  }

  /** Starts one on a loopback address of its own and waits for its ready line. */
  static start(program: Program, host: string, dataDir: string, args: readonly string[]): Promise<Member> {
    const ports = ["--gossip", `${host}:0`, "--peer", `${host}:0`, "--ui", `${host}:0`];
    return Member.startOnDefaultPorts(program, dataDir, [...ports, ...args]);
  }

  static async startOnDefaultPorts(program: Program, dataDir: string, args: readonly string[]): Promise<Member> {
    const child = launch(program, ["run", "--headless", "--data-dir", dataDir, ...args]);
    const log = collect(child.stderr);
    const ready = JSON.parse(await firstLine(child, log)) as Ready;
    return new Member(ready, dataDir, program, child, log, await readToken(dataDir));
  }

  /** Starts one with a page and in no group, as a person does the first time. */
  static async startAlone(program: Program, host: string, dataDir: string): Promise<Member> {
    const ports = ["--gossip", `${host}:0`, "--peer", `${host}:0`, "--ui", `${host}:0`];
    const child = launch(program, ["run", "--no-open", "--data-dir", dataDir, ...ports]);
    const log = collect(child.stderr);
    await firstLine(child, log);
    const { ui } = JSON.parse(await readFile(join(dataDir, "running.json"), "utf8")) as { ui: string };
    const ready = { ready: true, member: "", name: "", group: null, ui, gossip: null, peer: null } as const;
    return new Member(ready, dataDir, program, child, log, await readToken(dataDir));
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get log(): string {
    return this.#log();
  }

  /** Asks the API. */
  ask(path: string, init: { method?: string; body?: unknown } = {}): Promise<Response> {
    const body = init.body === undefined ? {} : { body: JSON.stringify(init.body) };
    const headers = { authorization: `Bearer ${this.#token}`, "content-type": "application/json" };
    return fetch(`${this.ready.ui}${path}`, { method: init.method ?? "GET", headers, ...body });
  }

  /** Asks the API; fails unless it answers well. */
  async api<T>(path: string, init: { method?: string; body?: unknown } = {}): Promise<T> {
    const response = await this.ask(path, init);
    const text = await response.text();
    assert.ok(response.ok, `${path}: ${response.status} ${text}`);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  /** Runs a command that talks to this member. */
  async cli(...args: string[]): Promise<string> {
    const outcome = await groupshare(this.#program, [...args, "--data-dir", this.dataDir]);
    assert.equal(outcome.code, 0, `groupshare ${args.join(" ")}: ${outcome.stderr}`);
    return outcome.stdout;
  }

  async cliJson<T>(...args: string[]): Promise<T> {
    return JSON.parse(await this.cli(...args, "--json")) as T;
  }

  async stop(): Promise<number | null> {
    this.#process.kill("SIGTERM");
    return this.#ended;
  }

  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#ended;
  }

  ended(): Promise<number | null> {
    return this.#ended;
  }
}
