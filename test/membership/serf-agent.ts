import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A member as `serf members -format=json` shows it. */
export interface SerfMember {
  readonly name: string;
  readonly addr: string;
  readonly port: number;
  readonly status: "alive" | "leaving" | "left" | "failed";
  readonly tags: Readonly<Record<string, string>>;
}

async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** A running `serf agent`. */
export class SerfAgent {
  readonly seed: string;
  readonly #rpc: string;
  readonly #process: ChildProcess;
  #log = "";

  private constructor(seed: string, rpc: string, process: ChildProcess) {
    this.seed = seed;
    this.#rpc = rpc;
    this.#process = process;
    for (const stream of [process.stdout, process.stderr]) {
      stream?.setEncoding("utf8").on("data", (text) => {
        this.#log += text;
      });
    }
  }

  static async start(name: string, host: string, more: readonly string[] = []): Promise<SerfAgent> {
    const port = await freePort(host);
    const rpc = `${host}:${await freePort(host)}`;
    const where = [`-bind=${host}:${port}`, `-rpc-addr=${rpc}`];
    const args = ["agent", `-node=${name}`, ...where, "-profile=local", "-log-level=debug", ...more];
    const agent = new SerfAgent(`${host}:${port}`, rpc, spawn("serf", args, { stdio: ["ignore", "pipe", "pipe"] }));
    await agent.until(async () => (await agent.members()).length > 0);
    return agent;
  }

  /** What it wrote so far. */
  get log(): string {
    return this.#log;
  }

  async members(): Promise<SerfMember[]> {
    try {
      const { stdout } = await run("serf", ["members", `-rpc-addr=${this.#rpc}`, "-format=json"]);
      return (JSON.parse(stdout) as { members: SerfMember[] }).members;
    } catch {
      return [];
    }
  }

  async member(name: string): Promise<SerfMember | undefined> {
    return (await this.members()).find((member) => member.name === name);
  }

  /** Serf tells no news by itself: asks again until the condition holds; fails with Serf's log after 10 s. */
  async until(holds: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + 10_000;
    while (!(await holds())) {
      if (performance.now() > deadline) throw new Error(`serf did not come to it:\n${this.#log.slice(-4_000)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, "exit");
    this.#process.kill(signal);
    await ended;
  }
}
