import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { reason, systemCode, writeError } from "../shared/errors.ts";

/** What the process that runs on a data directory says of itself to others of this machine. */
export interface Running {
  readonly pid: number;
  /** Origin of its page and API; null without a page. */
  readonly ui: string | null;
}

/** A data directory held by this process. */
export interface Lock {
  /** Says from now on where the page is. */
  tell(running: Running): void;
  release(): Promise<void>;
}

/** Unix sockets take about 100 bytes of path, so that of a deep directory stands in the temp folder. */
const MAX_SOCKET_PATH = 100;
/** Larger than any answer; what is no lock of ours is not read to its end. */
const MAX_ANSWER = 4_096;
const PATIENCE_MS = 2_000;

function socketPath(dataDir: string): string {
  const directory = resolve(dataDir);
  const digest = createHash("sha256").update(directory).digest("hex").slice(0, 32);
  if (process.platform === "win32") return `\\\\.\\pipe\\groupshare-${digest}`;
  const path = join(directory, "lock.sock");
  return Buffer.byteLength(path) <= MAX_SOCKET_PATH ? path : join(tmpdir(), `groupshare-${digest}.sock`);
}

/** Who runs on a data directory; null where nobody does. */
export function whoRuns(dataDir: string): Promise<Running | null> {
  return new Promise((answer) => {
    const socket = connect(socketPath(dataDir));
    let text = "";
    socket.setTimeout(PATIENCE_MS, () => socket.destroy());
    socket.on("data", (chunk) => {
      text += chunk.toString("utf8");
      if (text.length > MAX_ANSWER) socket.destroy();
    });
    socket.on("error", () => answer(null));
    socket.on("close", () => answer(parse(text)));
  });
}

function parse(text: string): Running | null {
  try {
    const { pid, ui } = JSON.parse(text);
    return typeof pid === "number" && (ui === null || typeof ui === "string") ? { pid, ui } : null;
  } catch {
    return null;
  }
}

/**
 * Takes a data directory for this process, or says who has it. A listening socket is the lock: it ends with its
 * process however that dies, which a lock file does not.
 */
export async function takeLock(dataDir: string): Promise<Lock | Running> {
  const path = socketPath(dataDir);
  let telling: Running = { pid: process.pid, ui: null };
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.end(JSON.stringify(telling));
  });
  for (let attempt = 0; ; attempt++) {
    try {
      await listenAt(server, path);
      break;
    } catch (thrown) {
      if (systemCode(thrown) !== "EADDRINUSE" || attempt === 3) {
        throw writeError(`hold the data directory "${dataDir}" (${reason(thrown)})`, thrown);
      }
      const running = await whoRuns(dataDir);
      if (running !== null) return running;
      await rm(path, { force: true });
    }
  }
  server.unref();
  return {
    tell(running) {
      telling = running;
    },
    release: () => new Promise((done) => server.close(() => done())),
  };
}

function listenAt(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
