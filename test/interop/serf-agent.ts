import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { promisify } from "node:util";
import { until } from "../support/until.ts";

const run = promisify(execFile);

/** A member as `serf members -format=json` shows it. */
export interface SerfMember {
  readonly name: string;
  readonly addr: string;
  readonly status: "alive" | "leaving" | "left" | "failed";
  readonly tags: Readonly<Record<string, string>>;
}

/** What Serf last wrote of a member. */
export type SerfState = "alive" | "left" | "failed";

const STATES: Record<string, SerfState> = { Join: "alive", Leave: "left", Failed: "failed" };

async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export interface SerfOptions {
  /** Its timers: "local" finds the dead soonest. */
  readonly profile?: "local" | "lan";
  readonly flags?: readonly string[];
  /** Where it ran before; left out: any free ports. */
  readonly at?: SerfAgent;
  /** Told of every state it comes to believe of a member, as soon as it writes it. */
  readonly news?: (name: string, state: SerfState) => void;
}

/** A running `serf agent`, which writes down what it does. */
export class SerfAgent {
  readonly name: string;
  readonly seed: string;
  /** Where it takes commands. */
  readonly rpc: string;
  /** What it believes of each member that it ever heard of, itself included. */
  readonly states = new Map<string, SerfState>();
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;
  #log = "";
  #line = "";

  private constructor(name: string, seed: string, rpc: string, process: ChildProcess, news: SerfOptions["news"]) {
    this.name = name;
    this.seed = seed;
    this.rpc = rpc;
    this.#process = process;
    running.add(process);
    this.#ended = once(process, "exit").then(() => running.delete(process));
    for (const stream of [process.stdout, process.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#log += text;
        const lines = (this.#line + text).split("\n");
        this.#line = lines.pop() ?? "";
        for (const line of lines) this.#read(line, news);
      });
    }
  }

  static async start(name: string, host: string, options: SerfOptions = {}): Promise<SerfAgent> {
    const { profile = "local", flags = [], at, news } = options;
    const seed = at?.seed ?? `${host}:${await freePort(host)}`;
    const rpc = at?.rpc ?? `${host}:${await freePort(host)}`;
    const args = ["agent", `-node=${name}`, `-bind=${seed}`, `-rpc-addr=${rpc}`, `-profile=${profile}`];
    const child = spawn("serf", [...args, "-log-level=debug", ...flags], { stdio: ["ignore", "pipe", "pipe"] });
    const agent = new SerfAgent(name, seed, rpc, child, news);
    await until(`serf ${name} runs`, () => agent.log.includes("Serf agent starting") || agent.#failed());
    await until(`serf ${name} lists itself`, () => agent.states.get(name) === "alive" || agent.#failed());
    return agent;
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** What it wrote so far. */
  get log(): string {
    return this.#log;
  }

  /** Runs a command that talks to it; what it printed, also where it failed. */
  async command(...[command = "", ...args]: string[]): Promise<string> {
    try {
      return (await run("serf", [command, `-rpc-addr=${this.rpc}`, ...args])).stdout;
    } catch (thrown) {
      return String((thrown as { stdout?: string }).stdout);
    }
  }

  async members(): Promise<SerfMember[]> {
    return (JSON.parse(await this.command("members", "-format=json")) as { members: SerfMember[] }).members;
  }

  async member(name: string): Promise<SerfMember | undefined> {
    return (await this.members()).find((member) => member.name === name);
  }

  /** Straight to the process: on Deno a ChildProcess takes one signal only. */
  signal(signal: NodeJS.Signals): void {
    if (this.#process.exitCode === null && this.#process.signalCode === null) process.kill(this.pid, signal);
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    this.signal(signal);
    await this.#ended;
  }

  #read(line: string, news: SerfOptions["news"]): void {
    const [, event = "", name = ""] = /serf: EventMember(\w+): (\S+)/.exec(line) ?? [];
    const state = STATES[event];
    if (state === undefined) return;
    this.states.set(name, state);
    news?.(name, state);
  }

  #failed(): never | false {
    if (this.#process.exitCode === null) return false;
    throw new Error(`serf ended:\n${this.#log}`);
  }
}
