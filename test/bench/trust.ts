import { spawn } from "node:child_process";
import { randomFillSync } from "node:crypto";
import { once } from "node:events";
import { closeSync, openSync, writeSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { get } from "node:http";
import { join } from "node:path";
import { connect } from "node:tls";
import { type PeerAddresses, PeerClient } from "../../src/peer/mod.ts";
import { loadIdentity } from "../../src/trust/mod.ts";
import { temporaryFolder } from "../support/folders.ts";
import { lacks } from "../support/need.ts";
import { percentile } from "./machine.ts";
import type { Row } from "./main.ts";
import { ended, startNginx } from "./nginx.ts";

const BIG = 1 << 30;
const CHUNK = 1 << 20;
const SMALL = 1_000;
const RUNS = 3;
const REQUESTS = 10_000;
/** Requests under way: as many connections as a member opens to another. */
const AT_ONCE = 16;
const HANDSHAKES = 500;
const HOST = "127.0.0.1";

/** A member's peer port beside plain HTTP of the same program, and beside nginx: each a process of its own, one client for all. */
export async function trust(): Promise<Row[]> {
  const folder = await temporaryFolder();
  writeRandom(join(folder.path, "big.bin"), BIG);
  writeRandom(join(folder.path, "small.bin"), SMALL);
  const server = await loadIdentity(join(folder.path, "server.pem"));
  const own = await loadIdentity(join(folder.path, "client.pem"));
  const certificate = join(folder.path, "certificate.json");
  await writeFile(certificate, JSON.stringify(server.certificate));
  const ours = await startServer("tls", certificate, own.memberId, folder.path);
  const plain = await startServer("plain", "-", "-", folder.path);
  const lacking = lacks("nginx");
  const nginx = lacking === false ? await startNginx(folder.path, server.certificate) : null;
  const member = (port: number): PeerAddresses => ({ id: server.memberId, name: "served", hosts: [HOST], port });
  const client = () => new PeerClient({ certificate: own.certificate, connect });
  const beside = async (measure: (at: PeerAddresses) => Promise<string>): Promise<string> =>
    nginx === null ? String(lacking) : `nginx ${await measure(member(nginx.port))}`;

  const speed = async (at: PeerAddresses): Promise<number> => {
    const peer = client();
    const rates = await repeated(async () => drain((await peer.get(at, "/big.bin", init())).body));
    peer.close();
    return rates;
  };
  const encrypted = await speed(member(ours.port));
  const clear = await repeated(() => drainPlain(plain.port));
  const handshakes = async (at: PeerAddresses): Promise<string> => {
    const took = await inTurns(HANDSHAKES, 4, async () => {
      const peer = client();
      await drain((await peer.get(at, "/small.bin", init())).body);
      peer.close();
    });
    return `${Math.round(HANDSHAKES / took)}/s`;
  };
  const requests = async (at: PeerAddresses): Promise<string> => {
    const peer = client();
    const took = await inTurns(REQUESTS, AT_ONCE, async () => {
      await drain((await peer.get(at, "/small.bin", init())).body);
    });
    peer.close();
    return `${took.toFixed(2)} s, ${Math.round((took * 1e6) / REQUESTS)} µs each`;
  };
  const rows = [
    {
      what: "one file of 1 GiB between members, one connection",
      ours: `${Math.round(encrypted)} MB/s, ${(encrypted / clear).toFixed(2)} of plain HTTP (${Math.round(clear)} MB/s)`,
      beside: await beside(async (at) => `${Math.round(await speed(at))} MB/s`),
    },
    {
      what: `handshakes with certificates both ways, each with one request, 4 at once (${HANDSHAKES})`,
      ours: await handshakes(member(ours.port)),
      beside: await beside(handshakes),
    },
    {
      what: `${REQUESTS} requests of ${SMALL} bytes, ${AT_ONCE} at once`,
      ours: await requests(member(ours.port)),
      beside: await beside(requests),
    },
  ];
  await Promise.all([ours.stop(), plain.stop(), nginx?.stop()]);
  await folder.remove();
  return rows;
}

const init = () => ({ signal: new AbortController().signal });

async function startServer(...args: string[]): Promise<{ port: number; stop(): Promise<void> }> {
  const flags = ["--no-maglev-osr", "--import", "tsx", "test/bench/trust-server.ts", ...args];
  const child = spawn(process.execPath, flags, { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return { port: Number(line), stop: () => ended(child) };
}

function writeRandom(path: string, size: number): void {
  const file = openSync(path, "w");
  const chunk = Buffer.alloc(Math.min(size, CHUNK));
  for (let left = size; left > 0; left -= chunk.length) writeSync(file, randomFillSync(chunk));
  closeSync(file);
}

async function drain(body: ReadableStream<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const chunk of body) bytes += chunk.length;
  return bytes;
}

function drainPlain(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    get({ host: HOST, port, path: "/big.bin" }, (message) => {
      let bytes = 0;
      message.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
      message.once("end", () => resolve(bytes));
      message.once("error", reject);
    }).once("error", reject);
  });
}

/** Median MB/s of some runs that each move the big file. */
async function repeated(run: () => Promise<number>): Promise<number> {
  const rates: number[] = [];
  for (let count = 0; count < RUNS; count++) {
    const began = performance.now();
    const bytes = await run();
    if (bytes !== BIG) throw new Error(`${bytes} bytes came instead of ${BIG}`);
    rates.push(bytes / 1e3 / (performance.now() - began));
  }
  return percentile(rates, 0.5);
}

/** Seconds for so many runs, so many at once. */
async function inTurns(count: number, atOnce: number, run: () => Promise<void>): Promise<number> {
  const began = performance.now();
  let left = count;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await run();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return (performance.now() - began) / 1_000;
}
