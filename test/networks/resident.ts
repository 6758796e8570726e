import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import type { MemberView, Ready } from "../../src/app/mod.ts";
import { temporaryFolder } from "../support/folders.ts";
import { until } from "../support/until.ts";
import type { Host } from "./network.ts";

/** The bundle as `make build` made it. */
const PROGRAM = [process.execPath, "dist/groupshare.mjs"] as const;

/** One line of a member's log. */
export interface Line {
  readonly level: string;
  readonly msg: string;
  readonly name?: string;
  readonly time?: string;
}

const ACCUSATIONS = ["a member is suspect", "a member is dead"];
/** Who stood still this long before or after it was accused, in milliseconds, was accused rightly. */
const AROUND_MS = 3_000;

/** A member in a process of its own, on a machine of its own. */
export class Resident {
  readonly host: Host;
  readonly dataDir: string;
  readonly lines: Line[] = [];
  readonly #process: ChildProcess;
  readonly #ended: Promise<number | null>;
  #ready: Ready | null = null;
  #token = "";

  private constructor(t: TestContext, host: Host, dataDir: string, args: readonly string[]) {
    this.host = host;
    this.dataDir = dataDir;
    const [command, script] = PROGRAM;
    const flags = ["run", "--headless", "--data-dir", dataDir, "--name", host.name, ...args];
    this.#process = host.spawn(command, [script, ...flags], { NODE_OPTIONS: host.nodeOptions });
    this.#ended = once(this.#process, "exit").then(([code]) => code as number | null);
    t.after(() => this.kill());
    createInterface({ input: this.#process.stderr as NodeJS.ReadableStream }).on("line", (line) => {
      this.lines.push(line.startsWith("{") ? (JSON.parse(line) as Line) : { level: "error", msg: line });
    });
  }

  /** Starts one and waits for its ready line. It takes the default ports unless told otherwise. */
  static async start(t: TestContext, host: Host, ...args: string[]): Promise<Resident> {
    const folder = await temporaryFolder();
    t.after(() => folder.remove());
    return Resident.startOn(t, host, folder.path, ...args);
  }

  static async startOn(t: TestContext, host: Host, dataDir: string, ...args: string[]): Promise<Resident> {
    const resident = new Resident(t, host, dataDir, args);
    const output = createInterface({ input: resident.#process.stdout as NodeJS.ReadableStream });
    const line = await Promise.race([once(output, "line"), resident.#ended]);
    assert.ok(Array.isArray(line), `${host.name} ended before it was ready:\n${resident.log}`);
    resident.#ready = JSON.parse(line[0]) as Ready;
    resident.#token = (await readFile(join(dataDir, "api-token"), "utf8")).trim();
    return resident;
  }

  /** One that is not expected to become ready: how it ended. */
  static async fails(t: TestContext, host: Host, dataDir: string, ...args: string[]): Promise<[number | null, string]> {
    const resident = new Resident(t, host, dataDir, args);
    const code = await resident.#ended;
    return [code, resident.log];
  }

  get ready(): Ready {
    assert.ok(this.#ready);
    return this.#ready;
  }

  get log(): string {
    return this.lines.map((line) => JSON.stringify(line)).join("\n");
  }

  /** Display names of those whom this member called suspect or dead. */
  get accused(): string[] {
    return this.lines.filter(({ msg }) => ACCUSATIONS.includes(msg)).map(({ name }) => name ?? "");
  }

  async api<T>(path: string): Promise<T> {
    const bearer = `authorization: Bearer ${this.#token}`;
    return JSON.parse(await this.host.run("curl", "-sSf", "-m", "5", "-H", bearer, `${this.ready.ui}${path}`)) as T;
  }

  /** Hears what scripts are told from now on; returns how to ask for what was told so far. */
  listen(): () => string {
    const bearer = `authorization: Bearer ${this.#token}`;
    const curl = this.host.spawn("curl", ["-sN", "-H", bearer, `${this.ready.ui}/api/v1/events`]);
    let text = "";
    curl.stdout.on("data", (chunk) => {
      text += chunk;
    });
    return () => text;
  }

  cli(...args: string[]): Promise<string> {
    return this.host.run(...PROGRAM, ...args, "--data-dir", this.dataDir);
  }

  async invite(): Promise<string> {
    return (await this.cli("invite")).trim();
  }

  async members(): Promise<MemberView[]> {
    return (await this.api<{ items: MemberView[] }>("/api/v1/members?state=all")).items;
  }

  /** Waits until this member lists exactly these as alive, itself included, and returns them. */
  async sees(names: readonly string[], withinMs = 15_000): Promise<MemberView[]> {
    const wanted = [...names].sort().join();
    return until(
      `${this.host.name} sees ${wanted}`,
      async () => {
        const alive = (await this.members()).filter(({ state }) => state === "alive");
        const found = alive.map(({ name }) => name).sort();
        if (found.join() !== wanted) throw new Error(`it sees ${found}`);
        return alive;
      },
      withinMs,
    );
  }

  get ended(): Promise<number | null> {
    return this.#ended;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** The process of the program itself: what starts it in its namespace becomes it. */
  get pid(): number {
    return this.#process.pid ?? 0;
  }

  async stop(): Promise<void> {
    this.signal("SIGTERM");
    await this.#ended;
  }

  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.#ended;
  }
}

/** Waits until each of these lists all of them as alive. */
export async function allTogether(residents: readonly Resident[], withinMs = 15_000): Promise<void> {
  const names = residents.map(({ host }) => host.name);
  await Promise.all(residents.map((resident) => resident.sees(names, withinMs)));
}

/**
 * Whom these called suspect or dead, but for those who had themselves written, with `--log-level debug`, that they stood
 * still about then: on a machine that has too much to do, anybody may.
 */
export function falselyAccused(by: readonly Resident[], all: readonly Resident[]): string[] {
  return by.flatMap((accuser) =>
    accuser.lines
      .filter(({ msg }) => ACCUSATIONS.includes(msg))
      .filter(({ name, time }) => !all.some((one) => one.host.name === name && stoodStill(one, Date.parse(time ?? ""))))
      .map(({ name }) => `${accuser.host.name} accuses ${name}`),
  );
}

function stoodStill({ lines }: Resident, at: number): boolean {
  return lines.some(({ msg, time }) => msg === "stood still" && Math.abs(Date.parse(time ?? "") - at) < AROUND_MS);
}
