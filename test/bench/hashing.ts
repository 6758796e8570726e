import { execFileSync } from "node:child_process";
import { createHash, randomFillSync } from "node:crypto";
import { closeSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { ContentHasher } from "../../src/shared/content.ts";
import { temporaryFolder } from "../support/folders.ts";
import { percentile } from "./machine.ts";
import type { Row } from "./main.ts";

const MEGABYTES = 512;
const CHUNK = 1 << 20;
const RUNS = 3;

/** MB/s of hashing one cached file on one core: our content ids, flat SHA-256 in this Node, and sha256sum. */
export async function hashing(): Promise<Row[]> {
  const folder = await temporaryFolder();
  const path = join(folder.path, "file.bin");
  const out = openSync(path, "w");
  for (let written = 0; written < MEGABYTES; written++) writeSync(out, randomFillSync(Buffer.alloc(CHUNK)));
  closeSync(out);
  readFileSync(path);
  const content = rate(() => {
    const hasher = new ContentHasher(MEGABYTES * CHUNK);
    eachChunk(path, (chunk) => hasher.update(chunk));
    hasher.digest();
  });
  const flat = rate(() => {
    const hash = createHash("sha256");
    eachChunk(path, (chunk) => hash.update(chunk));
    hash.digest();
  });
  const program = rate(() => execFileSync("sha256sum", [path], { stdio: "ignore" }));
  await folder.remove();
  const beside = `sha256sum ${program} MB/s, flat SHA-256 in Node ${flat} MB/s`;
  return [{ what: "content hashing, one core, cached file", ours: `${content} MB/s`, beside }];
}

function eachChunk(path: string, use: (chunk: Uint8Array) => void): void {
  const file = openSync(path, "r");
  const buffer = Buffer.allocUnsafe(CHUNK);
  for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) use(buffer.subarray(0, read));
  closeSync(file);
}

function rate(work: () => void): number {
  const rates: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const began = performance.now();
    work();
    rates.push((MEGABYTES * CHUNK) / 1000 / (performance.now() - began));
  }
  return Math.round(percentile(rates, 0.5));
}
