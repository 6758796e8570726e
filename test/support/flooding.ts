import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const FLOOD = fileURLToPath(new URL("./flood.ts", import.meta.url));

/** A flood of connections that prove nothing, from a process of its own. */
export interface Flood {
  /** Resolves when all connections have been tried. */
  readonly opened: Promise<void>;
  /** Whether it goes on trying. */
  readonly rising: boolean;
  stop(): Promise<void>;
}

export interface FloodOptions {
  /** How many connections in all. */
  readonly count: number;
  /** From how many addresses of this machine they come. */
  readonly hosts?: number;
  /**
   * How many are open at a time at the attacker's end. Those that the other side has not accepted yet wait in a queue of
   * the system's: once that is full, it is the system that turns away whoever comes.
   */
  readonly most?: number;
  /** What each says at once, in Latin-1. */
  readonly sends?: string;
  /** What every second one goes on to say, ten times a second. */
  readonly drips?: string;
}

/** Starts one against a port; see `flood.ts`. */
export function flood(at: { host: string; port: number }, options: FloodOptions): Flood {
  const { count, hosts = 1, most = Number.POSITIVE_INFINITY, sends = "", drips = "" } = options;
  const first = "Deno" in globalThis ? ["run", "-A", "--no-check", FLOOD] : [FLOOD];
  const said = [sends, drips].map((text) => Buffer.from(text, "latin1").toString("base64"));
  const args = [...first, at.host, String(at.port), ...[count, hosts, most].map(String), ...said];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  let rising = true;
  const opened = Promise.race([
    once(child.stdout as NodeJS.ReadableStream, "data").then(() => undefined),
    ended.then(() => Promise.reject(new Error("The flood ended early"))),
  ]).finally(() => {
    rising = false;
  });
  opened.catch(() => undefined);
  return {
    opened,
    get rising() {
      return rising;
    },
    async stop() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
