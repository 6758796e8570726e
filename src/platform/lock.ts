import { createHash } from "node:crypto";
import { lstat, mkdir, open, readFile, rm, stat } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { GroupShareError, reason, systemCode, writeError } from "../shared/errors.ts";
import { replaceFile } from "../shared/state-file.ts";

/** What the process that runs on a data directory says of itself to others of this machine. */
export interface Running {
  readonly pid: number;
  /** Where commands of this machine find its API; null without a page, or before there is one. */
  readonly ui: string | null;
}

/** A data directory held by this process. */
export interface Lock {
  /** Says from now on where the page is. */
  tell(running: Running): Promise<void>;
  release(): Promise<void>;
}

/** Unix sockets take about 100 bytes of path, so that of a deep directory stands in a folder of this user's own. */
const MAX_SOCKET_PATH = 100;
/** A start that takes the lock needs a moment; one that died while it did is waited for this long, in milliseconds. */
const TAKING_MS = 5_000;

/** Who runs on a data directory; null where nobody does. */
export async function whoRuns(dataDir: string): Promise<Running | null> {
  const path = await socketPath(dataDir);
  return (await isHeld(path)) ? readRunning(dataDir) : null;
}

/**
 * Takes a data directory for this process, or says who has it. A listening socket is the lock: it ends with its
 * process however that dies, which a lock file does not. It says nothing; what is to be known stands in a file
 * inside the data directory, where no other user can write.
 */
export async function takeLock(dataDir: string): Promise<Lock | Running> {
  const path = await socketPath(dataDir);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy()).on("close", () => sockets.delete(socket));
    socket.resume();
  });
  try {
    const running = await alone(dataDir, async () => {
      if (await isHeld(path)) return readRunning(dataDir);
      if (process.platform !== "win32") await rm(path, { force: true });
      await listenAt(server, path);
      await tell(dataDir, { pid: process.pid, ui: null });
      return null;
    });
    if (running !== null) return running;
  } catch (thrown) {
    server.close();
    if (thrown instanceof GroupShareError) throw thrown;
    throw writeError(`hold the data directory "${dataDir}" (${reason(thrown)})`, thrown);
  }
  server.unref();
  return {
    tell: (running) => tell(dataDir, running),
    async release() {
      await rm(runningPath(dataDir), { force: true });
      const closed = new Promise<void>((done) => server.close(() => done()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function socketPath(dataDir: string): Promise<string> {
  const directory = resolve(dataDir);
  const digest = createHash("sha256").update(directory).digest("hex").slice(0, 32);
  if (process.platform === "win32") return `\\\\.\\pipe\\groupshare-${digest}`;
  const path = join(directory, "lock.sock");
  return Buffer.byteLength(path) <= MAX_SOCKET_PATH ? path : join(await ownFolder(), `${digest}.sock`);
}

/** A folder in the temporary one that nobody else may enter; one that somebody else put there is refused. */
async function ownFolder(): Promise<string> {
  const { uid } = userInfo();
  const path = join(tmpdir(), `groupshare-${uid}`);
  await mkdir(path, 0o700).catch((thrown) => {
    if (systemCode(thrown) !== "EEXIST") throw thrown;
  });
  const found = await lstat(path);
  if (found.isDirectory() && found.uid === uid && (found.mode & 0o077) === 0) return path;
  throw new GroupShareError("denied", `Cannot hold the data directory: "${path}" is not this user's own`, {
    hint: "name a --data-dir with a shorter path",
  });
}

/** Whether a process listens there: also one that is stopped, or too busy to answer. */
function isHeld(path: string): Promise<boolean> {
  return new Promise((answer) => {
    const socket = connect(path);
    socket.once("connect", () => {
      answer(true);
      socket.destroy();
    });
    socket.once("error", (error) => answer(!["ENOENT", "ECONNREFUSED"].includes(systemCode(error) ?? "")));
  });
}

/** One start at a time looks whether the lock is free and takes it. */
async function alone<T>(dataDir: string, act: () => Promise<T>): Promise<T> {
  const mark = join(dataDir, "lock.taking");
  for (;;) {
    try {
      await (await open(mark, "wx", 0o600)).close();
      break;
    } catch (thrown) {
      if (systemCode(thrown) !== "EEXIST") throw thrown;
      const found = await stat(mark).catch(() => null);
      if (found !== null && Math.abs(Date.now() - found.mtimeMs) > TAKING_MS) await rm(mark, { force: true });
      else await sleep(20);
    }
  }
  try {
    return await act();
  } finally {
    await rm(mark, { force: true });
  }
}

const runningPath = (dataDir: string): string => join(dataDir, "running.json");

function tell(dataDir: string, running: Running): Promise<void> {
  return replaceFile(runningPath(dataDir), `${JSON.stringify(running)}\n`);
}

/** What the holder says; it may just be starting and have said nothing yet. */
async function readRunning(dataDir: string): Promise<Running> {
  try {
    const { pid, ui } = JSON.parse(await readFile(runningPath(dataDir), "utf8"));
    if (Number.isSafeInteger(pid) && (ui === null || typeof ui === "string")) return { pid, ui };
  } catch {
    // Not there, or being written by a program of another version: nothing is known but that it runs.
  }
  return { pid: 0, ui: null };
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
