import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { lacks } from "../support/need.ts";
import { until } from "../support/until.ts";

/** Where Debian puts the sources of Go packages. */
const GOPATH = "/usr/share/gocode";
const BUILT = resolve("dist/memberlist-node");

/** Why there can be no memberlist node here, or false. */
export const noMemberlist: string | false =
  lacks("go") ||
  (process.env.GROUPSHARE_TEST_REQUIRE !== "all" &&
    !existsSync(`${GOPATH}/src/github.com/hashicorp/memberlist`) &&
    "Debian's golang-github-hashicorp-memberlist-dev is not installed");

let building: Promise<unknown> | null = null;

/** Compiles the node, from Debian's sources alone: some seconds the first time, then hardly any. */
async function build(): Promise<void> {
  await mkdir("dist", { recursive: true });
  const go = { GO111MODULE: "off", GOPATH, GOPROXY: "off", GOCACHE: resolve("dist/go-cache") };
  const options = { env: { ...process.env, ...go } };
  building ??= promisify(execFile)("go", ["build", "-o", BUILT, "./test/interop/memberlist/main.go"], options);
  await building;
}

/** One line of what the node tells: see memberlist/main.go. */
export interface Told {
  readonly event: "ready" | "join" | "leave" | "update" | "message" | "state" | "done" | "failed";
  readonly name?: string;
  readonly text?: string;
  readonly join?: boolean;
}

export interface MemberlistOptions {
  readonly key?: Uint8Array;
  /** The version it speaks: 1 or 2. */
  readonly protocol?: number;
  /** What it adds to a push/pull. */
  readonly state?: string;
}

/** A running memberlist node with nothing on it, as the program in memberlist/ has it. */
export class MemberlistNode {
  readonly name: string;
  readonly told: Told[] = [];
  /** Who is there, itself included, and its meta. */
  readonly members = new Map<string, string>();
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;
  #log = "";

  private constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.#process = child;
    this.#ended = once(child, "exit");
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#log += text;
    });
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      const told = JSON.parse(line) as Told;
      this.told.push(told);
      if (told.event === "join" || told.event === "update") this.members.set(told.name ?? "", told.text ?? "");
      if (told.event === "leave") this.members.delete(told.name ?? "");
    });
  }

  static async start(name: string, host: string, options: MemberlistOptions = {}): Promise<MemberlistNode> {
    await build();
    const { key, protocol = 2, state = "" } = options;
    const args = [`-name=${name}`, `-host=${host}`, `-protocol=${protocol}`, `-state=${state}`];
    const keys = key === undefined ? [] : [`-key=${Buffer.from(key).toString("base64")}`];
    const node = new MemberlistNode(name, spawn(BUILT, [...args, ...keys], { stdio: ["pipe", "pipe", "pipe"] }));
    await until(`memberlist ${name} is ready`, () => node.seed !== "");
    return node;
  }

  get seed(): string {
    return this.told.find(({ event }) => event === "ready")?.text ?? "";
  }

  get log(): string {
    return this.#log;
  }

  texts(event: Told["event"]): string[] {
    return this.told.filter((told) => told.event === event).map(({ text }) => text ?? "");
  }

  ask(order: { readonly do: string; readonly to?: string; readonly text?: string }): void {
    this.#process.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  /** Asks, and waits until it is done. */
  async command(order: { readonly do: string; readonly to?: string; readonly text?: string }): Promise<void> {
    const from = this.told.length;
    this.ask(order);
    const answer = await until(`memberlist ${this.name} does ${order.do}`, () =>
      this.told.slice(from).find(({ event }) => event === "done" || event === "failed"),
    );
    if (answer.event === "failed") throw new Error(`memberlist ${this.name} cannot ${order.do}: ${answer.text}`);
  }

  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#ended;
  }
}
