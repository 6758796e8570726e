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

/** Starts one against a port; see `flood.ts`. `hosts`: from how many addresses of this machine it comes. */
export function flood(
  at: { host: string; port: number },
  { count, hosts = 1, sends = "" }: { count: number; hosts?: number; sends?: string },
): Flood {
  const first = "Deno" in globalThis ? ["run", "-A", "--no-check", FLOOD] : [FLOOD];
  const args = [...first, at.host, String(at.port), String(count), String(hosts), sends];
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
